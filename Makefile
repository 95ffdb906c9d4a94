# Coko's commands. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
export PORT

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test check lint types arrows migrations deploy-check pytest coverage stories faults ledger-10m \
  bench-ledger bench-payments bench-reconciliation lock lock-peers lock-profile clean

help: ## List the commands
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(VENV)/.base ## Install what running needs (virtual environment, locked packages, system libraries)

setup-dev: $(VENV)/.dev ## The same, and what the tests need (Chromium, hledger)

run: setup ## Start everything: PostgreSQL, Redis, demo world, simulators, worker, beat, web
	@$(BIN)/python -m config.run

test: setup-dev check pytest ## Every check, then the whole test suite

check: lint types arrows migrations deploy-check ## The checks that need no test run

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy manage.py billing providers royalties catalog reading reports config sync

arrows: $(VENV)/.dev
	$(BIN)/lint-imports

migrations: $(VENV)/.dev
	COKO_VAR="$(CURDIR)/var/test" $(BIN)/python manage.py makemigrations --check --dry-run

deploy-check: $(VENV)/.dev
	COKO_VAR="$(CURDIR)/var/test" $(BIN)/python -m config.deploy_check

pytest: $(VENV)/.dev ## The tests alone
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(OPTIONS)

coverage: ## The tests, and which lines and branches they reach; takes half as long again
	@$(MAKE) pytest OPTIONS="--cov --cov-report=term"

stories: $(VENV)/.dev ## The journeys across packages, one at a time
	$(BIN)/python -m pytest -v tests/stories tests/browser tests/faults

faults: $(VENV)/.dev ## 1,000 payments, 200 refunds, 300 payouts while providers misbehave and processes die; prints the counts (15 minutes)
	$(BIN)/python -m tests.faults.campaign

ledger-10m: $(VENV)/.dev ## Fill ten million postings under var/scale and print what proving them costs (15 minutes, 7 GB)
	$(BIN)/python -m tests.scale.ledger

bench-ledger: $(VENV)/.base ## How fast the ledger is, against pgbench and others (20 minutes; OPTIONS=--quick)
	@$(BIN)/python -m bench.ledger $(OPTIONS)

bench-reconciliation: $(VENV)/.base ## A million settlement lines imported and matched, against a bare COPY (OPTIONS=--quick)
	@$(BIN)/python -m bench.reconciliation $(OPTIONS)

bench-payments: $(VENV)/.base ## Webhook intake and settlement, against the health check and pgbench (6 minutes; OPTIONS=--quick)
	@$(BIN)/python -m bench.payments $(OPTIONS)

lock: $(VENV)/.dev ## Compile requirements/*.in to requirements/*.txt, with hashes
	$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras \
	  --custom-compile-command "make lock" requirements/base.in -o requirements/base.txt
	$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras \
	  --custom-compile-command "make lock" requirements/dev.in -o requirements/dev.txt

lock-peers: $(VENV)/.dev
	$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --custom-compile-command "make lock-peers" --override requirements/bench-peers-without.txt \
	  requirements/bench-peers.in -o requirements/bench-peers.txt

lock-profile: $(VENV)/.dev
	$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --custom-compile-command "make lock-profile" requirements/bench-profile.in -o requirements/bench-profile.txt

clean: ## Remove the virtual environment; data under var/ stays
	rm -rf $(VENV)

$(VENV)/bin/python:
	@PYTHON=$(PYTHON) sh deploy/virtualenv.sh $(VENV)

$(VENV)/.base: requirements/base.txt deploy/system-libraries.sh | $(VENV)/bin/python
	@PYTHON=$(BIN)/python sh deploy/system-libraries.sh run
	@echo "Installing the locked packages…"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/base.txt
	@$(BIN)/python -m config.complete
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.base
	@PYTHON=$(BIN)/python sh deploy/system-libraries.sh test
	@echo "Installing the locked test packages…"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@
