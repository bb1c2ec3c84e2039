# `make help` explains itself. Both `make train` and `make test` set up what they need.
PYTHON ?= python3
VENV ?= .venv
# Label Studio's packages and ours exclude each other: it lives in an environment of its own.
LABEL_STUDIO_VENV ?= .venv-label-studio
# An extra package index for builds of torch that need no GPU: make train TORCH_INDEX=URL
TORCH_INDEX ?=
PORT ?= 5000
SERVE_PORT ?= 5001
STORE = $${MLFLOW_TRACKING_URI:-sqlite:///mlflow.db}
ARGS ?=

PIP = $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt \
	$(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))

.DEFAULT_GOAL := help
.PHONY: help setup train test test-label-studio ui serve check

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.installed ## Install the package into its own virtual environment

train: $(VENV)/.installed ## Train the network and its baselines, tracked in MLflow (ARGS="KEY=VALUE …")
	$(VENV)/bin/stance train $(ARGS)

test: $(VENV)/.installed-test ## Install what the tests need and run them (ARGS="tests/data -x" …)
	$(VENV)/bin/python -m pytest -n auto --dist loadfile $(ARGS)

test-label-studio: $(VENV)/.installed-test $(LABEL_STUDIO_VENV)/.installed ## Install Label Studio, test with it and a browser
	LABEL_STUDIO_PYTHON="$(abspath $(LABEL_STUDIO_VENV))/bin/python" \
		$(VENV)/bin/python -m pytest -m "label_studio or browser" $(ARGS)

ui: $(VENV)/.installed ## Show the runs in the MLflow UI on this machine only (PORT=5000)
	@echo "Open http://127.0.0.1:$(PORT)/#/experiments?workflowType=machine_learning"
	MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false \
		$(VENV)/bin/mlflow ui --backend-store-uri "$(STORE)" --host 127.0.0.1 --port $(PORT) --workers 1

serve: $(VENV)/.installed ## Answer with the champion's stances over HTTP, on this machine only (SERVE_PORT=5001)
	PATH="$(abspath $(VENV))/bin:$$PATH" MLFLOW_TRACKING_URI="$(STORE)" \
		mlflow models serve -m models:/actor-stance@champion --env-manager local --host 127.0.0.1 --port $(SERVE_PORT)

check: $(VENV)/.installed-test ## Style and types
	$(VENV)/bin/ruff check stance tests experiments
	$(VENV)/bin/ruff format --check stance tests experiments
	$(VENV)/bin/mypy stance

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, found " + sys.version.split()[0] + \
		". Name another: make PYTHON=python3.11") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing into $(VENV): a few minutes the first time"
	$(PIP) torch
	$(PIP) -e .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(PIP) -e ".[test]"
	@touch $@

$(LABEL_STUDIO_VENV)/.installed:
	@echo "Installing Label Studio into $(LABEL_STUDIO_VENV): about 1 GB, a minute or two the first time"
	$(PYTHON) -m venv $(LABEL_STUDIO_VENV)
	$(LABEL_STUDIO_VENV)/bin/python -m pip install --quiet --disable-pip-version-check label-studio==1.23.2 playwright
	@touch $@
