# Two commands set everything up: `make chat` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PY := $(BIN)/python

.PHONY: chat test smoke dist fuzz torture island check cover bench picture docs lock clean

chat: $(VENV)/.chat
	@AZRESP_EMULATOR=$${AZRESP_EMULATOR:-auto} $(BIN)/azresp chat
	@echo "Next time: . $(BIN)/activate, then azresp chat (or azresp init for Azure)"

test: check
	$(PY) -m pytest -n auto

# What a user gets: wheel and sdist, installed into an empty environment without the repo, and tried there.
smoke: $(VENV)/.test
	$(PY) -m tests.smoke

dist: $(VENV)/.test
	rm -rf dist
	$(PY) -m hatchling build

# The laws with many more examples than `make test` takes time for: make fuzz TIMES=100
fuzz: $(VENV)/.test
	AZRESP_FUZZ=$(or $(TIMES),25) $(PY) -m pytest -n auto $$(grep -rl '^@given' tests)

# docs/torture.md: calls that fail, streams that are cut, kill -9 (about an hour on two cores): make torture KILLS=100, or
# a part of it: make torture ONLY=cuts
torture: $(VENV)/.test
	AZRESP_FAULTS=0 AZRESP_CUTS=0 AZRESP_KILLS=$(or $(KILLS),20) $(PY) -m pytest -q -n auto \
		tests/torture tests/cli/test_jobs.py -k "$(or $(ONLY),faults or cuts or killed)"

# The emulator's own tests, from a copy in an empty environment: it could be a package of its own.
island: $(VENV)/.test
	$(PY) -m tests.island -n auto

check: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

# Coverage by layer, child processes included.
cover: $(VENV)/.test
	rm -f .coverage .coverage.*
	-COVERAGE_FILE=$(CURDIR)/.coverage COVERAGE_PROCESS_START=$(CURDIR)/pyproject.toml $(PY) -m pytest -n auto --cov --cov-report=
	-$(BIN)/coverage combine --quiet
	@for layer in core azure store config toolbox media ui cli emulator; do \
		printf '%-9s' $$layer; $(BIN)/coverage report --include="azresp/$$layer/*" --format=total; done
	@printf '%-9s' all; $(BIN)/coverage report --format=total

bench: $(VENV)/.test
	$(PY) -m bench $(ARGS)

picture: $(VENV)/.test
	$(PY) -m docs.picture $(ONLY)

docs: $(VENV)/.test
	$(PY) -m docs.reference --write
	$(PY) -m docs.man --write

lock: $(VENV)/.test
	$(PY) -m pip install --quiet uv
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --quiet --no-header \
		--no-emit-index-url --no-emit-find-links --group test --extra emulator --extra images --extra keyring --extra mcp pyproject.toml -o requirements-test.txt

# What a user gets: the ranges of pyproject.toml.
$(VENV)/.chat: pyproject.toml | $(VENV)/bin/python
	@echo "Installing azresp and what it needs into $(VENV): half a minute, this once …"
	@$(PY) -m pip install --quiet --disable-pip-version-check -e '.[emulator,images]'
	@touch $@

# What CI gets: the lock, by hash. It is whole, so nothing is resolved: pip would look past it for coverage[toml].
$(VENV)/.test: pyproject.toml requirements-test.txt | $(VENV)/bin/python
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-test.txt
	$(PY) -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@ $(VENV)/.chat

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "azresp needs Python 3.11 or newer: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
