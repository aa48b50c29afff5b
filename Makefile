# Two commands do everything: `make demo` and `make test`. Python 3.11 or newer, git and make are all they need.
# Tests start the command hundreds of times: what Python compiled is kept, whatever the environment says.
export PYTHONDONTWRITEBYTECODE :=

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PLAYWRIGHT_BROWSERS_PATH ?= $(CURDIR)/.browser

.PHONY: demo test lint browser servers golden constraints clean

$(VENV)/ready: constraints.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

# What hearing and SIP need, and the voices that their tests hear: several hundred megabytes, which the demo does without.
$(VENV)/whole: constraints-whole.txt $(VENV)/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints-whole.txt
	touch $@

browser: $(VENV)/ready
	$(BIN)/python -m probes.web.chromium

demo: browser
	$(BIN)/doorstep demo

lint: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Postfix and Dovecot, and SIPp with a voice, which some tests meet; without root and apt those tests are skipped.
# A browser without a window, which halves the time of the tests that need one.
servers: $(VENV)/ready
	$(BIN)/python -m tests.mailstack
	$(BIN)/python -m tests.sipp
	$(BIN)/python -m tests.browser

test: browser $(VENV)/whole lint servers
	$(BIN)/python -m pytest

# Writes tests/golden anew from today's code; read the difference before you commit it.
golden: $(VENV)/ready
	$(BIN)/python -m tests.golden

# Pins every dependency by version and hash, in two files, for every platform; needs uv. No index address is written.
constraints:
	uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 --extra dev pyproject.toml -o constraints.txt --custom-compile-command "make constraints"
	uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 --extra whole -c constraints.txt pyproject.toml -o constraints-whole.txt --custom-compile-command "make constraints"

clean:
	rm -rf $(VENV) demo .browser
