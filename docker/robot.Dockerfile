# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
#
# The robot side: the nodes in a colcon workspace.
#   docker build -f docker/robot.Dockerfile --build-arg ROS_DISTRO=jazzy -t avpr_ros:jazzy .
ARG ROS_DISTRO=jazzy
FROM ros:${ROS_DISTRO}-ros-base

# rosdep's pip packages go beside the system's, as on a robot (PEP 668).
ENV PIP_BREAK_SYSTEM_PACKAGES=1 PIP_NO_CACHE_DIR=1
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
WORKDIR /ws

# The dependencies alone, so that a change of the sources does not install them again. Without
# RViz, which needs a display: see docs/viewers.md for Foxglove.
COPY package.xml src/avpr_ros/package.xml
# The versions are those of the distribution.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3-pip \
    && rosdep update --rosdistro "${ROS_DISTRO}" \
    && rosdep install --from-paths src --ignore-src -y --rosdistro "${ROS_DISTRO}" \
        --dependency-types exec --skip-keys rviz2 \
    && rm -rf /var/lib/apt/lists/*

COPY . src/avpr_ros
RUN source "/opt/ros/${ROS_DISTRO}/setup.bash" \
    && colcon build --packages-select avpr_ros
# The image's own entry point sources ROS; the workspace is sourced after it.
RUN sed -i 's|^exec "\$@"|source /ws/install/setup.bash\nexec "$@"|' /ros_entrypoint.sh
CMD ["ros2", "launch", "avpr_ros", "localize.launch.py"]
