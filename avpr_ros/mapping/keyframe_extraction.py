# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The keyframes of one drive, of all its chunks, and their images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from avpr_ros.arrays import RgbImage
from avpr_ros.errors import ImageDecodeError, SourceError
from avpr_ros.mapping.stages.keyframe_stage import ChunkKeyframes
from avpr_ros.sources.frame import FrameSource
from avpr_ros.sources.frame_index import FrameIndex


@dataclass(frozen=True, eq=False)
class SelectedSession:
    """The keyframes of one source.

    Attributes:
        source: the index of the source.
        chunks: its keyframes in stamp order, chunk by chunk.
    """

    source: FrameIndex
    chunks: tuple[ChunkKeyframes, ...]

    @property
    def positions(self) -> list[int]:
        """Positions of the keyframes among the frames of the source."""
        return [position for chunk in self.chunks for position in chunk.positions]

    @property
    def places(self) -> list[int]:
        """Place labels of a dataset; empty without."""
        return [place for chunk in self.chunks for place in chunk.places]

    @property
    def undecodable(self) -> int:
        """Number of frames that were selected and could not be decoded."""
        return sum(chunk.undecodable for chunk in self.chunks)

    @property
    def first_problem(self) -> str:
        """Why the first of these could not; empty without."""
        return next((one.first_problem for one in self.chunks if one.first_problem), '')

    @property
    def unusable(self) -> int:
        """Number of frames that were selected and in which nothing is visible."""
        return sum(chunk.unusable for chunk in self.chunks)

    @property
    def first_unusable(self) -> str:
        """Why nothing is visible in the first of these; empty without."""
        return next((one.first_unusable for one in self.chunks if one.first_unusable), '')


def selected_images(
    sources: Sequence[FrameSource], sessions: Sequence[SelectedSession]
) -> Iterator[RgbImage]:
    """Iterate over the sources again and decode their keyframes, one at a time.

    Raises:
        SourceError: a source does not yield what it yielded before.
    """
    for source, session in zip(sources, sessions, strict=True):
        yield from _images(source, session)


def _images(source: FrameSource, session: SelectedSession) -> Iterator[RgbImage]:
    wanted = iter(session.positions)
    current = next(wanted, None)
    for position, frame in enumerate(source.frames()):
        if current is None:
            return
        if position < current:
            continue
        stamp_ns = int(session.source.stamps_ns[current])
        if (frame.stamp_ns, frame.camera) != (stamp_ns, session.source.camera(current)):
            break
        try:
            image = frame.decode()
        except ImageDecodeError as error:
            raise _changed(source) from error
        yield image
        current = next(wanted, None)
    if current is not None:
        raise _changed(source)


def nothing_usable(sessions: Sequence[SelectedSession]) -> str:
    """Return why no frame became a keyframe."""
    frames = sum(len(session.source) for session in sessions)
    names = ', '.join(session.source.name for session in sessions)
    if frames == 0:
        return f'{names}: no image has a pose; check them with avpr build --dry-run'
    unusable = next((one.first_unusable for one in sessions if one.unusable), None)
    if unusable is not None:
        return f'{names}: nothing is visible in the {frames} images; the first: {unusable}'
    problem = next(session.first_problem for session in sessions if len(session.source))
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
