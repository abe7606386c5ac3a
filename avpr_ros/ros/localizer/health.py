# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The node's diagnostic tasks: images, inference, map, localisation."""

from __future__ import annotations

from collections.abc import Callable
import time

from avpr_ros.ros.common.diagnostics import Level, Report
from avpr_ros.ros.common.localizer_interface import LOOP_CLOSURE_LISTENERS
from avpr_ros.ros.common.silence_watch import START_S
from avpr_ros.ros.common.topic_hints import domain_text, interface_type
from avpr_ros.ros.localizer.image_subscription import ImageInput
from avpr_ros.ros.localizer.odometry import OdometryInput
from avpr_ros.ros.localizer.parameters import Settings
from avpr_ros.ros.localizer.pipeline.node_recognizer import NodeRecognizer
from avpr_ros.ros.localizer.pipeline.recent_outcomes import RECENT_S
from avpr_ros.ros.localizer.pipeline.statistics import FAILED, Statistics
from avpr_ros.ros.localizer.remedies import rejection_text
from avpr_ros.sources.images.decode import decoder_backend

#: Seconds without an image, or without a fix, after which a task warns.
SILENCE_S = 5.0
#: A wrong start is to be named sooner: of a camera of which no image has come at all.
START_SILENCE_S = START_S


class ImageReport:
    """Reports one camera's stream, and warns when no image comes."""

    def __init__(
        self,
        source: ImageInput,
        statistics: Statistics,
        name: str,
        problem_of: Callable[[str], tuple[Level, str] | None],
        hint: Callable[[ImageInput], str],
    ) -> None:
        """Report on one camera.

        Args:
            source: its subscription.
            statistics: of the images so far.
            name: of the task.
            problem_of: returns severity and sentence on why a camera's images are not matched, or
                not fully; None where there is no problem.
            hint: returns what is published instead, and what to set, in one clause.
        """
        self._source = source
        self._hint = hint
        self._problem_of = problem_of
        self._statistics = statistics
        self._name = name
        self._before = (0, time.monotonic())

    def __call__(self, replaced: int) -> Report:
        """Return the report of this moment; the rate is over the time since the last call.

        Args:
            replaced: how many images were replaced by newer ones before they were matched.
        """
        source, now_s = self._source, time.monotonic()
        count_before, time_before_s = self._before
        self._before = (source.received, now_s)
        publishers = source.publisher_count()
        silent_s = now_s - source.last_received_s
        rate_hz = (source.received - count_before) / max(now_s - time_before_s, 1e-3)
        dropped = {**self._statistics.dropped, 'replaced': replaced}
        values = {
            'topic': source.topic,
            'type': interface_type(source.message_type),
            'reliability': source.reliability,
            'publishers': publishers,
            'received': source.received,
            'received_hz': f'{rate_hz:.1f}',
            'last_image_age_s': f'{silent_s:.1f}' if source.received else 'never',
            'incompatible_qos': source.incompatible,
            'decode_failures': self._statistics.decode_failures[source.camera],
            **{f'dropped_{why}': n for why, n in sorted(dropped.items())},
        }
        if source.incompatible:
            text = (
                f'A publisher of {source.topic} does not offer the {source.incompatible} asked of '
                f'it ({source.reliability}); set image_reliability:=auto.'
            )
            return Report(self._name, Level.WARN, text, values)
        if silent_s > (SILENCE_S if source.received else START_SILENCE_S):
            text = (
                f'No image for {silent_s:.0f} s on {source.topic} ({source.reliability}, '
                f'{publishers} publishers): {self._hint(source)}.'
            )
            return Report(self._name, Level.WARN, text, values)
        if problem := self._statistics.problems.get(source.camera):
            return Report(self._name, Level.ERROR, problem, values)
        if fault := self._statistics.unseeing.get(source.camera):
            return Report(self._name, Level.WARN, f'{fault[0].upper()}{fault[1:]}.', values)
        if found := self._problem_of(source.camera):
            return Report(self._name, *found, values)
        return Report(self._name, Level.OK, f'Images on {source.topic}.', values)


