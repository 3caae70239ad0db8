# Every command of this repository. `make` alone lists them; each sets up what it needs.

# Python keeps what it compiled, or each of the hundreds of commands that tests start would compile everything anew.
export PYTHONDONTWRITEBYTECODE :=

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
CODE := src tests tools conftest.py $(patsubst %/__init__.py,%,$(wildcard benchmarks/__init__.py))
TESTS := tools/in_memory $(BIN)/python -m pytest
# Tests wait for servers, processes and browsers as much as they compute: three of them share two cores.
WORKERS = $(shell $(BIN)/python -c 'import os; print((os.cpu_count() or 1) * 3 // 2 or 1)')
# Uses every core by itself.
SIMULATION = $(BIN)/python -m pytest tests/faults/test_faults.py -m slow
FAST := not slow and not postgres and not browser and not process
# What is quick to ask before each commit; the rest is asked by room, and all of it by `make test`.
QUICK := tests/core tests/net tests/architecture tests/docs tests/exports tests/test_recipes.py tests/test_fixtures.py
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --custom-compile-command "make lock" $(ARGS)

# The first Python on the path that is new enough; say `make setup PYTHON=...` to choose another.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)

.DEFAULT_GOAL := help
.PHONY: help setup wheel demo test test-long api-fuzz watch canaries check story faults bench conformance new-connector docs lock browser pictures clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.tools ## make .venv with everything that is needed to run, test and change Ligament

wheel: $(VENV)/.runtime ## build dist/ligament-VERSION-py3-none-any.whl, with recipes and guides inside
	@rm -rf build && $(BIN)/python -m pip --disable-pip-version-check wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	@rm -rf build && ls dist/ligament-*.whl

# At a terminal the dashboard goes on until Ctrl-C; elsewhere the demo ends with its result.
demo: $(VENV)/.runtime ## run a made-up clinic from appointment to reconciled books, and serve its dashboard [ARGS=--once]
	@if [ -n "$(ARGS)" ] || [ ! -t 1 ]; then $(BIN)/ligament demo $(or $(ARGS),--once); else $(BIN)/ligament demo; fi

test: $(VENV)/.tools browser ## check everything, kill real processes, and run every test but the long ones
	@$(BIN)/ruff format --check $(CODE)
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/mypy $(CODE)
	@$(BIN)/lint-imports --no-logo
	@$(TESTS) --numprocesses $(WORKERS) --quiet tests/process
	@LIGAMENT_FAULT_SEEDS=$(or $(N),500) $(SIMULATION) --quiet
	@$(TESTS) --numprocesses $(WORKERS) -m "not slow"

test-long: $(VENV)/.tools ## run the long tests too: simulated faults by the thousand, workers, pairs of cuts
	@LIGAMENT_EXAMPLES=new $(TESTS) --numprocesses auto -m slow

check: $(VENV)/.tools ## format, lint, types, contracts and quick tests, in under a minute [ROOM=flow for the tests of a room]
	@$(BIN)/ruff format $(CODE)
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/mypy $(CODE)
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m pytest --numprocesses auto --quiet -m "$(FAST)" $(if $(ROOM),tests/$(ROOM),$(QUICK))

story: $(VENV)/.tools ## run the stories and show what differs [ACCEPT=1 to take the outcome as right] [ARGS=name]
	@ACCEPT=$(ACCEPT) $(BIN)/python -m tests.stories $(ARGS)

faults: $(VENV)/.tools ## simulate faults and crashes [N=20000 for more seeds, SEED=n to repeat one]
	@$(if $(SEED),$(BIN)/python -m tests.faults --seed $(SEED),LIGAMENT_FAULT_SEEDS=$(N) $(SIMULATION)) $(ARGS)

watch: $(VENV)/.tools ## watch `serve` with ten clinics and every trouble for an hour [S=600 for other seconds]
	@LIGAMENT_WATCH_S=$(or $(S),3600) $(BIN)/python -m pytest tests/watch -m slow --capture=no

