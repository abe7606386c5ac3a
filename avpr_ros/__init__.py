# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Visual place recognition for ROS 2: heavy gallery maps, light live queries.

The names of ``__all__`` are the public Python API. A name is imported when it is first used, so
that ``import avpr_ros`` is cheap and imports neither torch nor rclpy. Their types stand in
``__init__.pyi``.
"""

from __future__ import annotations

from importlib import import_module

__version__ = '0.1.0'

_MODULES = {
    'AvprError': 'avpr_ros.errors',
    'GalleryMap': 'avpr_ros.gallery.gallery_map',
    'MatchResult': 'avpr_ros.localization.result',
    'MatchSettings': 'avpr_ros.localization.settings',
    'OnnxQueryNetwork': 'avpr_ros.runtime.onnx_backend',
    'PlaceRecognizer': 'avpr_ros.api.recognition',
    'Pose': 'avpr_ros.poses',
    'Reason': 'avpr_ros.localization.result',
    'SourceOptions': 'avpr_ros.sources.options',
    'append_to_map': 'avpr_ros.api.maps',
    'build_map': 'avpr_ros.api.maps',
    'evaluate': 'avpr_ros.api.evaluation',
    'localize': 'avpr_ros.api.recognition',
    'train_query_network': 'avpr_ros.api.training',
}

__all__ = sorted(_MODULES)


def __getattr__(name: str) -> object:
    """Import a public name at its first use (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    value = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return [*__all__, '__version__']
