"""Part files: the rows of consecutive runs in parquet, and nothing in them taken on trust."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from farside.campaign.columns import Column
from farside.campaign.extras import CampaignError, extra

PART = re.compile(r"runs-(\d{9})-(\d{9})\.parquet")
#: A row is some 500 bytes; one that claims more than this is none of ours.
LARGEST_ROW_BYTES = 16 * 1024


def part_name(runs: range) -> str:
    """Name the part file of consecutive runs."""
    return f"runs-{runs.start:09d}-{runs.stop - 1:09d}.parquet"


def runs_of(name: str) -> range | None:
    """Return the runs that a part file of this name holds; None where it is no part file's."""
    match = PART.fullmatch(name)
    runs = range(int(match[1]), int(match[2]) + 1) if match else range(0)
    return runs if len(runs) else None


@cache
def schema_of(columns: tuple[Column, ...]) -> Any:
    """Return the columns as an Arrow schema, unit and meaning in the metadata of each field."""
    pa = extra("pyarrow", "campaign")
    kinds = {
        "int64": pa.int64(),
        "float64": pa.float64(),
        "float32": pa.float32(),
        "int32": pa.int32(),
        "uint8": pa.uint8(),
        "bool": pa.bool_(),
        "string": pa.string(),
    }
    return pa.schema(
        [
            pa.field(
                column.name,
                kinds[column.kind],
                nullable=False,
                metadata={"unit": column.unit, "description": column.meaning},
            )
            for column in columns
        ]
    )


def encode(columns: tuple[Column, ...], values: Mapping[str, Any]) -> bytes:
    """Write columns as a parquet file in memory, with a checksum on every page.

    Parameters
    ----------
    columns : tuple of Column
        In order.
    values : mapping
        Each column's values, by name.
    """
    pa = extra("pyarrow", "campaign")
    parquet = extra("pyarrow.parquet", "campaign")
    schema = schema_of(columns)
    arrays = [pa.array(values[field.name], field.type) for field in schema]
    sink = pa.BufferOutputStream()
    parquet.write_table(
        pa.Table.from_arrays(arrays, schema=schema),
        sink,
        compression="zstd",
        write_page_checksum=True,
        # only the range of this column is ever asked for, and ranges take room
        write_statistics=["run"] if columns[0].name == "run" else False,
        # numbers of full precision repeat too seldom for a dictionary of them
        use_dictionary=[column.name for column in columns if column.kind == "string"],
        use_byte_stream_split=[c.name for c in columns if c.kind in ("float64", "float32")],
    )
    content: bytes = sink.getvalue().to_pybytes()
    return content


def encode_rows(columns: tuple[Column, ...], rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Write rows as a part file in memory."""
    return encode(columns, {c.name: [row[c.name] for row in rows] for c in columns})


def read_part(path: Path, columns: tuple[Column, ...], names: Sequence[str] | None = None) -> Any:
    """Read a part file and check that it is whole and what its name says.

    Parameters
    ----------
    path : Path
        Of a file that `runs_of` knows by its name.
    columns : tuple of Column
        What it must hold.
    names : sequence of str, optional
        The columns to read; all by default.

    Returns
    -------
    pyarrow.Table

    Raises
    ------
    CampaignError
        It is cut short, damaged, or holds something else.
    """
    pa = extra("pyarrow", "campaign")
    parquet = extra("pyarrow.parquet", "campaign")
    schema = schema_of(columns)
    runs = runs_of(path.name)
    if runs is None:
        raise _damaged(path, "no part file's name")
    try:
        # unmapped, so that a file cut short while it is read is an error and no bus fault
        with (
            # opened here: Arrow takes no path with bytes that are not UTF-8
            path.open("rb") as source,
            parquet.ParquetFile(source, page_checksum_verification=True) as file,
        ):
            about = file.metadata
            if not file.schema_arrow.equals(schema, check_metadata=True):
                raise _damaged(path, "its columns are not this campaign's")
            if about.num_rows != len(runs):
                raise _damaged(path, f"{about.num_rows} rows where its name says {len(runs)}")
            size = sum(about.row_group(i).total_byte_size for i in range(about.num_row_groups))
            if size > LARGEST_ROW_BYTES * len(runs):
                raise _damaged(path, f"claims {size:,} bytes")
            wanted = None if names is None else list(dict.fromkeys(("run", *names)))
            table = file.read(columns=wanted, use_threads=False)
        table.validate(full=True)
    except CampaignError:
        raise
    except (OSError, ValueError, OverflowError, KeyError, pa.ArrowException) as why:
        raise _damaged(path, _first_line(why)) from None
    if any(column.null_count for column in table.columns) or not np.array_equal(
        table["run"].to_numpy(), np.arange(runs.start, runs.stop)
    ):
        raise _damaged(path, "its runs are not those of its name")
    return table


def _first_line(why: Exception) -> str:
    """Return what a library says, short enough for a line."""
    return (str(why).strip().splitlines() or [type(why).__name__])[0][:120]


def _damaged(path: Path, why: str) -> CampaignError:
    """Report that a part file cannot be used, and what to do."""
    return CampaignError(
        f"{path}: cut short or damaged ({why}); move it away and fly its runs again with --resume"
    )