canaries: $(VENV)/.tools ## plant known bugs and show which test catches each, in about ten minutes [ARGS=--afresh]
	@$(BIN)/python -m tests.faults.canaries $(ARGS)

# Some minutes, and a program with libraries of its own, so it stands beside `make test-long` and not in it; in small,
# the same is asked by tests/web/test_api_by_its_description.py at every `make test`.
api-fuzz: $(VENV)/.tools $(VENV)/api-fuzz/.ready ## let schemathesis put calls made from its own description to the interface [ARGS=--seed=1]
	@$(BIN)/python -m tests.web.fuzzing $(VENV)/api-fuzz/bin/schemathesis $(ARGS)

bench: $(VENV)/.tools ## measure against the physical limit
	@$(BIN)/python -m benchmarks $(ARGS)

conformance: $(VENV)/.tools ## put one connector through what every connector must do: NAME=x
	@test -n "$(NAME)" || { echo "Say which: make conformance NAME=x"; exit 2; }
	@$(BIN)/python -m pytest tests/conformance src/ligament/connectors/$(NAME)/tests --connector $(NAME) $(ARGS)

new-connector: $(VENV)/.tools ## start a connector with all its parts: NAME=x
	@test -n "$(NAME)" || { echo "Say its name: make new-connector NAME=x"; exit 2; }
	@$(BIN)/python tools/new_connector.py $(NAME)

docs: $(VENV)/.tools ## check that the documents say what the code does
	@$(BIN)/python -m pytest tests/architecture/test_documents.py $(wildcard tests/docs)

lock: $(VENV)/.tools ## write requirements/ anew from pyproject.toml [ARGS=--upgrade for newer versions]
	@$(LOCK) pyproject.toml --extra reports --group dev --output-file requirements/dev.txt
	@$(LOCK) pyproject.toml --extra reports --constraint requirements/dev.txt --output-file requirements/runtime.txt
	@$(LOCK) --group build --constraint requirements/dev.txt --output-file requirements/build.txt
	@$(LOCK) --group api-fuzz --output-file requirements/api-fuzz.txt

sbom: $(VENV)/.runtime ## write the bill of materials (CycloneDX) of what runs to standard output
	@$(BIN)/python tools/sbom.py

browser: ## install Debian's Chromium for the browser tests, where it is missing
	@command -v chromium >/dev/null && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update --quiet && apt-get install --quiet --yes --no-install-recommends chromium; \
	else echo "Install Chromium so that 'chromium' is on the path, then try again."; exit 1; fi

pictures: $(VENV)/.tools browser ## take a picture of every page in every state into .shots, light and dark, wide and narrow [ARGS="--quick waiting"]
	@$(BIN)/python -m tests.browser.pictures $(ARGS)

clean: ## remove what commands can make again
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Locked packages come first, what builds a package before what needs building, then Ligament itself.
$(VENV)/.runtime: pyproject.toml requirements/build.txt requirements/runtime.txt | $(VENV)/bin/python
	@echo "Installing what Ligament runs on"
	@$(PIP) --require-hashes --requirement requirements/build.txt
	@$(PIP) --require-hashes --no-build-isolation --requirement requirements/runtime.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.tools: $(VENV)/.runtime requirements/dev.txt
	@echo "Installing what Ligament is tested with"
	@$(PIP) --require-hashes --no-build-isolation --requirement requirements/dev.txt
	@touch $@

$(VENV)/api-fuzz/.ready: requirements/api-fuzz.txt | $(VENV)/bin/python
	@echo "Installing schemathesis beside it"
	@$(BIN)/python -m venv $(VENV)/api-fuzz
	@$(VENV)/api-fuzz/bin/python -m pip --disable-pip-version-check install --quiet \
		--require-hashes --requirement requirements/api-fuzz.txt
	@touch $@

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Ligament needs Python 3.11 or newer, and found none on the path."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "$(PYTHON) could not make a virtual environment; on Debian, install python3-venv first."; exit 1; }
