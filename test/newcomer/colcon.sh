#!/usr/bin/env bash
# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
#
# A newcomer's way with rosdep and colcon, from a fresh clone to a node that starts:
#   test/newcomer/colcon.sh [FOLDER]
# Where ROS is sourced (ROS_DISTRO), as docs/installation.md has it. Elsewhere a virtual environment
# with Jazzy's rclpy as wheels takes the place of the distribution, and rosdep only resolves:
# ROSDISTRO is then a checkout of ros/rosdistro, without which that step is left out.
# FOLDER stays; without it a temporary one is used.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
work=${1:-$(mktemp -d)}
[ $# -gt 0 ] || trap 'rm -rf "$work"' EXIT
mkdir -p "$work/ws/src"
work=$(cd "$work" && pwd)
run() { echo "\$ $*"; "$@"; }

run git clone --quiet "$here" "$work/ws/src/avpr_ros"
cd "$work/ws"

# rosdep against a checkout: the keys of every supported distribution.
resolve() {
    export ROSDEP_SOURCE_PATH="$work/rosdep" ROS_HOME="$work/ros_home"
    export ROSDISTRO_INDEX_URL="file://$work/index-v4.yaml"
    mkdir -p "$ROSDEP_SOURCE_PATH"
    printf 'yaml file://%s/rosdep/%s.yaml\n' "$1" base "$1" python > "$work/rosdep/20-here.list"
    # Without the caches, which only a server has, rosdep reads the distribution files.
    sed -e '/distribution_cache:/d' -e "s|\[\([a-z]*/distribution\)|[file://$1/\1|" \
        "$1/index-v4.yaml" > "$work/index-v4.yaml"
    for pair in humble:jammy jazzy:noble kilted:noble lyrical:resolute; do
        run rosdep update --rosdistro "${pair%:*}" > "$work/rosdep.log"
        run rosdep install --from-paths src --ignore-src -y --simulate \
            --rosdistro "${pair%:*}" --os "ubuntu:${pair#*:}" > "$work/rosdep_${pair%:*}.txt"
        echo "  $(grep -c install "$work/rosdep_${pair%:*}.txt") packages"
    done
}

if [ -n "${ROS_DISTRO:-}" ]; then
    export PIP_BREAK_SYSTEM_PACKAGES=1
    run rosdep install --from-paths src --ignore-src -y
else
    run "${PYTHON:-python3}" -m venv "$work/venv"
    touch "$work/venv/COLCON_IGNORE"
    export PATH="$work/venv/bin:$PATH"
    run pip install --quiet 'setuptools<80' colcon-common-extensions rosdep
    run pip install --quiet -r src/avpr_ros/requirements/ros-jazzy.txt './src/avpr_ros[test]'
    run pip uninstall --quiet -y avpr_ros
    [ -z "${ROSDISTRO:-}" ] || resolve "$(cd "$ROSDISTRO" && pwd)"
fi
run colcon build --packages-select avpr_ros
set +u
# shellcheck source=/dev/null
source install/setup.bash
set -u
run colcon test --packages-select avpr_ros --pytest-args -m 'not slow and not ros'
run colcon test-result --all
if [ -n "${ROS_DISTRO:-}" ]; then
    run ros2 launch avpr_ros localize.launch.py --show-args
else
    # A node that is given no map ends at once with code 2 and the sentence that names the parameter.
    code=0
    run install/avpr_ros/lib/avpr_ros/avpr_localizer || code=$?
    [ "$code" -eq 2 ]
fi
echo 'colcon: every command ended as it should'
