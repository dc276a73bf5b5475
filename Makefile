# The two commands that matter: `make lab` opens the course, `make test` runs every check there is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SUBMITTED ?= submitted
OUT ?= graded

.PHONY: lab test lint format lock notebooks exercises grade demo bench clean

lab: $(READY)
	$(BIN)/jupyter lab index.ipynb

test: lint
	$(BIN)/pytest

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check

format: $(READY)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# The environment: exact versions from the lock, this project editable. Made anew only when one of its sources changes.
$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else "Python 3.11 to 3.13 is needed: make PYTHON=python3.12 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint requirements.lock --editable '.[grading,dev,bench]'
	touch $@

lock: $(READY)
	$(BIN)/uv pip compile --quiet --universal --upgrade --python-version 3.11 --all-extras --no-annotate \
		--custom-compile-command 'make lock' pyproject.toml --output-file requirements.lock

# Run the lectures and solutions again, store their outputs, and clean the metadata.
notebooks: $(READY)
	$(BIN)/python -m tests.notebooks run

exercises: $(READY)
	$(BIN)/nbgrader generate_assignment '*' --force

# Grade SUBMITTED/<student>/<assignment>/<assignment>.ipynb, for one ASSIGNMENT, into OUT.
grade: $(READY)
	$(BIN)/python -m grader grade $(ASSIGNMENT) --submitted $(SUBMITTED) --out $(OUT)

demo: $(READY)
	$(BIN)/python -m grader demo

bench: $(READY)
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) $(OUT)
