# `make report` and `make test` need Python 3.11 to 3.13, make and git; everything else is set up here.
PYTHON ?= python3
STUDY ?= data/rotherham

# The environment is rebuilt when a pin, the interpreter or the place of the checkout changes.
KEY := $(shell $(PYTHON) -c 'import hashlib, os, sys; \
  print(hashlib.sha256(open("requirements.txt", "rb").read() + open("pyproject.toml", "rb").read() \
  + sys.version.encode() + os.getcwd().encode()).hexdigest()[:16])')
READY := .venv/ready-$(KEY)

# What runs knows nothing of the account it runs in: no personal settings, locale or home folder.
unexport XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_RUNTIME_DIR JUPYTER_RUNTIME_DIR IPYTHONDIR MPLBACKEND MPLCONFIGDIR MATPLOTLIBRC
export LC_ALL := C.UTF-8
export PYTHONUTF8 := 1
# Without it the debugger in every kernel warns about frozen modules.
export PYDEVD_DISABLE_FILE_VALIDATION := 1
# The study to build, or several with blanks between; taken from the environment, so that a path may hold anything.
export STUDY
PY := HOME="$(CURDIR)/.venv/home" .venv/bin/python
RUN := $(PY) -m
# Guards the making of the environment; a build is guarded by itself.
LOCKED := $(PYTHON) src/earlyhelp/execution/locked.py
BUILD := $(RUN) earlyhelp report "$$STUDY"
COMMITTED := $(PY) tests/committed.py

.DEFAULT_GOAL := help
.PHONY: help setup environment report html watch trials test checks test-package test-pages test-readers test-slow recompute update proof mutants lint lock clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(READY) ## make the environment in .venv (the other targets do it by themselves)

$(READY): requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13) \
	  and "earlyhelp needs Python 3.11, 3.12 or 3.13, found %d.%d: make PYTHON=python3.12 ..." % sys.version_info[:2])'
	@$(LOCKED) requirements.txt $(MAKE) --no-print-directory environment

# The pins are complete, so pip has nothing to resolve; its resolver also stumbles over extras of pins.
environment:
	@[ -e $(READY) ] || echo "Setting up .venv: about 200 pinned packages, a few minutes once"
	[ -e $(READY) ] || { rm -rf .venv && $(PYTHON) -m venv .venv && mkdir .venv/home \
	  && .venv/bin/python -m pip install --disable-pip-version-check --require-hashes --no-deps --compile -r requirements.txt \
	  && .venv/bin/python -m pip install --disable-pip-version-check --no-deps --no-build-isolation -e . \
	  && touch $(READY); }

report: $(READY) ## build the HTML book, its PDFs and the Word file of STUDY (default data/rotherham) in _build
	$(BUILD)

html: $(READY) ## build the HTML book of STUDY alone in _build/rotherham/draft
	$(BUILD) --target html

watch: $(READY) ## show the HTML book of STUDY in a browser, and each change as soon as it is saved
	$(RUN) earlyhelp watch "$$STUDY"

trials: $(READY) ## build the reports of two public trials in _build/anorexia and _build/respiratory
	$(PY) tests/public_trials.py _build/trials
	$(RUN) earlyhelp report _build/trials/anorexia _build/trials/respiratory

test: $(READY) ## build the report, then run every check; no file of the checkout changes
	$(PY) tests/untouched.py $(MAKE) --no-print-directory checks

checks: lint report
	$(COMMITTED) compare _build/rotherham/results book/results
	$(RUN) pytest --cov -n auto -m "not slow and not cluster"
	$(RUN) pytest --nbval book/results
	@echo "Not run: axe and the keyboard in a real browser (make test-pages)"

test-pages: report ## look at every page of STUDY in Chromium, with axe (a quarter of an hour)
	$(RUN) uv run --quiet --isolated --no-project --python .venv/bin/python \
	  --with-requirements tests/pages.txt python tests/pages.py "_build/$(notdir $(STUDY))/html"

test-package: report ## let the validator and the library of RO-Crate read the package of STUDY (a minute)
	$(RUN) earlyhelp package "$$STUDY"
	$(RUN) uv run --quiet --isolated --no-project --python .venv/bin/python \
	  --with-requirements tests/package.txt python tests/package.py "_build/$(notdir $(STUDY))/package"

test-readers: $(READY) ## let other programs read our REFI-QDA files and read theirs (a minute)
	$(RUN) uv venv --quiet --clear --python .venv/bin/python _build/readers
	$(RUN) uv pip sync --quiet --python _build/readers/bin/python tests/readers.txt
	PYTHONPATH=src:tests _build/readers/bin/python tests/readers.py

test-slow: $(READY) ## the tests that take minutes
	$(RUN) pytest -m slow

recompute: $(READY) ## compute afresh what is stored in data/rotherham/derived and compare
	$(BUILD) --target derived
	$(COMMITTED) compare _build/rotherham/derived data/rotherham/derived

update: $(READY) ## write what is computed and committed, and show what changed
	$(BUILD) --target derived
	$(COMMITTED) replace _build/rotherham/derived data/rotherham/derived
	rm -rf _build/rotherham/raw && cp -r data/rotherham/raw _build/rotherham/raw
	$(PY) data/rotherham/reconstruct.py --output _build/rotherham/raw
	$(COMMITTED) replace _build/rotherham/raw data/rotherham/raw
	$(PY) data/rotherham/reconstruct.py # once more, so that the data dictionary states the files
	$(BUILD)
	$(COMMITTED) replace _build/rotherham/results book/results
	$(RUN) earlyhelp report --target derived tests/studies/complete
	$(COMMITTED) replace _build/complete/derived tests/studies/complete/derived
	$(PY) tests/recorder.py

proof: report ## list what a person should look at in the PDFs of STUDY: short pages, lone rows, small type
	$(PY) tests/proof.py "_build/$(notdir $(STUDY))/html"

mutants: $(READY) ## change the code in small ways and see whether a test notices (an hour)
	$(PY) tests/mutants.py $(MODULES)

lint: $(READY) ## ruff, mypy, the cells of the notebooks, and who imports whom
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(PY) tests/notebook_cells.py
	$(RUN) mypy
	PYTHONPATH=src .venv/bin/lint-imports --no-cache

lock: $(READY) ## compile requirements.in into requirements.txt and environment.yml
	$(RUN) uv pip compile --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate --upgrade --quiet requirements.in -o requirements.txt
	$(RUN) uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --no-annotate --upgrade --quiet tests/pages.in -o tests/pages.txt
	$(RUN) uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --no-annotate --upgrade --quiet tests/package.in -o tests/package.txt
	$(RUN) uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --no-annotate --upgrade --quiet --overrides tests/readers.overrides tests/readers.in -o tests/readers.txt
	{ printf '%s\n' '# Written by `make lock`: the versions of requirements.txt, for conda users.' \
	    'name: earlyhelp' 'channels: [conda-forge]' 'dependencies:' '  - python=3.13' '  - pip' '  - pip:' \
	    '      - -e . --no-deps'; sed -nE 's/ \\$$//; s/^[A-Za-z].*==.*/      - &/p' requirements.txt; } > environment.yml

clean: ## remove what was built, not the environment
	rm -rf _build .snakemake mutants
