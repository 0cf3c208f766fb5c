# Every target that needs .venv builds it first; `make` alone lists the targets.
# PYTHON names the interpreter to build from; ARGS are handed on to demo, bench and the tests.
.DEFAULT_GOAL := help
export PYTHON
bin := .venv/bin
# Commands, one after the other: nothing that may not run beside other tests.
beside := tests/e2e/gate tests/e2e/ledger

.PHONY: help setup demo test lint docs bench format

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: .venv/.ready ## Build .venv from the lock (again only when the lock or pyproject.toml changed)

.venv/.ready: requirements.lock pyproject.toml tools/setup.sh
	@tools/setup.sh

demo: setup ## The guided tour; ARGS="--exit" ends it after the story
	@$(bin)/fairlead demo $(ARGS)

test: lint ## Everything: lint, types, import contracts, then all tests; or those of ARGS
ifeq ($(ARGS),)
	$(bin)/pytest -n auto --dist loadfile tests/unit tests/contract tests/scenario $(beside)
	$(bin)/pytest tests/e2e tests/docs $(beside:%=--ignore=%) # one by one: these measure time, and hold ports
else
	$(bin)/pytest $(ARGS)
endif

lint: setup ## Lint, format, types and import contracts only
	$(bin)/ruff check
	$(bin)/ruff format --check --quiet
	$(bin)/mypy
	$(bin)/lint-imports --no-logo

docs: setup ## Run the documentation's examples and look for commands that it leaves out
	$(bin)/pytest tests/docs $(ARGS)

bench: setup ## Measure; benchmarks/README.md keeps the figures
	$(bin)/python -m benchmarks $(ARGS)

format: setup ## Mend layout and imports, and what the linter can mend
	$(bin)/ruff format
	$(bin)/ruff check --fix
