# `make report` and `make test` need Python 3.11 to 3.13, make and git; everything else is set up here.
PYTHON ?= python3
STUDY ?= data/rotherham

# The environment is rebuilt when a pin, the interpreter or the place of the checkout changes.
KEY := $(shell $(PYTHON) -c 'import hashlib, os, sys; \
  print(hashlib.sha256(open("requirements.txt", "rb").read() + open("pyproject.toml", "rb").read() \
  + sys.version.encode() + os.getcwd().encode()).hexdigest()[:16])')
READY := .venv/ready-$(KEY)
RUN := .venv/bin/python -m
# Without it the debugger in every kernel warns about frozen modules.
export PYDEVD_DISABLE_FILE_VALIDATION := 1

.DEFAULT_GOAL := help
.PHONY: help setup report test test-slow lint lock clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(READY) ## make the environment in .venv (the other targets do it by themselves)

$(READY): requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13) \
	  and "earlyhelp needs Python 3.11, 3.12 or 3.13, found %d.%d: make PYTHON=python3.12 ..." % sys.version_info[:2])'
	@echo "Setting up .venv: about 200 pinned packages, a few minutes once"
	rm -rf .venv
	$(PYTHON) -m venv .venv
	$(RUN) pip install --disable-pip-version-check --require-hashes --compile -r requirements.txt
	$(RUN) pip install --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

report: $(READY) ## build the HTML book and the PDF of STUDY (default data/rotherham)
	$(RUN) snakemake --cores all --config study=$(STUDY) --rerun-triggers code \
	  --rerun-incomplete --nolock --quiet rules

test: report lint ## build the report, then run every check
	$(RUN) pytest -m "not slow and not cluster"
	$(RUN) pytest --nbval book/results

test-slow: report ## the checks that take minutes
	$(RUN) pytest -m slow

lint: $(READY)
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy

lock: $(READY) ## compile requirements.in into requirements.txt and environment.yml
	$(RUN) uv pip compile --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate --upgrade --quiet requirements.in -o requirements.txt
	{ printf '%s\n' '# Written by `make lock`: the versions of requirements.txt, for conda users.' \
	    'name: earlyhelp' 'channels: [conda-forge]' 'dependencies:' '  - python=3.13' '  - pip' '  - pip:' \
	    '      - -e . --no-deps'; sed -nE 's/ \\$$//; s/^[A-Za-z].*==.*/      - &/p' requirements.txt; } > environment.yml

clean: ## remove what was built, not the environment
	rm -rf _build .snakemake
