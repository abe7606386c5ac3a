# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A query network on ONNX Runtime, the default on a robot."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from avpr_ros.arrays import Descriptors, RgbImage
from avpr_ros.errors import QueryNetworkError
from avpr_ros.onnx_options import open_session, run_session
from avpr_ros.profiling import timed_stage
from avpr_ros.runtime.preprocess import squash
from avpr_ros.runtime.query_manifest import QueryManifest
from avpr_ros.storage.file_pair import matching_bytes
from avpr_ros.storage.reading import reading

INPUT = 'image'
OUTPUT = 'descriptor'
#: What may run a network, best first; the last is in every build of ONNX Runtime. TensorRT is not
#: among them: it compiles for minutes at the first start.
PROVIDERS = ('CUDAExecutionProvider', 'OpenVINOExecutionProvider', 'CPUExecutionProvider')


class OnnxQueryNetwork:
    """An ONNX file with its manifest: uint8 (B, S, S, 3) RGB in, float32 (B, d) unit rows out."""

    def __init__(self, manifest: QueryManifest, session: onnxruntime.InferenceSession) -> None:
        self._manifest = manifest
        self._session = session

    @classmethod
    def open(cls, path: str | os.PathLike[str], threads: int = 1) -> OnnxQueryNetwork:
        """Open an ONNX file and run it once.

        The bytes that are hashed are the ones that run; data outside the file is not read.

        Args:
            path: the ONNX file; its manifest is the file of the same name with ``.json``.
            threads: how many threads one inference may use, at least 1.

        Raises:
            QueryNetworkError: a file is missing or damaged, or the network does not match its
                manifest.
        """
        path = Path(path)
        if not path.is_file():
            raise QueryNetworkError(
                f'the query network {path} is missing; create one with avpr train'
            )
        if path.suffix == '.json':
            raise QueryNetworkError(
                f'{path} is the manifest of a query network; give its ONNX file, '
                f'{path.with_suffix(".onnx")}'
            )
        manifest = QueryManifest.load(path.with_suffix('.json'))
        with reading(path, QueryNetworkError, 'copy it again or export it again'):
            model = matching_bytes(path, manifest.onnx_sha256)
        if model is None:
            raise QueryNetworkError(
                f'{path} does not have the hash that its manifest names: it is damaged or '
                'belongs to another manifest; copy both files again or export them again'
            )
        return cls.of_model(path, manifest, model, threads)

    @classmethod
    def of_model(
        cls, path: Path, manifest: QueryManifest, model: bytes, threads: int = 1
    ) -> OnnxQueryNetwork:
        """Open a model that has been read and hashed, and run it once.

        Args:
            path: where it was read, for messages.
            manifest: of the network.
            model: bytes of the ONNX file.
            threads: how many threads one inference may use, at least 1.

        Raises:
            QueryNetworkError: the network does not match its manifest.
        """
        if threads < 1:
            raise QueryNetworkError(f'threads is {threads}; use 1 or more')
        network = cls(manifest, _open_session(path, model, threads))
        network._dry_run(path)
        return network

    @property
    def manifest(self) -> QueryManifest:
        """What belongs to the network."""
        return self._manifest

    @property
    def provider(self) -> str:
        """What ONNX Runtime runs the network on."""
        return str(self._session.get_providers()[0])

    def describe(self, image: RgbImage) -> Descriptors:
        """Describe one image.

        Args:
            image: (H, W, 3) uint8 RGB of any size.

        Returns:
            (d,) float32, length 1.

        Raises:
            ImageDecodeError: not such an image, or one without pixels.
            QueryNetworkError: ONNX Runtime fails, or takes longer than ``MAX_INFERENCE_S``.
        """
        with timed_stage('preprocess'):
            batch = squash(image, self._manifest.input_px)[np.newaxis]
        try:
            with timed_stage('network'):
                (rows,) = run_session(self._session, [OUTPUT], {INPUT: batch})
        # ONNX Runtime's exceptions derive from nothing narrower.
        except Exception as error:
            raise QueryNetworkError(
                f'the query network cannot be run ({_first_line(error)}); export it again'
            ) from error
        return np.asarray(rows[0], dtype=np.float32)

    def _dry_run(self, path: Path) -> None:
        side = self._manifest.input_px
        ramp = np.linspace(0, 255, side * side * 3).reshape(side, side, 3).astype(np.uint8)
        descriptor = self.describe(ramp)
        if descriptor.shape != (self._manifest.dim,):
            raise QueryNetworkError(
                f'{path} returns descriptors of shape {descriptor.shape}, its manifest has '
                f'{self._manifest.dim} dimensions; export it again'
            )
        length = float(np.linalg.norm(descriptor))
        if not abs(length - 1) < 1e-3:
            raise QueryNetworkError(
                f'{path} returns a descriptor of norm {length:.4g} instead of 1; export it again'
            )


def installed_providers() -> list[str]:
    """Return the providers of ``PROVIDERS`` that this build of ONNX Runtime has."""
    available = onnxruntime.get_available_providers()
    return [name for name in PROVIDERS if name in available]


def _open_session(path: Path, model: bytes, threads: int) -> onnxruntime.InferenceSession:
    try:
        session = open_session(model, threads, installed_providers())
    except Exception as error:
        raise QueryNetworkError(
            f'{path} is not an ONNX file that ONNX Runtime can load ({_first_line(error)}); '
            'export it again'
        ) from error
    inputs = [(value.name, value.type) for value in session.get_inputs()]
    outputs = [(value.name, value.type) for value in session.get_outputs()]
    _expect(path, 'input', inputs, (INPUT, 'tensor(uint8)'))
    _expect(path, 'output', outputs, (OUTPUT, 'tensor(float)'))
    return session


def _expect(path: Path, what: str, found: list[Any], wanted: tuple[str, str]) -> None:
    if found != [wanted]:
        raise QueryNetworkError(
            f'{path} has {what} {found}, expected {wanted}; export it again with avpr train'
        )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
