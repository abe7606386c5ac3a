# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Selection of keyframes from sources, and their images."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

from avpr_ros.arrays import RgbImage
from avpr_ros.errors import ImageDecodeError, SourceError
from avpr_ros.gallery.describer import Progress
from avpr_ros.gallery.keyframe_selection import KeyframeSelector
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import Frame, FrameSource
from avpr_ros.sources.images.visible_structure import nothing_visible

#: Called with each keyframe's row and its image.
KeyframeCallback: TypeAlias = Callable[[int, RgbImage], None]


@dataclass(frozen=True)
class SelectedFrame:
    """A frame that became a keyframe.

    Attributes:
        position: its number among the frames of its source.
        stamp_ns: its stamp.
        camera: name of its camera.
        map_from_base: its pose.
        place: place label of a dataset; None without.
    """

    position: int
    stamp_ns: int
    camera: str
    map_from_base: Pose
    place: int | None


@dataclass
class SelectedSession:
    """The keyframes of one source.

    Attributes:
        source: the source.
        frames: how many frames it has.
        undecodable: frames that were selected and could not be decoded.
        first_problem: why the first of these could not; empty without.
        unusable: frames that were selected and in which nothing is visible.
        first_unusable: why nothing is visible in the first of these; empty without.
        selected: the keyframes in stamp order.
    """

    source: FrameSource
    frames: int = 0
    undecodable: int = 0
    first_problem: str = ''
    unusable: int = 0
    first_unusable: str = ''
    selected: list[SelectedFrame] = field(default_factory=list)

    def images(self) -> Iterator[RgbImage]:
        """Iterate over the source again and decode the selected frames, one at a time.

        Raises:
            SourceError: the source does not yield what it yielded before.
        """
        wanted = iter(self.selected)
        current = next(wanted, None)
        for position, frame in enumerate(self.source.frames()):
            if current is None:
                return
            if position < current.position:
                continue
            if (frame.stamp_ns, frame.camera) != (current.stamp_ns, current.camera):
                break
            try:
                image = frame.decode()
            except ImageDecodeError as error:
                raise _changed(self.source) from error
            yield image
            current = next(wanted, None)
        if current is not None:
            raise _changed(self.source)


def select_frames(
    sources: Sequence[FrameSource],
    min_distance_m: float,
    min_rotation_rad: float,
    on_keyframe: KeyframeCallback,
    progress: Progress,
) -> list[SelectedSession]:
    """Select the keyframes of every source, separately for each camera.

    Only frames that are selected are decoded; one that cannot be decoded, or in which nothing is
    visible, is counted, and the next frame is selected in its place.

    Args:
        sources: in the order of their rows.
        min_distance_m: distance after which a new keyframe is taken.
        min_rotation_rad: rotation after which a new keyframe is taken.
        on_keyframe: called once with the image of every keyframe; rows count through all sources.
        progress: called with stage, done and total.
    """
    total = sum(len(source.preflight().stamps_ns) for source in sources)
    sessions: list[SelectedSession] = []
    done = row = 0
    for source in sources:
        session = SelectedSession(source)
        sessions.append(session)
        selectors: dict[str, KeyframeSelector] = {}
        for frame in source.frames():
            if frame.camera not in selectors:
                selectors[frame.camera] = KeyframeSelector(min_distance_m, min_rotation_rad)
            if _select(session, frame, selectors[frame.camera], partial(on_keyframe, row)):
                row += 1
            done += 1
            progress('choosing keyframes', done, max(done, total))
    return sessions


def _select(
    session: SelectedSession,
    frame: Frame,
    selector: KeyframeSelector,
    on_keyframe: Callable[[RgbImage], None],
) -> bool:
    """Count the next frame of a session; keep it if it is selected and usable."""
    position = session.frames
    session.frames += 1
    if not selector.wants(frame.map_from_base):
        return False
    try:
        image = frame.decode()
    except ImageDecodeError as error:
        session.undecodable += 1
        session.first_problem = session.first_problem or str(error)
        return False
    if fault := nothing_visible(image):
        session.unusable += 1
        session.first_unusable = session.first_unusable or fault
        return False
    on_keyframe(image)
    selector.keep(frame.map_from_base)
    session.selected.append(
        SelectedFrame(position, frame.stamp_ns, frame.camera, frame.map_from_base, frame.place)
    )
    return True


def selected_images(sessions: Iterable[SelectedSession]) -> Iterator[RgbImage]:
    """Yield the images of all keyframes, in the order of the rows."""
    for session in sessions:
        yield from session.images()


def nothing_usable(sessions: Sequence[SelectedSession]) -> str:
    """Return why no frame became a keyframe."""
    frames = sum(session.frames for session in sessions)
    names = ', '.join(session.source.name for session in sessions)
    if frames == 0:
        return f'{names}: no image has a pose; check them with avpr build --dry-run'
    unusable = next((one.first_unusable for one in sessions if one.unusable), None)
    if unusable is not None:
        return f'{names}: nothing is visible in the {frames} images; the first: {unusable}'
    problem = next(session.first_problem for session in sessions if session.frames)
    return f'{names}: none of the {frames} images with a pose can be decoded; the first: {problem}'


def all_alike(keyframes: int) -> str:
    """Return what is wrong with keyframes that a descriptor cannot tell apart."""
    if keyframes == 1:
        text = 'there is one keyframe only'
    else:
        text = f'the {keyframes} keyframes all show the same'
    return (
        f'{text}, and a map needs views that differ: check the camera, the poses and the spacing'
    )


def _changed(source: FrameSource) -> SourceError:
    return SourceError(
        f'{source.name} changed while it was read; wait until it is no longer written to, and '
        'build again'
    )
