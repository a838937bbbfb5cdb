"""Rows that stay on the disk: the parts of a campaign in order, and their columns one at a time.

A campaign of a million flights is 1.2 GB in 15 600 parts. What is asked of it is a column, now and
then: so each part is read and checked once, in the order of the runs, and its rows are laid down in
a scratch file of large row groups, of which one column is read at a time. The scratch file has no
name and goes with the object, and lies in memory while it is small.
"""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from os import SEEK_END
from pathlib import Path
from typing import IO, Any

import numpy as np

from farside.campaign.columns import Column
from farside.campaign.extras import CampaignError, extra
from farside.campaign.parts import read_part

#: Rows of a row group, and what is held at once while rows are laid down: some 20 MB.
ROWS_OF_A_GROUP = 16_384
#: A scratch file is in memory up to here: rows of a campaign of 25 000 flights.
IN_MEMORY_BYTES = 32 * 1024 * 1024

Parts = Sequence[tuple[range, Path]]


def scratch_file() -> IO[bytes]:
    """Open a file without a name, in memory while it is small, then in the system's folder."""
    return tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)


def drop(file: IO[bytes]) -> None:
    """Close a scratch file; what it could not write is of no use any more."""
    with suppress(OSError):
        file.close()


def no_room(why: OSError, what: str) -> CampaignError:
    """Report that a scratch file cannot be written, and the way out."""
    return CampaignError(
        f"{tempfile.gettempdir()}: no room for {what} ({why.strerror or why}); set TMPDIR to a "
        "folder of another disk"
    )


def rows_in_order(parts: Parts, columns: tuple[Column, ...]) -> Iterator[Any]:
    """Yield tables of rows, ascending by run and each run once.

    Parameters
    ----------
    parts : sequence of (range, Path)
        The runs of each part file and where it is, of all folders, in any order.
    columns : tuple of Column
        What each must hold.

    Yields
    ------
    pyarrow.Table
        No more is held than the parts that overlap.

    Raises
    ------
    CampaignError
        A part is damaged, or two parts tell a run differently.
    """
    pa = extra("pyarrow", "campaign")
    held: list[Any] = []
    end = 0
    for runs, path in sorted(parts, key=lambda part: (part[0].start, part[0].stop)):
        if held:
            whole = once(pa.concat_tables(held))
            # what lies before this part is in no later one either
            final = int(np.searchsorted(whole["run"].to_numpy(), runs.start))
            if final:
                yield whole.slice(0, final)
            held = [whole.slice(final)] if runs.start < end else []
        held.append(read_part(path, columns))
        end = max(end, runs.stop)
    if held:
        yield once(pa.concat_tables(held))


def once(table: Any) -> Any:
    """Sort by run, and drop rows that are there twice alike.

    Raises
    ------
    CampaignError
        A run is there twice, and not alike.
    """
    runs = table["run"].to_numpy()
    if len(runs) < 2 or np.all(runs[1:] > runs[:-1]):
        return table
    order = np.argsort(runs, kind="stable")
    table, runs = table.take(order), runs[order]
    again = np.flatnonzero(runs[1:] == runs[:-1]) + 1
    if not len(again):
        return table
    first, second = table.take(again - 1), table.take(again)
    for name in table.column_names:
        if differs(first[name], second[name]):
            raise CampaignError(
                f"two parts tell run {runs[again[0]]} or another differently ({name}): "
                "they are not of one campaign"
            )
    return table.take(np.delete(np.arange(len(runs)), again))


def differs(one: Any, other: Any) -> bool:
    """Return whether two columns of a table differ in a bit; NaN is NaN."""
    if str(one.type) == "double":
        return not np.array_equal(one.to_numpy().view(np.uint64), other.to_numpy().view(np.uint64))
    return not one.equals(other)


class StoredRows:
    """Rows on the disk, of which a column or a few rows are read at a time.

    It has what the statistics ask of a `pyarrow.Table`: `num_rows`, `column_names`, `schema`,
    `table[name]` and `slice`.

    Parameters
    ----------
    schema : pyarrow.Schema
        Of the rows.
    tables : iterable of pyarrow.Table
        The rows, in order; taken one after the other.

    Raises
    ------
    CampaignError
        The scratch file cannot be written.
    """

    def __init__(self, schema: Any, tables: Iterable[Any]) -> None:
        parquet = extra("pyarrow.parquet", "campaign")
        self.schema = schema
        self._scratch = scratch_file()
        weakref.finalize(self, drop, self._scratch)
        words = [field.name for field in schema if str(field.type) == "string"]
        laid = 0
        try:
            with parquet.ParquetWriter(
                self._scratch,
                schema,
                # numbers of full precision shrink by little, and are read back many times
                compression="none",
                use_dictionary=words,
                write_statistics=["run"] if "run" in schema.names else False,
            ) as writer:
                for group in _groups(tables):
                    writer.write_table(group, row_group_size=ROWS_OF_A_GROUP)
                    laid += group.num_rows
            self._scratch.flush()
            self._file = parquet.ParquetFile(self._scratch)
        except OSError as why:
            raise no_room(why, f"the rows, after {laid:,} of them") from None

    @property
    def num_rows(self) -> int:
        """Number of rows."""
        return int(self._file.metadata.num_rows)

    @property
    def column_names(self) -> list[str]:
        """Names of the columns, in order."""
        return list(self.schema.names)

    @property
    def nbytes(self) -> int:
        """Size of the scratch file [bytes]."""
        self._scratch.seek(0, SEEK_END)
        return self._scratch.tell()

    def __getitem__(self, name: str) -> Any:
        """Read one column of all rows, a pyarrow.ChunkedArray."""
        return self._file.read(columns=[name], use_threads=False)[name]

    def slice(self, offset: int, length: int) -> Any:
        """Read some consecutive rows with all their columns, a pyarrow.Table."""
        pa = extra("pyarrow", "campaign")
        found, first = [self.schema.empty_table()], 0
        about = self._file.metadata
        for i in range(about.num_row_groups):
            rows = about.row_group(i).num_rows
            begin, end = max(offset - first, 0), min(offset + length - first, rows)
            if begin < end:
                group = self._file.read_row_group(i, use_threads=False)
                found.append(group.cast(self.schema).slice(begin, end - begin))
            first += rows
        return pa.concat_tables(found)


def _groups(tables: Iterable[Any]) -> Iterator[Any]:
    """Join small tables to groups."""
    pa = extra("pyarrow", "campaign")
    held: list[Any] = []
    rows = 0
    for table in tables:
        held.append(table)
        rows += table.num_rows
        if rows >= ROWS_OF_A_GROUP:
            whole = pa.concat_tables(held)
            full = rows - rows % ROWS_OF_A_GROUP
            yield whole.slice(0, full)
            held, rows = [whole.slice(full)], rows - full
    if rows:
        yield pa.concat_tables(held)
