# `make help` lists what there is. PORT=4570 picks another port for the local cloud, STAGE=… a deployment on AWS.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.SUFFIXES:
BIN := .venv/bin
PY := $(BIN)/python
STAGE ?=
NAME ?=
RUN ?=
FILE ?=
OPTIONS ?=
TESTS ?= tests
export PORT ?= 4566

.PHONY: help up down reset logs import demo test test-in-process test-deployed fuzz bench deploy secret lint format schemas openapi lock package

help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

# The environment is made once per lock file. uv does it, from PATH or installed into the new environment by pip.
.venv/.synced: requirements-dev.lock
	@set -euo pipefail; \
	if [ ! -x $(PY) ]; then \
	  python=; for candidate in python3.11 python3.12 python3.13 python3; do \
	    if command -v $$candidate >/dev/null && $$candidate -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))'; \
	    then python=$$candidate; break; fi; done; \
	  if command -v uv >/dev/null; then echo "Making .venv with uv"; uv venv --quiet --python "$${python:-3.11}" .venv; \
	  elif [ -z "$$python" ]; then echo "Caravan needs Python 3.11, 3.12 or 3.13, and none is installed."; \
	    echo "  Debian, Ubuntu: apt install python3.11 python3.11-venv   macOS: brew install python@3.11"; \
	    echo "  any system:     curl -LsSf https://astral.sh/uv/install.sh | sh"; exit 1; \
	  elif ! $$python -c 'import venv, ensurepip' 2>/dev/null; then \
	    echo "$$python has no venv module.  Debian, Ubuntu: apt install $$($$python -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"; exit 1; \
	  else echo "Making .venv with $$python"; $$python -m venv .venv; fi; fi; \
	echo "Installing what requirements-dev.lock names"; \
	if [ ! -x $(BIN)/uv ]; then \
	  if command -v uv >/dev/null; then ln -s "$$(command -v uv)" $(BIN)/uv; \
	  else $(PY) -m pip install --quiet --disable-pip-version-check "$$(grep -oE '^uv==[0-9.]+' requirements-dev.lock)"; fi; fi; \
	VIRTUAL_ENV=.venv $(BIN)/uv pip sync --quiet --require-hashes requirements-dev.lock
	@touch $@

up: .venv/.synced ## Run the shop on this machine: package, local cloud, deployment, users, catalogue
	@$(PY) -m infra.build up

down: .venv/.synced ## Stop the local cloud; its data are kept
	@$(PY) -m infra.build down

reset: .venv/.synced ## Stop the local cloud and delete its data (of this PORT)
	@$(PY) -m infra.build reset

logs: .venv/.synced ## Follow what the functions and the local cloud write
	@$(PY) -m infra.build logs

import: .venv/.synced ## Take your products into the local shop: make import FILE=products.csv OPTIONS="--location RTM1"
	@test -n "$(FILE)" || { echo "Which file? make import FILE=products.csv"; exit 1; }
	@$(PY) -m infra.build import "$(FILE)" $(OPTIONS)

demo: .venv/.synced ## Tell every order class through the public API, to balanced books; RUN=locker tells one
	@$(PY) -m infra.demo $(RUN)

test: .venv/.synced ## Run every test: in process, and meanwhile against a local cloud of the tests' own
	@$(MAKE) --no-print-directory --jobs 2 test-in-process test-deployed

test-in-process: .venv/.synced
	@$(PY) -m pytest -q -m "not e2e and not fuzz and not bench" -n auto --dist loadfile --no-loadscope-reorder $(TESTS)

# What it has to say is kept until it has ended: two reports at once cannot be read.
test-deployed: .venv/.synced
	@log=$$(mktemp); $(PY) -m pytest -q -p no:randomly -m e2e tests/e2e > "$$log" 2>&1; \
	failed=$$?; cat "$$log"; rm -f "$$log"; exit $$failed

fuzz: .venv/.synced ## Search further: broken requests at every route, random lives, other examples
	@$(PY) -m pytest -q -p no:randomly -m fuzz tests
	@$(PY) -m pytest -q -p no:randomly --hypothesis-profile=search -m "hypothesis and not e2e and not fuzz and not bench" -n auto tests

bench: .venv/.synced ## Print round trips, units, CPU time, cold start and dollars per 1,000 orders
	@$(PY) -m pytest -q -s -p no:randomly -m bench tests/bench

lint: .venv/.synced ## Check style, types and who may import whom
	@failed=0; \
	echo "ruff";           $(BIN)/ruff check --quiet . || failed=1; $(BIN)/ruff format --check --quiet . || failed=1; \
	echo "mypy";           $(BIN)/mypy --no-error-summary || failed=1; \
	echo "import-linter";  $(BIN)/lint-imports --no-logo > .import-linter.log || { cat .import-linter.log; failed=1; }; \
	rm -f .import-linter.log; exit $$failed

format: .venv/.synced ## Bring the code into its standard form
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

schemas: .venv/.synced ## Write the JSON Schema of every event to events/schemas
	@$(PY) -m infra.schemas

openapi: .venv/.synced ## Write the API description to build/openapi.json
	@$(PY) -m infra.openapi

package: .venv/.synced ## Build the zip and the template for AWS into build/
	@$(PY) -m infra.build package

deploy: .venv/.synced ## Deploy to AWS: make deploy STAGE=production MailFrom=… AlarmEmail=…
	@test -n "$(STAGE)" || { echo "Which stage? make deploy STAGE=staging"; exit 1; }
	@$(PY) -m infra.build deploy --stage "$(STAGE)"

secret: .venv/.synced ## Store a provider's keys: make secret STAGE=production NAME=stripe
	@test -n "$(STAGE)" -a -n "$(NAME)" || { echo "Which one? make secret STAGE=staging NAME=stripe"; exit 1; }
	@$(PY) -m infra.build secret --stage "$(STAGE)" --name "$(NAME)"

lock: ## Resolve requirements*.txt anew into the two lock files
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock" \
	  requirements-dev.in -o requirements-dev.lock
	@grep -v '^chalice==' requirements.txt | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --custom-compile-command "make lock" -c requirements-dev.lock - -o requirements.lock
