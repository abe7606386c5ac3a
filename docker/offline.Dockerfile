# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
#
# The offline side: avpr build, train, localize, evaluate, export. The wheels of torch for x86-64
# use a GPU where the container has one (docker run --gpus all) and the processor elsewhere. Smaller
# ones for processors alone: --build-arg TORCH_INDEX=URL of the index with torch's CPU wheels.
#   docker build -f docker/offline.Dockerfile --target offline -t avpr_ros:offline .
#   docker build -f docker/offline.Dockerfile --target demo -t avpr_ros:demo .
# The newest one that PyBullet, of the demo, has wheels for; the slim image has no compiler.
ARG PYTHON=3.11
FROM python:${PYTHON}-slim AS offline

ARG TORCH_INDEX=
ENV PIP_NO_CACHE_DIR=1
WORKDIR /opt/avpr_ros
COPY . .
# setup.py has the limits of the versions.
# hadolint ignore=DL3013
RUN if [ -n "${TORCH_INDEX}" ]; then \
        pip install --index-url "${TORCH_INDEX}" torch torchvision; \
    fi \
    && pip install '.[offline,viewers]'
WORKDIR /data
ENTRYPOINT ["avpr"]
CMD ["--help"]

# The demo: town, map, training, live node, report in /opt/avpr_ros/build/demo.
FROM offline AS demo
WORKDIR /opt/avpr_ros
RUN pip install -r requirements/ros-jazzy.txt '.[demo]'
ENTRYPOINT ["python", "-m", "simulation"]
CMD []
