# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Training objectives by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from avpr_ros.errors import ConfigError
from avpr_ros.training.objectives.aml import Aml
from avpr_ros.training.objectives.asymmetric import Asymmetric, AsymmetricSettings
from avpr_ros.training.objectives.csd import Csd
from avpr_ros.training.objectives.d3still import D3still
from avpr_ros.training.objectives.explicit import Explicit
from avpr_ros.training.objectives.gallery_side import GallerySide
from avpr_ros.training.objectives.iea import ImplicitAugmentation
from avpr_ros.training.objectives.nearest_mean import NearestMean
from avpr_ros.training.objectives.negatives import QueueNegatives
from avpr_ros.training.objectives.objective import Objective
from avpr_ros.training.objectives.raml import Raml
from avpr_ros.training.objectives.regression import Regression
from avpr_ros.training.objectives.ssp import Ssp

_PLAIN = AsymmetricSettings()
_DIAGONAL = ImplicitAugmentation('diagonal')


def _augmented(augmentation: ImplicitAugmentation) -> AsymmetricSettings:
    return replace(_PLAIN, augmentation=augmentation)


def _asymmetric(settings: AsymmetricSettings) -> Callable[[GallerySide], Objective]:
    return lambda gallery: Asymmetric(gallery, settings)


#: The method with its parts switched off or replaced, one at a time.
ABLATIONS: Mapping[str, Callable[[GallerySide], Objective]] = {
    'asymvpr': _asymmetric(_augmented(_DIAGONAL)),
    'without_iea': _asymmetric(_PLAIN),
    'without_regression': _asymmetric(replace(_augmented(_DIAGONAL), regression_weight=0.0)),
    'constant_margin': _asymmetric(_augmented(ImplicitAugmentation('constant'))),
    'leave_one_out': _asymmetric(_augmented(ImplicitAugmentation('leave_one_out'))),
    'shrunk': _asymmetric(_augmented(ImplicitAugmentation('shrunk'))),
    'tighter_bound': _asymmetric(_augmented(replace(_DIAGONAL, bound='tighter'))),
    'unit_centroids': _asymmetric(replace(_augmented(_DIAGONAL), normalise_centroids=True)),
    'queue': lambda gallery: Asymmetric(gallery, _augmented(_DIAGONAL), QueueNegatives(gallery)),
    'explicit': lambda gallery: Explicit(gallery, _augmented(_DIAGONAL)),
}
#: Other people's losses, in their own form.
RIVALS: Mapping[str, Callable[[GallerySide], Objective]] = {
    'regression': Regression,
    'aml': Aml,
    'aml_regression': lambda gallery: Aml(gallery, regression_weight=1.0),
    'raml': Raml,
    'csd': Csd,
    'csd_bank': lambda gallery: Csd(gallery, over_bank=True),
    'd3still': D3still,
    'ssp': Ssp,
    'queue_infonce': lambda gallery: Asymmetric(
        gallery, replace(_PLAIN, regression_weight=0.0), QueueNegatives(gallery)
    ),
    'nearest_mean': NearestMean,
}
METHODS = {**ABLATIONS, **RIVALS}


def objective_by_name(name: str, gallery: GallerySide) -> Objective:
    """Return an objective over a gallery.

    Raises:
        ConfigError: there is none of this name.
        TrainingError: it needs variance within places and there is none.
    """
    if name not in METHODS:
        raise ConfigError(f'no training method {name!r}; there are {sorted(METHODS)}')
    return METHODS[name](gallery)
