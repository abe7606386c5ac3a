#!/usr/bin/env bash
# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
#
# A newcomer's way with pip, from a fresh clone to poses, without ROS:
#   test/newcomer/pip.sh [FOLDER]
# PYTHON is the interpreter, python3 by default. FOLDER stays; without it a temporary one is used.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
work=${1:-$(mktemp -d)}
[ $# -gt 0 ] || trap 'rm -rf "$work"' EXIT
mkdir -p "$work"
run() { echo "\$ $*"; "$@"; }

run git clone --quiet "$here" "$work/avpr_ros"
run "${PYTHON:-python3}" -m venv "$work/venv"
export PATH="$work/venv/bin:$PATH"
cd "$work/avpr_ros"
run pip install --quiet -e '.[offline]'
cd "$work"
# README.md, "First five minutes"; its bags then serve as those of a robot.
run avpr demo
bag=avpr_demo/mapping_run
run avpr doctor "$bag" --pose-topic /odom || [ $? -eq 1 ]  # 1: warnings
run avpr build "$bag" --pose-topic /odom --dry-run
run avpr build "$bag" --pose-topic /odom --output my_map
run avpr train --map my_map --output my_map.onnx
run avpr localize avpr_demo/second_run --map my_map --query my_map.onnx \
    --pose-topic /ground_truth --output run
run avpr report run --map my_map --output run.html
echo 'pip: every command ended as it should'
