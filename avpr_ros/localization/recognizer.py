# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Map, query network and matcher that belong together: image in, decision out.

The node and ``avpr localize`` both run this.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path

from avpr_ros.arrays import RgbImage
from avpr_ros.gallery.calibration import Calibration
from avpr_ros.gallery.gallery import Gallery
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.local_features.features import Features
from avpr_ros.localization.matcher import Matcher
from avpr_ros.localization.query import Query
from avpr_ros.localization.result import MatchResult, Reason
from avpr_ros.localization.settings import MatchSettings
from avpr_ros.localization.space_check import check_space
from avpr_ros.poses import Pose
from avpr_ros.profiling import timed_stage
from avpr_ros.runtime.map_network import in_space_of, open_query_network
from avpr_ros.runtime.query_manifest import QueryManifest
from avpr_ros.runtime.query_network import QueryNetwork
from avpr_ros.sources.frame import CameraIntrinsics
from avpr_ros.sources.images.visible_structure import nothing_visible


@dataclass(frozen=True)
class Recognizer:
    """What is run on each image; replaced as a whole, never changed.

    Attributes:
        gallery: the opened map, or the running session.
        network: the query network, of the map's descriptor space.
        matcher: decides; made for both.
        feature_executor: extracts the local features of an image while the network describes it;
            whoever made it shuts it down. None: one after the other, which is the same work on
            one processor.
        after_match: called with each query after its match; None: nothing is called.
    """

    gallery: Gallery
    network: QueryNetwork
    matcher: Matcher
    feature_executor: Executor | None = None
    after_match: Callable[[Query], None] | None = None

    @classmethod
    def of_map(
        cls,
        gallery: GalleryMap,
        query: Path | None,
        settings: MatchSettings | None = None,
        threads: int = 1,
    ) -> Recognizer:
        """Open a query network for a map and check that they belong together.

        Args:
            gallery: the map.
            query: ONNX file of the query network; None: the one in the map.
            settings: how to match.
            threads: that the network may use.

        Raises:
            QueryNetworkError: the query network is missing, damaged or cannot be run.
            SpaceMismatchError: they are of different descriptor spaces.
        """
        network = in_space_of(open_query_network(gallery, query, threads), gallery)
        check_space(network.manifest, gallery.manifest)
        calibration = map_calibration(gallery, network.manifest)
        return cls(gallery, network, Matcher(gallery, calibration, settings or MatchSettings()))

    @property
    def least_side_px(self) -> int:
        """Sides of an image need not be longer than this for anything that is done with it."""
        needed_px = self.network.manifest.input_px
        return max(needed_px, self.matcher.working_px)

    def recognize(
        self,
        image: RgbImage,
        stamp_ns: int,
        camera: str,
        odom_from_base: Pose | None = None,
        intrinsics: CameraIntrinsics | None = None,
        base_from_camera: Pose | None = None,
        sent_px: tuple[int, int] | None = None,
    ) -> MatchResult:
        """Describe an (H, W, 3) uint8 RGB image and match it.

        An image in which nothing is visible is rejected before that: it is no part of any history.

        Args:
            image: the image.
            stamp_ns: its stamp.
            camera: name of the camera that took it.
            odom_from_base: odometry at its stamp; None without.
            intrinsics: of the camera; None where those of the map stand in.
            base_from_camera: extrinsics of the camera; None where those of the map stand in.
            sent_px: width and height of the image as it was sent, where it was decoded at a
                reduced size.
        """
        with timed_stage('preprocess'):
            fault = nothing_visible(image)
        if fault is not None:
            text = f'the camera sees nothing: {fault}'
            return MatchResult(stamp_ns, camera, (), None, Reason.NOTHING_VISIBLE, text)
        extraction: Future[tuple[Features, ...]] | None = None
        if self.feature_executor is not None and self.matcher.uses_local_features:
            extraction = self.feature_executor.submit(
                self.matcher.extract, image, camera, intrinsics
            )
        descriptor = self.network.describe(image)
        features = None
        if extraction is not None:
            with timed_stage('geometry'):
                features = extraction.result()
        query = Query(
            descriptor,
            stamp_ns,
            camera,
            image=image,
            intrinsics=intrinsics,
            odom_from_base=odom_from_base,
            base_from_camera=base_from_camera,
            features=features,
            sent_px=sent_px,
        )
        with timed_stage('decision'):
            result = self.matcher.match(query)
        if self.after_match is not None:
            self.after_match(query)
        return result


def map_calibration(gallery: Gallery, query: QueryManifest) -> Calibration | None:
    """Return the calibration of a query network in a map: its own, else that of the map."""
    return query.calibration or gallery.manifest.calibration
