# Everything here works in its own .venv with pip: no apt, no ROS installation.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint docs benchmark clean

help:  ## List the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(INSTALLED)  ## Make .venv with the package, ROS 2 wheels and the tools

$(INSTALLED): setup.py Makefile $(wildcard requirements/*.txt)
	@echo 'Setting up $(VENV): about 1 GB to 6 GB of wheels, once.'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip 'setuptools<80' wheel
	$(BIN)/pip install --quiet -c requirements/constraints.txt -r requirements/ros-jazzy.txt \
	    -r requirements/dev.txt -e '.[offline,demo,test]'
	@touch $(VENV)/COLCON_IGNORE $@  # colcon would take the wheels in there for packages

demo: $(INSTALLED)  ## Town, map, training, live node, report in build/demo
	$(BIN)/python -m avpr_ros.demo

lint: $(INSTALLED)  ## ruff, mypy --strict, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint  ## Linters and the whole test suite
	$(BIN)/python -m pytest

docs: $(INSTALLED)  ## Refill the generated tables of README and docs
	$(BIN)/python docs/generate.py

benchmark: $(INSTALLED)  ## Every figure that README and docs quote (long; needs ../shared/data)
	$(BIN)/python benchmarks/traversals.py
	$(BIN)/python benchmarks/slam.py
	$(BIN)/python benchmarks/odometry_drift.py
	$(BIN)/python benchmarks/worlds.py
	$(BIN)/python benchmarks/training.py
	$(BIN)/python benchmarks/training_summary.py
	$(BIN)/python benchmarks/bank_cost.py
	$(BIN)/python benchmarks/onboard.py

clean:  ## Remove build results, keep .venv
	rm -rf build install log
