# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The kinds of FAISS index that a map has, and whether one that was read is whole."""

from __future__ import annotations

import threading
from typing import Any

import faiss
import numpy as np

from avpr_ros.storage.open_file import FileSource, opened

_LIMITS = 'vector_byte', 'loop'
#: Of the tables that FAISS makes from a file.
_TABLES_BYTES = 1 << 28
_READ_BYTES = 1 << 20
#: The limits are the same for all threads.
_READING = threading.Lock()


def is_exact(index: Any) -> bool:
    """Return whether a FAISS index compares a query with every row as stored."""
    return isinstance(faiss.downcast_index(index), faiss.IndexScalarQuantizer)


def inverted_lists(index: Any) -> Any:
    """Return the inverted lists of a FAISS index, or None where it has none."""
    ivf = faiss.try_extract_index_ivf(index)
    if ivf is None or ivf.invlists is None:
        return None
    return faiss.downcast_InvertedLists(ivf.invlists)


def read_index(source: FileSource) -> Any:
    """Read an index file into memory; raises what FAISS raises.

    FAISS could map it instead; the program would end when another one cuts the file short.

    No part of it may claim many more bytes than the file has, where FAISS has such
    limits (1.15 does): it would fill that much memory before it finds the end of the file.
    """
    file = opened(source)
    limits = [getattr(faiss, f'set_deserialization_{name}_limit', None) for name in _LIMITS]
    with _READING:
        for limit in limits:
            if limit is not None:
                limit(file.size + _TABLES_BYTES)
        with file.stream() as stream:
            reader = faiss.PyCallbackIOReader(stream.read, _READ_BYTES)  # type: ignore[attr-defined]
            return faiss.read_index(reader, faiss.IO_FLAG_READ_ONLY)


def fault_of(index: Any) -> str | None:
    """Return what is wrong with an index that was read from a file, as a clause; None if nothing.

    FAISS trusts sizes and rows of a file; a search with wrong ones reads memory of others.
    """
    found = faiss.downcast_index(index)
    if isinstance(found, faiss.IndexPreTransform):
        chain: Any = found.chain
        if chain.size() != 1:
            return f'it has {chain.size()} transforms'
        turn, inner = faiss.downcast_VectorTransform(chain.at(0)), found.index
        if not isinstance(turn, faiss.LinearTransform):
            return f'its transform is {type(turn).__name__}'
        inner = faiss.downcast_index(inner)
        if (turn.d_in, turn.d_out) != (found.d, inner.d) or turn.A.size() != found.d * inner.d:
            return 'the size of its rotation is wrong'
        if found.ntotal != inner.ntotal:
            return 'its counts of rows differ'
        return _inverted_fault(inner)
    if isinstance(found, faiss.IndexScalarQuantizer):
        return _scalar_fault(found)
    return _inverted_fault(found)


def _scalar_fault(index: Any) -> str | None:
    kind = index.sq.qtype
    if kind != faiss.ScalarQuantizer.QT_fp16 or index.sq.d != index.d:
        return 'its rows are no float16'
    if index.code_size != 2 * index.d or index.codes.size() != index.ntotal * index.code_size:
        return 'its rows are cut off'
    return None


def _inverted_fault(index: Any) -> str | None:
    known = (faiss.IndexIVFScalarQuantizer, faiss.IndexIVFPQFastScan)
    if not isinstance(index, known):
        return f'it is a {type(index).__name__}'
    lists, centres = inverted_lists(index), faiss.downcast_index(index.quantizer)
    if lists is None or not isinstance(centres, faiss.IndexFlat):
        return 'it has no inverted lists'
    if (centres.d, centres.ntotal) != (index.d, index.nlist) or lists.nlist != index.nlist:
        return 'its number of lists is wrong'
    if centres.codes.size() != 4 * index.d * index.nlist or not 1 <= index.nprobe <= index.nlist:
        return 'its centres or its number of probed lists are wrong'
    if isinstance(index, faiss.IndexIVFScalarQuantizer) and (
        index.sq.d != index.d
        or index.sq.qtype != faiss.ScalarQuantizer.QT_8bit
        or not index.code_size == lists.code_size == index.d
        or index.sq.trained.size() != 2 * index.d
    ):
        return 'the size of its rows is wrong'
    return _row_fault(index, lists)


def _row_fault(index: Any, lists: Any) -> str | None:
    """Check that each row of the map is in one list."""
    seen = np.zeros(index.ntotal, dtype=bool)
    count = 0
    for number in range(index.nlist):
        size = lists.list_size(number)
        count += size
        if count > index.ntotal:
            break
        if not size:
            continue
        rows = faiss.rev_swig_ptr(lists.get_ids(number), size)
        if rows.min() < 0 or rows.max() >= index.ntotal:
            return f'it has a row {rows.max()} of {index.ntotal}'
        seen[rows] = True
    if count != index.ntotal or not seen.all():
        return 'its lists do not hold each row once'
    return None