def inference_report(statistics: Statistics, settings: Settings) -> Report:
    """Report the time from decoding to publishing, and each stage's p50 / p95 / p99."""
    failing = any(statistics.recent.counts(camera)[FAILED] for camera in settings.cameras)
    values: dict[str, object] = {
        'images': sum(statistics.reasons.values()),
        'failures': statistics.failures,
        'inference_threads': settings.inference_threads,
        'decoder': decoder_backend(),
    }
    if detail := statistics.details.get(FAILED) if failing else None:
        text = f'Images of the last {RECENT_S:.0f} s could not be matched; the last: {detail}.'
        return Report('inference', Level.ERROR, text, values)
    percentiles = statistics.work_percentiles_ms()
    if percentiles is None:
        return Report('inference', Level.OK, 'No image matched yet.', values)
    p50, p95, p99 = percentiles
    values.update(p50_ms=f'{p50:.1f}', p95_ms=f'{p95:.1f}', p99_ms=f'{p99:.1f}')
    for name, ms in statistics.stage_percentiles_ms().items():
        values[f'{name}_ms'] = ' / '.join(f'{one:.2f}' for one in ms)
    text = f'{p50:.0f} ms an image, p95 {p95:.0f} ms.'
    period_ms = 1e3 / settings.max_rate_hz if settings.max_rate_hz > 0.0 else float('inf')
    if p95 > period_ms:
        text = f'p95 of {p95:.0f} ms is above the period of max_rate_hz, {period_ms:.0f} ms.'
        return Report('inference', Level.WARN, text, values)
    return Report('inference', Level.OK, text, values)


def map_report(recognizer: NodeRecognizer) -> Report:
    """Report which map and query network are in use."""
    manifest = recognizer.gallery.manifest
    space = manifest.descriptor_space
    values = {
        'path': recognizer.gallery.path,
        'map_id': manifest.map_id,
        'revision': manifest.revision,
        'keyframes': len(recognizer.gallery.keyframes),
        'descriptor_space': space.id,
        'gallery_network': space.network,
        'query_network': recognizer.network.manifest.network,
        'provider': recognizer.network.provider,
    }
    level, text = recognizer.mode.condition(recognizer.matcher.calibration_warning)
    return Report('map', level, text, values)


def odometry_report(
    odometry: OdometryInput, hint: str | None = None, *, needed: bool = False
) -> Report:
    """Report how much odometry was received, and whether it reaches the images.

    Args:
        odometry: the subscription.
        hint: why none comes, in one clause; None where no node publishes any.
        needed: whether nothing can be matched without.
    """
    values: dict[str, object] = {
        'received': odometry.received,
        'refused': odometry.refused,
        'restarts': odometry.restarts,
    }
    if problem := odometry.problem():
        return Report('odometry', Level.WARN, problem, values)
    if odometry.received:
        return Report('odometry', Level.OK, 'In use.', values)
    so = 'mode loop_closing takes no keyframe' if needed else 'images are matched without'
    if hint is None and not needed:
        return Report('odometry', Level.OK, f'None comes; {so}.', values)
    why = hint or f'no odometry is published{domain_text()}; start its publisher'
    return Report('odometry', Level.WARN, f'No odometry comes, {so}: {why}.', values)


def localisation_report(
    statistics: Statistics, enabled: bool, runtime_warning: str | None, listeners: int
) -> Report:
    """Report the age of the last accepted match, the results by reason, and the subscribers.

    Args:
        statistics: of the images so far.
        enabled: whether images are matched at all.
        runtime_warning: why the scores of the last images are doubtful; None where they are not.
        listeners: how many subscriptions are connected to the loop closures.
    """
    values: dict[str, object] = {'enabled': enabled, LOOP_CLOSURE_LISTENERS: listeners}
    values.update({f'count_{why}': n for why, n in sorted(statistics.reasons.items())})
    if not enabled:
        return Report('localisation', Level.OK, 'Disabled by ~/set_enabled.', values)
    if moved := max(statistics.moved_images.values(), default=0):
        values['moved_images'] = moved
        text = f'Moved: the last {moved} images contradict the place before.'
        return Report('localisation', Level.WARN, text, values)
    if runtime_warning is not None:
        values['runtime_warning'] = runtime_warning
    why = runtime_warning or rejection_text(statistics.reasons)
    because = '' if why is None else f': {why}'
    if statistics.last_fix_s is None:
        return Report('localisation', Level.WARN, f'No match accepted yet{because}.', values)
    age_s = time.monotonic() - statistics.last_fix_s
    values['last_fix_age_s'] = f'{age_s:.1f}'
    if age_s > SILENCE_S:
        text = f'No match accepted for {age_s:.0f} s{because}.'
        return Report('localisation', Level.WARN, text, values)
    return Report('localisation', Level.OK, 'Localised.', values)
