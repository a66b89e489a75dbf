# The verbs. Each sets up what it needs by itself.

PYTHON ?= $(firstword $(foreach p,python3.11 python3.12 python3,$(shell command -v $(p))))
BIN := .venv/bin
CORES ?= 2
export OMP_NUM_THREADS ?= 1

.PHONY: help demo models clips resume report test test-slurm drill-graph faults golden release-state check bench setup lock clean

help:  ## what there is
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' Makefile

demo: .venv/ready  ## from nothing to results/demo/report/report.html
	$(BIN)/snakemake all --cores $(CORES) --configfile config/demo.yaml

models: .venv/ready  ## every model family side by side, in results/models/report/report.html
	$(BIN)/snakemake all --cores $(CORES) --configfile config/models.yaml

export VIDEOS ?=
clips: .venv/ready  ## the same on your own videos: make clips VIDEOS=folder
	@test -n "$$VIDEOS" || { echo 'say where your videos lie: make clips VIDEOS=folder'; exit 1; }
	$(BIN)/snakemake all --cores $(CORES) --configfile config/clips.yaml --config \
	  "videos=$$($(BIN)/python -c 'import json, os; print(json.dumps([os.environ["VIDEOS"]], ensure_ascii=False))')"

resume: .venv/ready  ## go on with the run that was stopped here; others: make resume CONFIG=... PROFILE=slurm
	@$(BIN)/repose resume $(if $(CONFIG),--configfile $(CONFIG)) $(if $(PROFILE),--profile $(PROFILE))

report: .venv/ready  ## the demo's report as Snakemake archives it: results/demo.zip
	$(BIN)/snakemake all --configfile config/demo.yaml --report results/demo.zip

test: .venv/ready  ## all tests
	$(BIN)/python -m pytest -n $(CORES) --dist loadgroup

test-slurm: .venv/ready  ## the graph on a throw-away SLURM cluster, with what goes wrong there
	$(BIN)/python -m pytest tests/slurm

check: .venv/ready  ## style, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check workflow rules
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest -p no:xdist tests/test_names.py tests/test_lint.py tests/test_safety.py

KILLS ?= 50
drill-graph: .venv/ready  ## kill runs of the graph at random moments: 50 times, some 20 min
	$(BIN)/python -m tests.drills.graph --kills $(KILLS) --folder "$$(mktemp -d)/drill"

faults: .venv/ready  ## fail every file operation of a training in every way, some 30 min
	REPOSE_ALL_FAULTS=1 $(BIN)/python -m pytest tests/training/test_faults.py

golden: .venv/ready  ## store the losses of a hundred steps of each method anew
	$(BIN)/python -m tests.training.golden_losses store

release-state: .venv/ready  ## store what every later version must load: once per release
	$(BIN)/python -m tests.training.release

BENCHMARKS = warp masks fits discriminator model families step loader packs decode poses estimators metrics slices scores protocols studio graph rows dvc_status slurm
bench: .venv/ready  ## every figure of the README
	for name in $(BENCHMARKS); do $(BIN)/python -m benchmarks.$$name || exit 1; done

setup: .venv/ready  ## the environment alone

.venv/ready: requirements/all.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' || { \
	  echo 'repose needs Python 3.11 or 3.12: make PYTHON=python3.11 ...'; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
	  echo 'Python has no venv module; on Debian: apt install python3-venv'; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
	  -r requirements/all.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps \
	  --no-build-isolation --editable .
	touch $@

# Needs uv. The overrides leave out what mediapipe names and never calls.
COMPILE = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-annotate --no-header
PROJECT = --override requirements/overrides.txt pyproject.toml
lock:  ## compile the pins again
	$(COMPILE) $(PROJECT) --extra pipeline --extra dev -o requirements/all.txt
	$(COMPILE) $(PROJECT) -o requirements/train.txt -c requirements/all.txt
	$(COMPILE) requirements/graph.in -o requirements/graph.txt -c requirements/all.txt
	$(PYTHON) requirements/environment.py

clean:  ## remove what demo and models made; the environment stays
	rm -rf results/demo results/models
