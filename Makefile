# AgentAlign. `make dataset` makes a dataset, `make test` tests the project, `make help` lists the rest.

# The interpreter that .venv is made from; found on PATH if not given.
PYTHON ?=
# What `make dataset` builds, and where.
PROFILE ?= rehearsal
WORKSPACE ?= workspace
# Further options of the command behind a target: make dataset ARGS="--set balance.harmful=400"
ARGS ?=

# Drives the browser of `make test-ui`; not in the lock, as 50 MB that nothing else needs.
PLAYWRIGHT := playwright>=1.50,<2

VENV := .venv
BIN := $(VENV)/bin
# Set-up is done when this file is there: it is named after everything that set-up depends on.
KEY := $(shell { cat requirements.lock pyproject.toml; echo '$(CURDIR) $(PYTHON)'; } | cksum | cut -d ' ' -f 1)
READY := $(VENV)/.ready-$(KEY)

SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help setup dataset test test-formats test-ui check live-smoke proof format lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@echo "Variables: PYTHON, PROFILE=$(PROFILE) (smoke, rehearsal, paper), WORKSPACE=$(WORKSPACE), ARGS"

setup: $(READY) ## Make .venv from requirements.lock; does nothing when it is up to date

dataset: $(READY) ## Make a dataset, offline, with the embedded model
	@$(BIN)/agentalign build --profile "$(PROFILE)" --workspace "$(WORKSPACE)" $(ARGS)

test: $(READY) ## Run the tests, files side by side
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile $(ARGS)

test-formats: $(READY) ## Let trainers read exports; installs them, 2.5 GB, where they are not yet
	@$(BIN)/python -m tests.consumers.environments
	@$(BIN)/python -m pytest -m formats --timeout 900 tests/consumers $(ARGS)

test-ui: $(READY) ## Test servers and pages as people use them; installs Playwright, and Chromium where there is none
	@$(BIN)/python -c 'import playwright' 2>/dev/null || $(PIP) install '$(PLAYWRIGHT)'
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null \
		|| { command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] && apt-get update --quiet --quiet \
			&& apt-get install --yes --quiet --quiet --no-install-recommends chromium; } \
		|| $(BIN)/playwright install chromium
	@$(BIN)/python -m pytest -m ui tests/agentalign tests/tasks/report tests/docs $(ARGS)

check: $(READY) ## Check format, lint, types and import contracts
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(READY) ## Format the code and mend what the linter can
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench-%: $(READY) ## Run benchmarks/%.py: a table, then one JSON line of its figures
	@$(BIN)/python -m "benchmarks.$(subst -,_,$*)" $(ARGS)

live-smoke: $(READY) ## Build against a real small model on loopback; writes docs/live-smoke.md
	@$(BIN)/python -m benchmarks.live_smoke $(ARGS)

proof: $(READY) ## Train a small model on rows of a version and see what it refuses; writes docs/proof.md
	@$(BIN)/python -m benchmarks.proof --workspace "$(WORKSPACE)" $(ARGS)

lock: $(READY) ## Resolve pyproject.toml into requirements.lock (ARGS=--upgrade for newer releases)
	@$(BIN)/uv pip compile pyproject.toml --extra hub --extra evaluate --group dev --universal --python-version 3.11 \
		--generate-hashes --no-header --no-annotate --quiet --output-file requirements.lock $(ARGS)

clean: ## Remove .venv and caches; datasets and workspaces stay
	rm -rf $(VENV) .bench dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find $(wildcard agentalign flows tasks schemas expectations tests benchmarks) \
		-name __pycache__ -type d -prune -exec rm -rf {} +

# uv comes from the lock as well, hash and all; without it pip does the same work, slower.
# A virtual environment is kept as long as it was made here; another's scripts name another place.
$(READY):
	@python=; \
	for p in $(or $(PYTHON),python3.11 python3.12 python3.13 python3 python); do \
		if "$$p" -c '$(SUPPORTED)' 2>/dev/null; then python="$$p"; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo "AgentAlign needs Python 3.11, 3.12 or 3.13, and $(or $(PYTHON),PATH) gives none." >&2; \
		echo "Install one, or name it: make setup PYTHON=/path/to/python3.11" >&2; \
		exit 1; \
	fi; \
	echo "Setting up $(VENV) with $$("$$python" -V)"; \
	if [ -n "$(PYTHON)" ] || ! grep -qsF " $(CURDIR)/$(VENV)" $(VENV)/pyvenv.cfg \
			|| ! $(PIP) --version >/dev/null 2>&1; then \
		"$$python" -m venv --clear $(VENV) || { \
			echo "Python could not make $(VENV); on Debian and Ubuntu install python3-venv." >&2; \
			exit 1; \
		}; \
	fi
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > $(VENV)/uv.txt
	@{ $(PIP) install --require-hashes --no-deps -r $(VENV)/uv.txt \
		&& $(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock; } \
	|| { echo "uv did not work here; installing with pip, which takes a minute or two"; \
		$(PIP) install --require-hashes --no-deps -r requirements.lock; }
	@$(PIP) install --no-index --no-deps --no-build-isolation --editable .
	@rm -f $(VENV)/.ready-* $(VENV)/uv.txt && touch $@
