"""Airflow's home: its folders, secrets, passwords and database, made where they are missing; and Airflow run in it.

All of it lies below MONITOR_HOME and is the stack's own. What is secret is written to files that only their owner can
read, never to a configuration file, a log or a command line.
"""

import errno
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import secrets
import subprocess
import sys
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from monitor.errors import StackError
from monitor.settings import Settings
from monitor.stack.airflow_env import (
    AirflowSecrets,
    airflow_environment,
    airflow_home,
    metadata_file,
    passwords_file,
)

_POOLS = {"archive": (1, "The one writer of the archive")}


def project_folder() -> Path:
    """The checkout: the folder of dags/, plugins/ and the Procfile.

    Raises StackError where the package was installed without one.
    """
    folder = Path(__file__).resolve().parents[3]
    if not (folder / "Procfile").is_file():
        raise StackError(f"no Procfile in {folder}: the stack runs from a checkout of the project (see the README)")
    return folder


def component_environment(settings: Settings, given: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The whole environment of an Airflow process of this stack: `given` and what `airflow_environment` adds.

    Makes the stack's secrets and the web interface's passwords where they are missing.
    """
    _make_folders(settings)
    added = airflow_environment(
        settings, _secrets(settings), project=project_folder(), given=given, cores=os.cpu_count() or 2
    )
    environment = {key: value for key, value in given.items() if key != "PYTHONDONTWRITEBYTECODE"} | added
    _ensure_passwords(environment)
    return environment


def run_airflow(settings: Settings, arguments: list[str], given: Mapping[str, str] = os.environ) -> None:
    """Become `airflow …` in the stack's environment; does not return."""
    require_airflow()
    environment = component_environment(settings, given)
    os.execve(sys.executable, [sys.executable, "-m", "airflow", *arguments], environment)  # noqa: S606  no shell wanted


def prepare(settings: Settings, say: Callable[[str], None], given: Mapping[str, str] = os.environ) -> None:
    """Make folders, secrets and passwords, bring Airflow's database to this version and make its pools.

    The database is left alone when it was prepared by this version before. Raises StackError.
    """
    require_airflow()
    with plain_disk_errors(settings.home):
        environment = component_environment(settings, given)
        stamp = airflow_home(settings) / "prepared.json"
        state = _database_state(environment)
        if _is_ours(settings, environment) and metadata_file(settings).exists() and read_json(stamp) == state:
            return
        say("Preparing Airflow's database …")
        _run_to_end(settings, environment, ["db", "migrate"])
        for pool, (slots, description) in _POOLS.items():
            _run_to_end(settings, environment, ["pools", "set", pool, str(slots), description])
        write_private(stamp, json.dumps(state))


def passwords(settings: Settings) -> dict[str, str]:
    """The web interface's users and their passwords."""
    return {str(user): str(word) for user, word in (read_json(passwords_file(settings)) or {}).items()}


def require_airflow() -> None:
    """Raise StackError where Airflow is not installed."""
    if importlib.util.find_spec("airflow") is None:
        raise StackError("Airflow is not installed here: run `make up`, which installs everything and starts the stack")


def _make_folders(settings: Settings) -> None:
    for folder, mode in ((settings.home, 0o755), (settings.home / "logs", 0o755), (airflow_home(settings), 0o700)):
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
    (settings.home / "run").mkdir(mode=0o700, exist_ok=True)


def _secrets(settings: Settings) -> AirflowSecrets:
    """The stack's secrets; the first of several processes that ask at once makes them for all."""
    path = airflow_home(settings) / "secrets.json"
    if not path.exists():
        made = {
            "jwt_secret": secrets.token_urlsafe(64),
            "api_secret_key": secrets.token_urlsafe(64),
            "fernet_key": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        }
        write_private(path, json.dumps(made), replace=False)
    known = read_json(path) or {}
    try:
        return AirflowSecrets(**{name: str(known[name]) for name in ("jwt_secret", "api_secret_key", "fernet_key")})
    except KeyError:
        raise StackError(
            f"{path} is damaged: remove it and new secrets are made; connections stored in Airflow are then unreadable"
        ) from None


def _ensure_passwords(environment: Mapping[str, str]) -> None:
    """Give each user of the web interface a password; Airflow itself would print those it makes into its log."""
    path = Path(environment["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"])
    known = read_json(path) or {}
    users = [user.split(":")[0].strip() for user in environment["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"].split(",")]
    wanted = {user: secrets.token_urlsafe(12) for user in users} | known
    if chosen := environment.get("MONITOR_ADMIN_PASSWORD"):
        wanted["admin"] = chosen
    if wanted != known:
        write_private(path, json.dumps(wanted) + "\n", replace=path.exists())


def _is_ours(settings: Settings, environment: Mapping[str, str]) -> bool:
    return environment.get("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN") == f"sqlite:///{metadata_file(settings)}"


def _database_state(environment: Mapping[str, str]) -> dict[str, str]:
    address = environment.get("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "")
    return {
        "airflow": importlib.metadata.version("apache-airflow-core"),
        "database": hashlib.sha256(address.encode()).hexdigest(),
        "pools": json.dumps(_POOLS),
    }


def _run_to_end(settings: Settings, environment: Mapping[str, str], arguments: list[str]) -> None:
    log = settings.home / "logs" / "prepare.log"
    with log.open("ab") as output:
        done = subprocess.run(  # noqa: S603  our own interpreter and fixed arguments
            [sys.executable, "-m", "airflow", *arguments],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise StackError(f"`airflow {' '.join(arguments[:2])}` failed; the end of {log}:\n{tail(log)}")


def read_json(path: Path) -> dict[str, object] | None:
    """The JSON object in the file; None where there is none or it is damaged."""
    try:
        loaded = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return loaded if isinstance(loaded, dict) else None


def write_private(path: Path, text: str, *, replace: bool = True) -> None:
    """Write a file that only its owner can read, whole or not at all; without `replace` an existing one is kept."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    if replace:
        temporary.replace(path)
        return
    with suppress(FileExistsError):
        path.hardlink_to(temporary)
    temporary.unlink()


def tail(path: Path, lines: int = 12) -> str:
    """The last lines of a log."""
    try:
        return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"


@contextmanager
def plain_disk_errors(home: Path) -> Iterator[None]:
    """Turn what a full or a forbidden disk does to the body into a StackError that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StackError(f"the disk of {home} is full: free some space and run the command again") from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            place = error.filename or home
            raise StackError(f"{place} cannot be written: change its owner, or set MONITOR_HOME elsewhere") from error
        raise
