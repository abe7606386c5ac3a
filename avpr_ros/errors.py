# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The package's own errors: one sentence that says what is wrong, which value, what to do."""

from __future__ import annotations


class AvprError(Exception):
    """Base of every error that a user can cause or mend; its text is shown as it is."""


class SourceError(AvprError):
    """A bag, image folder or pose file cannot be read, or does not hold what was asked for."""


class AmbiguousTopicError(SourceError):
    """A bag has several topics that may be meant; the text lists them and names the option."""


class ImageDecodeError(AvprError):
    """One image cannot be decoded; the caller drops it and goes on."""


class MapError(AvprError):
    """A gallery map is missing, damaged, of an unknown version, or cannot be written."""


class OutputBusyError(AvprError):
    """Another process is writing the same output."""


class QueryNetworkError(AvprError):
    """A query network file is missing, damaged, or cannot be run."""


class SpaceMismatchError(AvprError):
    """A query network and a map do not share one descriptor space."""


class TrainingError(AvprError):
    """Training cannot start, resume or continue."""


class ConfigError(AvprError):
    """A parameter or option has a value outside what is allowed."""


class ExtrinsicsError(AvprError):
    """The extrinsics of a camera are not known yet; the caller drops its image and continues."""


class CalibrationError(AvprError, ValueError):
    """The parameters of a camera model are impossible or do not fit the image."""


class UnsupportedModelError(CalibrationError):
    """The distortion model of a camera is not known, or its image has another shape."""
