# Every target works on a fresh clone: what it needs is installed first, once, beside the sources.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
POETRY_VERSION = 2.5.1
POETRY_EXPORT_VERSION = 1.10.1
BIN = .venv/bin
PIP_INSTALL = -m pip install -qq --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help install demo run test check bench lock flite

help: ## what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1	\2/p' Makefile

install: .venv/.installed ## everything into .venv, at the versions of constraints.txt

# Resemblyzer is installed without its dependencies: one of them compiles C and needs a setuptools of the past,
# and all that is used of the package is the file of weights inside it.
.venv/.installed: pyproject.toml constraints.txt
	@echo "Installing into .venv: about two minutes and 2 GB, once."
	$(PYTHON) -m venv .venv
	$(BIN)/python $(PIP_INSTALL) -c constraints.txt -e '.[dev]'
	$(BIN)/python $(PIP_INSTALL) --no-deps Resemblyzer==0.1.4
	@touch $@

.venv-poetry/.installed: Makefile
	$(PYTHON) -m venv .venv-poetry
	.venv-poetry/bin/python $(PIP_INSTALL) poetry==$(POETRY_VERSION) poetry-plugin-export==$(POETRY_EXPORT_VERSION)
	@touch $@

demo: install ## who said what in the example, by the embedded engines
	$(BIN)/diarist transcribe examples/conversation.flac

run: install ## the service, on http://127.0.0.1:8000
	$(BIN)/diarist serve

flite:
	@if command -v flite >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	    && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq flite >/dev/null; then :; \
	else echo "NOTE: flite, a small speech synthesizer, is missing: tests that speak are SKIPPED (Debian: apt-get install flite)"; \
	fi

test: install flite ## every test, and 95 % of the core covered; names what was skipped
	$(BIN)/python -m pytest -rs --cov=app/domain --cov=app/application --cov-report=term:skip-covered --cov-fail-under=95

check: install .venv-poetry/.installed ## format, lint, types, imports, lock, unit and architecture tests
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	.venv-poetry/bin/poetry check --lock
	$(BIN)/python -m pytest tests/unit tests/architecture -m "not slow" --hypothesis-profile quick

bench: install ## speed and memory against the peers, into bench/results; ARGS=--quick for a first look
	$(BIN)/python -m bench all $(ARGS)

lock: .venv-poetry/.installed ## newest versions into poetry.lock and constraints.txt; INDEX=<url> asks a mirror
	.venv-poetry/bin/python tools/lock.py $(INDEX)
