# Everything here works in its own .venv with pip: no apt, no ROS installation.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PARALLEL := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile
# Tests over topics wait most of the time; each of the four processes has a ROS domain of its own.
OVER_TOPICS := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 4 --dist loadscope test/ros

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-fast test-ray fuzz soak lint docs benchmark clean

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(INSTALLED)  ## Make .venv with the package, ROS 2 wheels and the tools

$(INSTALLED): setup.py Makefile $(wildcard requirements/*.txt)
	@echo 'Setting up $(VENV): about 1 GB to 6 GB of wheels, once.'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip 'setuptools<80' wheel
	$(BIN)/pip install --quiet -c requirements/constraints.txt -r requirements/ros-jazzy.txt \
	    -r requirements/dev.txt -e '.[offline,viewers,signing,demo,test]'
	@touch $(VENV)/COLCON_IGNORE $@  # colcon would take the wheels in there for packages

demo: $(INSTALLED)  ## Town, map, training, live node, report in build/demo
	$(BIN)/python -m simulation

lint: $(INSTALLED)  ## ruff, mypy --strict, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint  ## Linters and the whole test suite
	$(PARALLEL) -m 'not ros and not ray'
	$(OVER_TOPICS)

test-fast: $(INSTALLED)  ## Without linters, slow tests and those that talk over topics
	$(PARALLEL) -m 'not slow and not ros and not ray'

test-ray: $(INSTALLED)  ## Divided builds on a cluster of Ray on this machine
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m ray

fuzz: $(INSTALLED)  ## Damaged files of every kind, many more cases than in `make test`
	AVPR_FUZZ_CASES=4000 OMP_NUM_THREADS=1 $(BIN)/python -X faulthandler -m pytest --timeout 0 test/fuzz

HOURS ?= 2
soak: $(INSTALLED)  ## The localizer for HOURS=2 under everything at once: memory, latency, answers
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.soak --hours $(HOURS)

docs: $(INSTALLED)  ## Refill the generated tables, build the site in build/site
	$(BIN)/python docs/generate.py
	$(BIN)/python -m mkdocs build --strict

benchmark: $(INSTALLED)  ## Every figure that README and docs quote (long; needs ../shared/data)
	$(BIN)/python -m benchmarks.traversals
	$(BIN)/python -m benchmarks.metric_pose
	$(BIN)/python -m benchmarks.precision
	$(BIN)/python -m benchmarks.epipolar
	$(BIN)/python -m benchmarks.light
	$(BIN)/python -m benchmarks.light_retrieval
	$(BIN)/python -m benchmarks.light_anchor
	$(BIN)/python -m benchmarks.fixed_space
	$(BIN)/python -m benchmarks.wxbs
	$(BIN)/python -m benchmarks.unusable_images
	$(BIN)/python -m benchmarks.calibrations
	$(BIN)/python -m benchmarks.light_training
	$(BIN)/python -m benchmarks.worlds
	$(BIN)/python -m benchmarks.carried
	$(BIN)/python -m benchmarks.slam
	$(BIN)/python -m benchmarks.odometry_drift
	$(BIN)/python -m benchmarks.training
	$(BIN)/python -m benchmarks.training_budget
	$(BIN)/python -m benchmarks.training_summary
	$(BIN)/python -m benchmarks.bank_cost
	$(BIN)/python -m benchmarks.extraction
	$(BIN)/python -m benchmarks.decision
	$(BIN)/python -m benchmarks.onboard
	$(BIN)/python -m benchmarks.memory
	$(BIN)/python -m benchmarks.kill
	$(BIN)/python -m benchmarks.fleet
	$(BIN)/python -m benchmarks.versions
	$(BIN)/python -m benchmarks.soak

clean:  ## Remove build results, keep .venv
	rm -rf build install log
