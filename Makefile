# vigie: `make run` shows it, `make test` proves it, `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV ?= .venv
ARGS ?=
TESTS ?= tests
KAFKA_LIBS := tests/kafka/libs

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
hash = $(shell cat $(1) 2>/dev/null | sha256sum | cut -c1-16)
# A stamp carries the hash of what it stands for: an unchanged lock installs nothing.
RUN_STAMP := $(VENV)/.locked-run-$(call hash,requirements/run.txt pyproject.toml)
TEST_STAMP := $(VENV)/.locked-test-$(call hash,requirements/test.txt pyproject.toml)
KAFKA_STAMP := $(KAFKA_LIBS)/.fetched-$(call hash,tests/kafka/pom.xml)

.PHONY: help run test test-only soak lint format compiled secrets bench lock packages kafka clean

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) \
	  | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

# Ctrl-C goes to everything in the terminal's foreground group, and a make that gets it always
# ends with an error. So at a terminal vigie gets a group of its own and make never hears of it;
# setpriv ends vigie should make be ended by itself. Without a terminal vigie takes the recipe's
# place, so that a signal to make's group reaches it.
run: $(RUN_STAMP) ## The whole of vigie on simulated traffic: wallboard on http://127.0.0.1:8080/
	@read -r _ _ _ _ group _ _ foreground _ < /proc/$$$$/stat; \
	if [ "$$group" = "$$foreground" ]; then \
	  set -m; setpriv --pdeathsig TERM -- $(BIN)/vigie run $(ARGS); \
	else \
	  exec $(BIN)/vigie run $(ARGS); \
	fi

test: packages ## Installs what the tests need (Debian packages as root) and runs all of them
	@$(MAKE) test-only

test-only: $(TEST_STAMP) kafka
	@$(BIN)/python -m pytest $(TESTS) $(ARGS)

# Parts of it: `make soak SOAK_KILLS=30 SOAK_MINUTES=0 SOAK_BURSTS=0 SOAK_DISK=0 SOAK_ROLLS=0
# SOAK_NETWORK=0 SEED=7`.
SOAK_KILLS ?= 300
SOAK_MINUTES ?= 60
SOAK_BURSTS ?= 1
SOAK_DISK ?= 1
SOAK_ROLLS ?= 10
SOAK_NETWORK ?= 1
SOAK_RESULTS ?= build/soak.jsonl
SEED ?= 1

soak: packages ## 300 kills, an hour of random faults, full disk, bad network: exact or exit code 1
	@$(MAKE) soak-only

.PHONY: soak-only
soak-only: $(TEST_STAMP) kafka
	@$(BIN)/python -m tests.faults.soak --kills $(SOAK_KILLS) --minutes $(SOAK_MINUTES) \
	  --bursts $(SOAK_BURSTS) --disk $(SOAK_DISK) --rolls $(SOAK_ROLLS) \
	  --network $(SOAK_NETWORK) --seed $(SEED) --results $(SOAK_RESULTS) $(ARGS)

lint: $(TEST_STAMP) ## ruff, mypy --strict and the import rules of the rooms
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy --strict
	@$(BIN)/lint-imports

format: $(TEST_STAMP) ## Lays out the code as `make lint` wants it
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

compiled: $(TEST_STAMP) ## The core as machine code for this environment, with the same numbers
	@$(BIN)/vigie compile

secrets: ## The secrets of the stack that `docker compose up` starts, once, into ./secrets
	@sh deploy/secrets.sh

bench: packages ## vigie beside a bare loop and its peers, on a real Kafka: docs/performance.md
	@$(MAKE) bench-only

RESULTS := benchmarks/results

.PHONY: bench-only
bench-only: $(TEST_STAMP) kafka
	@$(BIN)/python -m benchmarks.throughput --profile --json $(RESULTS)/throughput.json $(ARGS)
	@$(BIN)/python -m benchmarks.peers --json $(RESULTS)/peers.json $(ARGS)
	@$(BIN)/python -m benchmarks.report_peers > /dev/null
	@$(BIN)/python -m benchmarks.report

LOCK := pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-emit-find-links --no-annotate --no-header --upgrade \
  pyproject.toml requirements/build.in -c requirements/constraints.in

lock: $(TEST_STAMP) ## Newest allowed versions into requirements/*.txt, with their hashes
	@$(BIN)/uv $(LOCK) -o requirements/run.txt
	@$(BIN)/uv $(LOCK) --extra test -c requirements/run.txt -o requirements/test.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-annotate --no-header --upgrade \
	  requirements/peers.in -o requirements/peers.txt

packages: ## The Debian packages of the tests: says which are missing, as root installs them
	@bash .ci/debian-packages

kafka: $(KAFKA_STAMP) ## Apache Kafka's jars, for the tests and the bench

clean: ## Takes away what the tools left behind; the environment and Kafka's jars stay
	@rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache \
	  .hypothesis
	@find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +

# --- how the above is made ----------------------------------------------------------------------

# pip comes last into a new environment: one that was cut short has none and is made again.
$(BIN)/pip:
	@command -v $(PYTHON) > /dev/null || { \
	  echo "vigie needs Python 3.11 or newer, and $(PYTHON) is not there: apt install python3 python3-venv" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "vigie needs Python 3.11 or newer, $(PYTHON) is $$($(PYTHON) -V 2>&1): name another one, for instance make run PYTHON=python3.11" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || { \
	  echo "vigie makes its own environment and $(PYTHON) cannot: apt install python3-venv" >&2; exit 2; }
	@echo "Making the environment $(VENV) with $$($(PYTHON) -V) ..."
	@$(PYTHON) -m venv $(if $(wildcard $(VENV)/pyvenv.cfg),--clear) $(VENV)

# Everything in the lock comes as a wheel for x86-64, so no compiler is needed. Elsewhere
# faust-streaming comes as source; NO_CYTHON builds it as plain Python.
WHEELS := $(if $(filter x86_64,$(shell uname -m)),--only-binary :all:)

# $(1): lock to install
define install
@echo "Installing $(1) into $(VENV) ..."
@NO_CYTHON=1 $(PIP) install --require-hashes $(WHEELS) -r $(1)
@$(PIP) install --no-index --no-deps --no-build-isolation --editable .
endef

$(RUN_STAMP): | $(BIN)/pip
	$(call install,requirements/run.txt)
	@rm -f $(VENV)/.locked-run-* && touch $@

$(TEST_STAMP): | $(BIN)/pip
	$(call install,requirements/test.txt)
	@rm -f $(VENV)/.locked-* && touch $(RUN_STAMP) $@

$(KAFKA_STAMP):
	@command -v mvn > /dev/null || { \
	  echo "Kafka's jars are fetched with Maven, which is missing: apt install maven default-jre-headless" >&2; exit 2; }
	@echo "Fetching Apache Kafka into $(KAFKA_LIBS) ..."
	@rm -rf $(KAFKA_LIBS)
	@mvn --batch-mode --quiet --file tests/kafka/pom.xml dependency:copy-dependencies
	@touch $@
