# `make help` lists the targets. PORT, SALESTEAM_HOME, DATABASE_URL and REDIS_URL are honoured.
SHELL := /bin/bash
PYTHON := .venv/bin/python
BIN := .venv/bin
PYTEST := $(BIN)/pytest -n 2 -q
# Tests set it themselves.
unexport SALESTEAM_ENV

.DEFAULT_GOAL := help
.PHONY: help demo serve test check bench install clean lint style types contracts templates messages

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

demo:  ## install, load the sample firm, run the site (Ctrl-C stops it)
	@scripts/install --for demo
	@exec $(PYTHON) manage.py start_demo

serve:  ## install and run the site with your own data
	@scripts/install --for demo
	@exec $(PYTHON) manage.py serve

install:  ## install what is missing
	@scripts/install --for demo

test:  ## install, then every check and test, browser journeys included
	@scripts/install --for test
	@$(MAKE) --no-print-directory --keep-going lint
	@$(PYTHON) scripts/floor.py
	$(PYTEST)

check:  ## the fast part: style, types, contracts, tests without browser or whole programs
	@scripts/install --for test
	@$(MAKE) --no-print-directory --keep-going lint
	$(PYTEST) -m "not journey and not programs"

lint: style types contracts templates messages

style:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types:
	$(BIN)/mypy

contracts:
	$(BIN)/lint-imports

templates:
	$(BIN)/djlint templates --lint --quiet

messages:
	$(PYTHON) scripts/translations.py check

bench:  ## benchmarks: a table, and bench/results.json
	@scripts/install --for demo
	@exec $(PYTHON) -m bench

clean:  ## remove everything installed and built; your data in var/ stays
	rm -rf .venv .tools node_modules static/build fonts .mypy_cache .ruff_cache .pytest_cache \
	  .import_linter_cache .hypothesis test-results var/test
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find locale -name '*.mo' -delete
