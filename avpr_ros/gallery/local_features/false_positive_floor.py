# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Log-likelihood ratios that images of places outside the map reach."""

from __future__ import annotations

from dataclasses import dataclass

#: Share of impostor images that reach ``min_single_image_llr`` (or, accumulated,
#: ``min_accumulated_llr``).
FALSE_POSITIVE_RATE = 1e-4


@dataclass(frozen=True)
class FalsePositiveFloor:
    """Thresholds on the log-likelihood ratio of a place, estimated on the map's own impostors.

    Attributes:
        background_llr: exceeded by one impostor image in twenty, in nats.
        min_accumulated_llr: reached by one impostor sequence in ten thousand, in nats above the
            background.
        min_single_image_llr: reached by one impostor image in ten thousand, in nats.
    """

    background_llr: float
    min_accumulated_llr: float
    min_single_image_llr: float

    def passes(self, llr: float, accumulated_llr: float) -> bool:
        """Compare an image and the images before it with the thresholds.

        An image at the background level is not accepted on the strength of earlier ones.

        Args:
            llr: log-likelihood ratio of the place for this image, in nats.
            accumulated_llr: sum over the track with this image, in nats above the background.
        """
        accumulated = accumulated_llr >= self.min_accumulated_llr and llr > self.background_llr
        return accumulated or self.passes_alone(llr)

    def passes_alone(self, llr: float) -> bool:
        """Compare one image with the threshold that holds without earlier images."""
        return llr >= self.min_single_image_llr

    def rejection(self, llr: float, accumulated_llr: float) -> str | None:
        """Return the comparison that failed, with figures; None where the place passes."""
        if self.passes(llr, accumulated_llr):
            return None
        single = f'{llr:.0f} for this image (threshold for a single one {self._single})'
        if accumulated_llr >= self.min_accumulated_llr:
            return (
                f'local-feature log-likelihood ratio {single} is not above the background level '
                f'{self.background_llr:.0f}, whatever earlier images accumulated '
                f'({accumulated_llr:.0f}); keep driving'
            )
        return (
            f'local-feature log-likelihood ratio {accumulated_llr:.0f}, accumulated along the '
            f'track, is below the threshold {self.min_accumulated_llr:.0f}; {single}; keep driving'
        )

    @property
    def _single(self) -> str:
        return f'{self.min_single_image_llr:.0f}'
