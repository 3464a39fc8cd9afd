# Everything a person does here, on a machine with Python 3.11 or later, make and git. `make` alone lists it.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
# Processes that run tests side by side, and what else pytest is to be told: make test PYTEST="-k routing".
JOBS ?= $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
PYTEST ?=
# Tests that need no server.
QUICK := $(wildcard tests/values tests/core tests/contracts tests/tidy)

# Compiled modules are kept: every process that a test starts would compile a thousand of them again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help:  ## list what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: install
install: $(INSTALLED)  ## make .venv with all that is needed, as locked
	@:

.PHONY: demo
demo: $(INSTALLED)  ## start everything and watch a day of orders go through
	@$(BIN)/orderline demo

.PHONY: test
test: lint tools  ## lint, types, and all tests
	@$(BIN)/pytest -n $$(($(JOBS) + 1)) $(PYTEST)  # one more: servers that start, and waits, leave processors idle

.PHONY: check
check: $(INSTALLED)  ## lint, types, floors and the quick tests (half a minute)
	@$(MAKE) format-check
	@$(MAKE) -j3 quick types floors

.PHONY: bench
bench: $(INSTALLED)  ## measure speed beside the bound of this machine
	@$(BIN)/orderline bench all

.PHONY: format
format: $(INSTALLED)  ## put the code in its one form, and mend what ruff can
	@$(BIN)/ruff check --quiet --fix-only
	@$(BIN)/ruff format --quiet

.PHONY: reference
reference: $(INSTALLED)  ## print the reference pages from the code
	@$(BIN)/orderline reference docs/reference

.PHONY: screens
screens: $(INSTALLED)  ## take the pictures of the console again, in docs/screens
	@$(BIN)/python scripts/take-screens

.PHONY: lock
lock: $(INSTALLED)  ## choose newer versions of what we depend on, within pyproject.toml
	@UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --upgrade pyproject.toml --group dev \
	  --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --output-file requirements.lock

.PHONY: clean
clean:  ## remove the environment and what tools left behind; data directories stay
	@rm -rf $(VENV) dist build .pytest_cache .ruff_cache .hypothesis .schemathesis .import_linter_cache
	@find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# ------------------------------------------------------------------------------------------- parts of the above

# Quick, and without the network, while neither file has changed.
$(INSTALLED): pyproject.toml requirements.lock scripts/install
	@scripts/install $(VENV)
	@touch $@

.PHONY: tools
tools: $(INSTALLED)
	@scripts/install-test-tools

.PHONY: lint format-check types floors quick
lint: $(INSTALLED)
	@$(MAKE) format-check
	@$(MAKE) -j2 types floors

format-check: $(INSTALLED)
	@$(BIN)/ruff format --check --quiet --output-format=concise || { echo 'Not in form; "make format" mends it.' >&2; exit 1; }
	@$(BIN)/ruff check --quiet --output-format=concise

types: $(INSTALLED)
	@$(BIN)/pyrefly check --output-format min-text --summary=none

floors: $(INSTALLED)
	@$(BIN)/lint-imports --no-logo

quick: $(INSTALLED)
	@HYPOTHESIS_PROFILE=quick $(BIN)/pytest -q -p no:schemathesis -m "not slow and not crash" $(QUICK) $(PYTEST)  # done before others had started
