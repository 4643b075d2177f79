# Every target sets up what it needs first, and does so in no time when nothing has changed.
PYTHON ?= $(shell for p in python3.12 python3.13 python3.11 python3; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)
BIN := .venv/bin
READY := .venv/ready

.PHONY: help setup judges demo test faults bench check package images format requirements clean

help:
	@echo "make demo          rotate a key end to end on simulated Azure (KEEP=1 leaves it running)"
	@echo "make test          every test"
	@echo "make faults        every fault at every call, pairs, races and kill -9: an hour on two cores"
	@echo "make bench         figures beside the peers' algorithms, into docs/benchmarks.md (ARGS=year for one section)"
	@echo "make check         ruff, mypy --strict, import rules, Bicep"
	@echo "make package       build the zip that is deployed: dist/secret-rotation.zip"
	@echo "make images        take the pictures of the status page in docs/images"
	@echo "make format        let ruff rewrite the code"
	@echo "make requirements  compile requirements*.txt from requirements*.in"

setup: $(READY) judges

# Other people's storage service, key vault and worker engine, for the contract tests; missing ones are told loudly.
judges: $(READY)
	@$(BIN)/python -m dev.judges.setup

$(READY): requirements-dev.txt
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer found: install one, or name it with make PYTHON=…"; exit 1; }
	@echo "setting up .venv with $(PYTHON) …"
	@$(PYTHON) -m venv .venv || { echo "$(PYTHON) has no venv module (on Debian: apt-get install python3-venv)"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

demo: $(READY)
	@$(BIN)/python -m dev.demo $(if $(KEEP),--keep)

test: setup
	@$(BIN)/python -m pytest -n auto --dist loadgroup $(ARGS)

faults: $(READY)
	@$(BIN)/python -m dev.faults $(ARGS)

bench: $(READY)
	@$(BIN)/python -m dev.bench $(ARGS)

check: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/unit/test_layout.py
	@$(BIN)/python -m dev.bicep_checks

package: $(READY)
	@$(BIN)/python -m dev.package

images: setup
	@$(BIN)/python -m dev.screenshots

format: $(READY)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

requirements: $(READY)
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --no-header --upgrade requirements.in -o requirements.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --no-header --upgrade requirements-dev.in -o requirements-dev.txt
	@$(BIN)/uv pip compile -q --python-version 3.13 --no-header --upgrade dev/judges/pip/worker-engine.in -o dev/judges/pip/worker-engine.txt

clean:
	@rm -rf .venv .venv-judges .venv-package dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
