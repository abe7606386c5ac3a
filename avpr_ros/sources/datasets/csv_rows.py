# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Rows of a dataset's CSV file by column name; errors name file and line."""

from __future__ import annotations

from collections.abc import Sequence
import csv
from dataclasses import dataclass
import math
from pathlib import Path

from avpr_ros.errors import SourceError

_TRUE, _FALSE = ('true', '1', '1.0'), ('false', '0', '0.0')


@dataclass(frozen=True)
class CsvRow:
    """One row.

    Attributes:
        where: file and line.
        fields: text by column name.
    """

    where: str
    fields: dict[str, str]

    def text(self, column: str) -> str:
        """Return a field that must not be empty."""
        value = self.fields[column].strip()
        if not value:
            raise self.bad(column, 'is empty')
        return value

    def number(self, column: str) -> float:
        """Return a finite number."""
        try:
            value = float(self.fields[column])
        except ValueError:
            raise self.bad(column, f'is {self.fields[column]!r}, not a number') from None
        if not math.isfinite(value):
            raise self.bad(column, f'is {value}, not a finite number')
        return value

    def integer(self, column: str) -> int:
        """Return a whole number; 7.0 is one."""
        value = self.number(column)
        if value != int(value):
            raise self.bad(column, f'is {value}, not a whole number')
        return int(value)

    def flag(self, column: str) -> bool:
        """Return true or false, as pandas or a person writes them."""
        value = self.fields[column].strip().lower()
        if value not in (*_TRUE, *_FALSE):
            raise self.bad(column, f'is {value!r}, neither True nor False')
        return value in _TRUE

    def bad(self, column: str, what: str) -> SourceError:
        """Return an error about this row, to be raised."""
        return SourceError(f'{self.where}: {column} {what}; correct or remove the row.')


def read_rows(path: Path, columns: Sequence[str]) -> list[CsvRow]:
    """Read a CSV file with a header line.

    Args:
        path: the file.
        columns: what the header must name; other columns are read too.

    Raises:
        SourceError: unreadable, a column is missing, a row is short, or there is no row.
    """
    try:
        with path.open(encoding='utf-8-sig', newline='') as stream:
            reader = csv.DictReader(stream)
            missing = [name for name in columns if name not in (reader.fieldnames or ())]
            if missing:
                raise SourceError(
                    f'{path} has no column {", ".join(missing)}: it has '
                    f'{", ".join(name or "(unnamed)" for name in reader.fieldnames or ())}.'
                )
            rows = []
            for fields in reader:
                where = f'{path}, line {reader.line_num}'
                if any(fields[name] is None for name in columns):
                    raise SourceError(
                        f'{where}: the row is shorter than the header; correct or remove it.'
                    )
                rows.append(CsvRow(where, fields))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f'{path} cannot be read: {error}.') from error
    if not rows:
        raise SourceError(f'{path} lists no image: remove the file or restore its rows.')
    return rows
