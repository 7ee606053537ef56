# `make help` lists the targets. Needs Python 3.11 or later, make and a package index.

.DEFAULT_GOAL := help
SHELL := /bin/sh
BIN := .venv/bin

# The first Python that is new enough; `make up PYTHON=python3.12` chooses one.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python3.14; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && exit; done; \
	echo python3)

.PHONY: help install install-dev up down status doctor demo test lint bench lock

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do \
		printf '  make %-12s %s\n' "$$name" "$$text"; done

install: ## install what running needs into .venv; takes seconds when nothing changed
	@command -v $(PYTHON) >/dev/null || { \
		echo "make: Python 3.11 or later is needed and none was found: install it, then run the command again." >&2; \
		exit 1; }
	@$(PYTHON) tools/install.py

install-dev: ## install what tests and checks need as well
	@command -v $(PYTHON) >/dev/null || { \
		echo "make: Python 3.11 or later is needed and none was found: install it, then run the command again." >&2; \
		exit 1; }
	@$(PYTHON) tools/install.py --dev

up: install ## install what is missing, start Airflow, follow the news
	@$(BIN)/monitor up

down: ## stop everything that was started here, and nothing else
	@if [ -x $(BIN)/monitor ]; then $(BIN)/monitor down; else echo "Nothing is installed, so nothing runs."; fi

status: install ## show what runs and how the flow does
	@$(BIN)/monitor status

doctor: install ## check everything the monitor needs, and say what to do
	@$(BIN)/monitor doctor

demo: install ## show all of it with recorded news, without internet
	@$(BIN)/monitor demo

test: install-dev lint ## everything that must hold: checks, then all tests
	$(BIN)/pytest -n auto --dist loadgroup

lint: install-dev ## style, types, layers
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: install-dev ## measure speed, each as a ratio to a named baseline
	@failed=; for file in $$(grep -l __main__ bench/*.py); do \
		echo "== $$file"; $(BIN)/python $$file || failed="$$failed $$file"; done; [ -z "$$failed" ] || { echo "failed:$$failed" >&2; exit 1; }

lock: ## choose package versions anew (needs uv)
	uv pip compile pyproject.toml --extra airflow --extra postgres --extra build --generate-hashes \
		--no-emit-index-url --universal --python-version 3.11 -o requirements.lock
	uv pip compile pyproject.toml --extra dev -c requirements.lock --generate-hashes \
		--no-emit-index-url --universal --python-version 3.11 -o requirements-dev.lock
