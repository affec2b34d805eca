# The two commands are `make demo` and `make test`; they need Python 3.11 or newer, make and git, nothing else.
# The first Python that runs (a name on the PATH may be a shim for one that is not there), can make environments and is one that
# constraints/ has packages for, 3.11 to 3.14; else the first that is new enough, which says what it lacks. The system's own comes
# first: distributions build theirs with optimisations (docs/adr/0017).
SYSTEM_PYTHON ?= /usr/bin/python3
PYTHON ?= $(shell for fit in "import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))" \
  "import sys; sys.exit(sys.version_info < (3, 11))"; do \
  for p in $(SYSTEM_PYTHON) python3 python3.11 python3.12 python3.13 python3.14; do \
  $$p -c "$$fit" 2>/dev/null && echo $$p && exit; done; done)
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
PORT   ?= 8017
JOBS   ?= 4

# Compiled once: the tests start hundreds of processes.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo test checks lint types imports engine-joins engine-tracks collected pytest bench docs-check constraints wheel clean
help:  ## what there is
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile

demo: $(VENV)/.runtime  ## the northern Syria scenario: findings, then page and API at a printed address
	@$(BIN)/antalya demo --port $(PORT)

test: $(VENV)/.runtime  ## everything CI runs
	@$(MAKE) --no-print-directory -j3 engine-tracks engine-joins checks collected
	@$(MAKE) --no-print-directory pytest

checks: lint types imports
lint: $(VENV)/.dev
	$(BIN)/ruff check src tests benchmarks tools examples
types: $(VENV)/.dev
	$(BIN)/mypy
imports: $(VENV)/.dev
	$(BIN)/lint-imports --no-cache
# Compiled once, or every process of the tests would, each for itself; while the test tools are installed.
engine-joins engine-tracks: engine-%: $(VENV)/.runtime
	@echo "Compiling the engine ($*, once) ..."
	@$(BIN)/python tools/warm.py $*
collected: $(VENV)/.dev  # the same for bytecode
	@echo "Collecting the tests ..."
	@$(BIN)/python -m pytest --collect-only -qq >/dev/null || true  # the run itself says what is wrong
pytest: $(VENV)/.dev
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

bench: $(VENV)/.dev  ## the benchmarks, as ratios against a peer in the same run
	$(BIN)/python -m benchmarks

docs-check: $(VENV)/.dev
	$(BIN)/python tools/reference.py --check

wheel: $(VENV)/.dev  ## a wheel in dist/
	$(BIN)/python -m build --wheel --no-isolation --outdir dist .

constraints: $(VENV)/.dev  ## pin anew: versions and hashes, no addresses
	$(BIN)/python tools/constraints.py

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Antalya needs Python 3.11 or newer; none was found. Install it, or say PYTHON=/path/to/python3.11"; exit 3; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Antalya needs Python 3.11 or newer; $(PYTHON) is not. Say PYTHON=/path/to/python3.11"; exit 3; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "Python can't make a virtual environment; on Debian: apt-get install python3-venv"; exit 3; }

$(VENV)/.runtime: $(VENV)/bin/python constraints/runtime.txt pyproject.toml
	@echo "Installing Antalya into $(VENV) (once) ..."
	@$(PIP) install --only-binary :all: --require-hashes --no-compile -r constraints/runtime.txt || \
	  { echo "The packages could not be installed: is there a network, or a wheelhouse (PIP_FIND_LINKS, PIP_NO_INDEX=1)?"; exit 3; }
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime constraints/dev.txt
	@echo "Installing the test tools into $(VENV) (once) ..."
	@$(PIP) install --only-binary :all: --require-hashes --no-compile -r constraints/dev.txt
	@touch $@
