"""Installs the project into .venv: the locked packages, checked by hash, and the project itself.

Run by `make`, with whatever Python the machine has; so this file is written for old ones too, to tell them in a
sentence that they are too old. What was installed is remembered by the hashes of the lock files; when they have not
changed there is nothing to do.
"""

# ruff: noqa: ANN001, ANN201, PTH100, PTH110, PTH118, PTH120, PTH123, RUF005, UP031
# Written so that a Python as old as 3.4 can read it: without annotations, f-strings and pathlib.
# ruff: noqa: INP001, S603
# A script, not a package; it runs fixed commands of its own.

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys

OLDEST = (3, 11)
SPACE_BYTES = 3000000000
STAMP = os.path.join(".venv", "installed.json")
LOG = os.path.join(".venv", "install.log")

NO_INDEX = re.compile(
    "Retrying .Retry|NewConnectionError|ConnectTimeout|ReadTimeout|NameResolution|Name or service not known|"
    "ProxyError|SSLError|"
    "Temporary failure in name resolution|Network is unreachable|Connection refused|Connection reset|RemoteDisconnected"
)


class Refusal(Exception):
    """Why nothing can be installed, and what to do."""


def main(arguments):
    """Install what is missing or was changed; returns the exit status."""
    os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    locks = ["requirements.lock"] + (["requirements-dev.lock"] if "--dev" in arguments else [])
    try:
        check_python(sys.version_info, sys.executable)
        wanted = hashes(locks + ["pyproject.toml"])
        known = read_stamp()
        if all(known.get(name) == value for name, value in wanted.items()):
            return 0
        check_venv_module()
        if not any(known.get(name) == wanted[name] for name in locks):
            check_space(shutil.disk_usage(".").free)
        install([lock for lock in locks if known.get(lock) != wanted[lock]])
        with open(STAMP, "w") as file:
            json.dump(dict(known, **wanted), file)
    except Refusal as refusal:
        sys.stderr.write("make: %s\n" % refusal)
        return 1
    except OSError as error:
        sys.stderr.write("make: %s\n" % explain(str(error)))
        return 1
    return 0


def check_python(version, executable):
    """Refuse a Python that is too old."""
    if tuple(version[:2]) < OLDEST:
        raise Refusal(
            "Python %d.%d or later is needed; %s is %d.%d. Install a newer one and name it, as in "
            "`make up PYTHON=python3.12`." % (OLDEST + (executable,) + tuple(version[:2]))
        )


def check_venv_module():
    """Refuse a Python that cannot make virtual environments (Debian ships that part apart)."""
    try:
        import ensurepip  # noqa: F401, PLC0415 - only whether it is there
        import venv  # noqa: F401, PLC0415 - likewise
    except ImportError:
        raise Refusal(
            "this Python cannot make virtual environments. On Debian or Ubuntu: "
            "`apt install python%d.%d-venv`; then run the command again." % tuple(sys.version_info[:2])
        ) from None


def check_space(free):
    """Refuse to fill up the disk."""
    if free < SPACE_BYTES:
        raise Refusal(
            "%.1f GB of disk are free, the packages need %.1f GB: free some space and run the command again."
            % (free / 1e9, SPACE_BYTES / 1e9)
        )


def install(locks):
    """The virtual environment, the packages of the locks, the project."""
    python = os.path.join(".venv", "bin", "python")
    if not works(python):
        run([sys.executable, "-m", "venv", "--clear", ".venv"], "making .venv")
    pip = [python, "-m", "pip", "--disable-pip-version-check"]
    for lock in locks:
        count = len(re.findall("(?m)^[A-Za-z0-9]", read(lock)))
        say("Installing %d packages of %s (once; a minute or two) ..." % (count, lock))
        run(pip + ["install", "--require-hashes", "--no-compile", "-r", lock], "installing " + lock, count)
    if locks:
        say("Compiling ...")
        # Bytecode now, by all cores, makes each start of Airflow seconds shorter. Files that some packages ship for
        # other Python versions don't compile; that is no trouble.
        packages = subprocess.check_output([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"])
        subprocess.call(
            [python, "-m", "compileall", "-q", "-j", "0", packages.decode().strip()],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    run(pip + ["install", "--no-build-isolation", "--no-deps", "-e", "."], "installing the project")


def run(command, what, count=0):
    """Run to the end, with a counter on a terminal; raises Refusal with the reason when it fails."""
    lines = []
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    for line in process.stdout:
        lines.append(line)
        if count and line.startswith("Collecting") and sys.stdout.isatty():
            done = sum(1 for line in lines if line.startswith("Collecting"))
            sys.stdout.write("\r\033[K  %d of %d  %s" % (done, count, line.split()[1].split("==")[0]))
            sys.stdout.flush()
    if count and sys.stdout.isatty():
        sys.stdout.write("\r\033[K")
    if process.wait():
        output = "".join(lines)
        note_log(output)
        raise Refusal("%s failed: %s" % (what, explain(output)))


def explain(output):
    """The sentence for what pip or the system said; its last line where the reason is unknown."""
    if "No space left on device" in output or "Disk quota exceeded" in output:
        return "the disk is full. Free some space (%.0f GB are needed) and run the command again." % (SPACE_BYTES / 1e9)
    if "DO NOT MATCH THE HASHES" in output:
        return (
            "a package from the index is not the one that was locked (its hash differs). Nothing of it was installed. "
            "Check which index pip uses (`pip config list`); a proxy or mirror may have changed the file."
        )
    if NO_INDEX.search(output):
        return (
            "the package index cannot be reached. Check the network, or name a mirror "
            "(`export PIP_INDEX_URL=...`, HTTPS_PROXY), and run the command again: it goes on where it stopped."
        )
    if "Permission denied" in output:
        return "the folder of the project cannot be written: change its owner, or clone it elsewhere."
    missing = re.search("No matching distribution found for (\\S+)", output)
    if missing:
        return "the index has no %s for Python %d.%d on this system. Try another Python (3.11 to 3.13)." % (
            (missing.group(1),) + tuple(sys.version_info[:2])
        )
    last = [line for line in output.strip().splitlines() if line.strip()][-1:]
    return "%s (all of it in %s)" % (last[0].strip() if last else "no reason given", LOG)


def works(python):
    """Whether the virtual environment is there and of this Python version."""
    code = "import sys, pip; print(sys.version_info[:2] == %r)" % (tuple(sys.version_info[:2]),)
    try:
        return subprocess.check_output([python, "-c", code], stderr=subprocess.DEVNULL).strip() == b"True"
    except (OSError, subprocess.CalledProcessError):
        return False


def hashes(names):
    """SHA-256 of each file."""
    found = {}
    for name in names:
        with open(name, "rb") as file:
            found[name] = hashlib.sha256(file.read()).hexdigest()
    return found


def read(name):
    """The text of a file."""
    with open(name) as file:
        return file.read()


def read_stamp():
    """What was installed; empty when nothing was, or when the Python it was installed for is gone."""
    try:
        known = json.loads(read(STAMP))
    except (OSError, ValueError):
        return {}
    there = os.path.exists(os.path.join(".venv", "bin", "monitor")) and starts(os.path.join(".venv", "bin", "python"))
    return known if there and isinstance(known, dict) else {}


def starts(python):
    """Whether this interpreter still runs; an upgrade of the system's Python can leave a link to nothing."""
    try:
        return subprocess.call([python, "-S", "-c", ""], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def note_log(output):
    """Keep pip's whole output."""
    try:
        with open(LOG, "w") as file:
            file.write(output)
    except OSError:
        pass


def say(line):
    """Tell the person who waits."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
