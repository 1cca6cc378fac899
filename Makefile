# The verbs of this checkout. `make` alone lists them.
#
# The environment lives in .venv and is made from requirements.lock at the first call that needs it.
# It is written anew when the lock or pyproject.toml changes; otherwise no call waits for it.

BIN := .venv/bin
READY := .venv/.ready
WORKERS ?= auto

.DEFAULT_GOAL := help
.PHONY: help up down status models test check format bench lock clean

help: ## List the verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: $(READY) ## Start everything; the first time, set up this machine and fetch the first history
	@$(BIN)/trend up

down: $(READY) ## Stop everything; nothing is lost
	@$(BIN)/trend down

status: $(READY) ## Show what runs, where, and since when
	@$(BIN)/trend status

models: $(READY) ## Build and test dbt's models now; ARGS="daily_returns" narrows
	@$(BIN)/trend models build $(ARGS)

test: $(READY) ## Run the tests against a real TimescaleDB and Valkey; ARGS="-k name" narrows, WORKERS=4 widens
	$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

check: $(READY) ## Check format, lint, types and the direction of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY) ## Bring the code into the one format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY) ## Measure against limits and peers; needs the network once for the peers
	@.ci/environment peers
	$(BIN)/python -m trend_platform_tests.benchmarks $(ARGS)

lock: $(READY) ## Resolve requirements.lock anew from pyproject.toml
	.ci/environment lock

clean: ## Remove the environment, caches and test services; what `make up` keeps in .trend stays
	rm -rf .venv .trend-test .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements.lock pyproject.toml .ci/environment
	@.ci/environment
	@touch $@
