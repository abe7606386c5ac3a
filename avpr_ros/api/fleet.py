# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Build a map from many drives by shards, with any number of processes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
import tempfile

from avpr_ros.api.drives import PathLike, open_map
from avpr_ros.api.map_parts import complete_contents
from avpr_ros.errors import ConfigError
from avpr_ros.gallery.calibration import Calibration
from avpr_ros.gallery.describer import ChunkDescriber, Progress, no_progress
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.local_features.features import FeatureExtractor
from avpr_ros.gallery.map_folder import check_replaceable
from avpr_ros.mapping.map_builder import check_output, not_written
from avpr_ros.mapping.stages.fleet_build import FleetBuild
from avpr_ros.mapping.stages.fleet_plan import FleetPlan, FleetSettings
from avpr_ros.mapping.stages.gather import Gathering
from avpr_ros.mapping.stages.runner import LocalRunner, Runner, StageProgress
from avpr_ros.mapping.stages.shards import ShardStore, fitting_shards
from avpr_ros.sources.open import group_splits
from avpr_ros.sources.options import SourceOptions
from avpr_ros.storage.files import atomic_folder
from avpr_ros.storage.object_store import open_objects
from avpr_ros.threads import one_product_thread


def no_stage_progress(stage: str, done: int, total: int, images: int) -> None:
    """Take reports of progress and drop them."""


class FleetTools:
    """Gallery network and extractors of local features, loaded when they are needed first."""

    def __init__(self, settings: FleetSettings) -> None:
        self._settings = settings

    @cached_property
    def describer(self) -> ChunkDescriber:
        """Gallery network; errors are those of ``chunk_describer_by_name`` and ``open_map``."""
        from avpr_ros.networks.registry import chunk_describer_by_name

        given, like = self._settings, None
        if given.space_of:
            like = open_map(given.space_of).space()
        return chunk_describer_by_name(given.network, given.dim, like)

    @cached_property
    def extractors(self) -> list[FeatureExtractor]:
        """Extractors of the map's local features; raises ``ConfigError`` without weights."""
        from avpr_ros.verification.sift import SiftExtractor

        if not self._settings.landmarks:
            return []
        found: list[FeatureExtractor] = [SiftExtractor()]
        if self._settings.learned_features:
            from avpr_ros.networks.xfeat_export import export_xfeat
            from avpr_ros.verification.xfeat import XFeatExtractor

            with tempfile.TemporaryDirectory() as folder:
                export_xfeat(Path(folder) / 'xfeat.onnx')
                found.append(XFeatExtractor.open(Path(folder) / 'xfeat.onnx'))
        return found


class Fleet:
    """A build over many drives.

    Attributes:
        store: of its shards.
        build: order of its stages.
    """

    def __init__(
        self, plan: FleetPlan, shards: PathLike, progress: StageProgress = no_stage_progress
    ) -> None:
        """Set up; ``shards`` is a folder or any URI of fsspec."""
        self.store = ShardStore(open_objects(str(shards)))
        self.tools = FleetTools(plan.settings)
        self.build = FleetBuild(plan, self.store, self.tools, progress)

    @classmethod
    def plan(
        cls,
        paths: Sequence[PathLike],
        shards: PathLike,
        settings: FleetSettings | None = None,
        options: SourceOptions | None = None,
        progress: StageProgress = no_stage_progress,
    ) -> Fleet:
        """Return a build of drives that are not indexed yet; raises ``ConfigError``."""
        if not paths:
            raise ConfigError('no drive is given; name at least one bag or image folder')
        recordings = group_splits([Path(path) for path in paths])
        given = settings or FleetSettings()
        plan = FleetPlan.of(recordings, options or SourceOptions(), given)
        return cls(plan, shards, progress)

    @classmethod
    def planned(cls, shards: PathLike, progress: StageProgress = no_stage_progress) -> Fleet:
        """Return the build whose shards lie in a folder; raises ``MapError``."""
        plan = FleetPlan.load(open_objects(str(shards)))
        fleet = cls(plan, shards, progress)
        with fitting_shards(fleet.store.objects.address):
            fleet.build.open(plan)
        return fleet

    @property
    def local(self) -> LocalRunner:
        """Runner in this process."""
        return LocalRunner(self.store, self.tools)

    def compute(self, runner: Runner, shard: tuple[int, int] = (1, 1)) -> list[str]:
        """Compute what can be computed by now of shard I of N; 0 of N: the index alone.

        Returns:
            The chunks, in words, that others have yet to compute before the rest can be.

        Raises:
            SourceError: no drive can be used.
        """
        self.build.index(runner)
        if shard[0] == 0:
            return self.build.incomplete()
        self.build.keyframes(runner, shard)
        left = self.build.incomplete()
        if not left:
            with one_product_thread():
                fitted = self.build.fit()
            self.build.finish(runner, fitted, shard)
        return left

    def left_out(self) -> list[str]:
        """Return the drives that are left out, each with its reason."""
        drives = self.build.plan.drives
        return [f'{drives[n].text} is left out: {why}' for n, why in self.build.left_out().items()]

    def gather(
        self,
        output: PathLike,
        runner: Runner | None = None,
        *,
        replace_existing: bool = False,
        progress: Progress = no_progress,
    ) -> GalleryMap:
        """Make the map from the shards; long rows and matches that are missing are computed.

        Raises:
            MapError: keyframes of a chunk are missing, or the output cannot be written.
            SourceError: no drive can be used.
        """
        folder, settings = Path(output), self.build.plan.settings
        check_output(folder, replace_existing)
        check = check_replaceable if replace_existing else None
        contents = complete_contents(settings.views, settings.landmarks, settings.learned_features)
        contents = replace(contents, left_out=tuple(self.left_out()))
        with one_product_thread(), fitting_shards(self.store.objects.address):
            fitted = self.build.fit()
            self.build.finish(runner or self.local, fitted)
            gathering = Gathering(self.build, self.store, fitted)
            kinds = [extractor.kind for extractor in self.tools.extractors]

            def finish(made: GalleryMap) -> Calibration | None:
                return contents.add_to(made, progress, gathering.extracted(kinds, progress))

            try:
                with atomic_folder(folder, replace=replace_existing, check=check) as new:
                    gathering.write(new, self.tools.describer, settings.form, progress, finish)
            except OSError as error:
                raise not_written(folder, error) from error
        return GalleryMap.open(folder, verify=False)
