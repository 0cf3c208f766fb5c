.DEFAULT_GOAL := help
export PYTHON
bin := .venv/bin

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: .venv/.ready ## Build .venv from the lock; does nothing while lock and pyproject.toml stay as they are

.venv/.ready: requirements.lock pyproject.toml tools/setup.sh
	@tools/setup.sh
