# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A recorded drive through the very matcher that the node runs."""

from __future__ import annotations

from collections.abc import Iterator

from avpr_ros.errors import ImageDecodeError
from avpr_ros.matching.matcher import Matcher
from avpr_ros.matching.query import Query
from avpr_ros.matching.result import MatchResult
from avpr_ros.runtime.query_network import QueryNetwork
from avpr_ros.sources.frame import FrameSource


def localize_drive(
    source: FrameSource, network: QueryNetwork, matcher: Matcher
) -> Iterator[MatchResult | ImageDecodeError]:
    """Match every image of a source, in stamp order.

    Yields:
        One result an image; an image that cannot be decoded gives its error instead.
    """
    for image in source.images():
        try:
            picture = image.decode()
            descriptor = network.describe(picture)
        except ImageDecodeError as error:
            yield error
        else:
            yield matcher.match(Query(descriptor, image.stamp_ns, image.camera, picture))
