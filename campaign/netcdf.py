"""A campaign's rows for other tools: an xarray Dataset, or a NetCDF 4 file."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO, FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.campaign.campaign import Campaign, check_output
from farside.campaign.columns import columns
from farside.campaign.extras import CampaignError, extra
from farside.campaign.folder import manifest_of
from farside.mission.writing import cannot_write, whole_file

if TYPE_CHECKING:
    import xarray

#: The dimension of all columns.
RUN = "run"

Held = tuple[str, Any, dict[str, str]]


def columns_of(campaign: Campaign) -> Iterator[Held]:
    """Yield each column's name, values and attributes; one is read at a time."""
    for column in columns(campaign.mission):
        values = campaign.table[column.name].to_numpy(zero_copy_only=False)
        about = {"units": column.unit} if column.unit else {}
        yield column.name, values, about | {"long_name": column.meaning}


def facts_of(campaign: Campaign) -> dict[str, Any]:
    """Return the plan as attributes.

    What NetCDF has no type for is written as a word or left to the campaign's folder.
    """
    facts = {key: value for key, value in manifest_of(campaign.plan).items() if key != "dems"}
    facts |= {name: int(getattr(campaign.plan, name)) for name in ("imaging", "cameras")}
    facts["dems"] = "\n".join(raster.path for raster in campaign.plan.dems)
    return facts


def dataset(campaign: Campaign) -> xarray.Dataset:
    """Return a campaign's rows as a Dataset along `run`; see `Campaign.to_xarray`."""
    library = extra("xarray", "netcdf")
    held = {
        # words as wide as the longest: a file has no need of that
        name: (RUN, values.astype(str) if values.dtype == object else values, about)
        for name, values, about in columns_of(campaign)
    }
    run = held.pop(RUN)
    made: xarray.Dataset = library.Dataset(held, coords={RUN: run}, attrs=facts_of(campaign))
    return made


def write_netcdf(campaign: Campaign, path: str | Path) -> Path:
    """Write a campaign's rows as NetCDF 4.

    Written by h5netcdf itself: xarray's writer takes locks of its process, and has waited for one
    without end.

    Parameters
    ----------
    campaign : Campaign
        From `read_campaign`.
    path : str or Path
        Where to; a file there is replaced, whole or not at all.

    Raises
    ------
    CampaignError
        h5netcdf is not installed, or nothing can be written there.
    """
    h5py, library = extra("h5py", "netcdf"), extra("h5netcdf", "netcdf")
    check_output(campaign, path)
    try:
        with whole_file(path) as fresh, Careful(fresh) as made:
            try:
                _write(campaign, library.File(made, "w"), h5py.string_dtype())
            except (OSError, RuntimeError, ValueError):
                # what HDF5 says of a file that was cut off is a consequence
                made.check()
                raise
            made.check()
    except OSError as why:
        raise CampaignError(cannot_write(path, why)) from None
    return Path(path)


def _write(campaign: Campaign, opened: Any, text: Any) -> None:
    """Write attributes and columns to an open file, and close it."""
    with opened as file:
        file.dimensions = {RUN: campaign.table.num_rows}
        file.attrs.update(facts_of(campaign))
        for name, values, about in columns_of(campaign):
            add_column(file, name, values, about, text)


class Careful(FileIO):
    """A file that does not tell HDF5 of a full disk, on which HDF5 ends the process.

    From what cannot be written on it is kept in memory, for HDF5 reads back what it wrote; `check`
    raises why.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, "w+")
        self.why: OSError | None = None
        self.memory: BytesIO | None = None

    def write(self, content: Any) -> int:
        """Write all of it, to memory once the disk takes no more."""
        left = memoryview(content).cast("B")
        size = len(left)
        try:
            while len(left) and self.memory is None:
                left = left[super().write(left) :]
        except OSError as why:
            self._go_on_in_memory(why)
        if self.memory is not None:
            self.memory.write(left)
        return size

    def truncate(self, size: int | None = None) -> int:
        """Set the size."""
        if self.memory is None:
            try:
                return super().truncate(size)
            except OSError as why:
                self._go_on_in_memory(why)
        assert self.memory is not None
        asked = self.memory.tell() if size is None else size
        if (held := self.memory.getbuffer().nbytes) < asked:
            at = self.memory.tell()
            self.memory.seek(held)
            self.memory.write(bytes(asked - held))
            self.memory.seek(at)
        return self.memory.truncate(asked)

    def seek(self, place: int, whence: int = 0) -> int:
        """Go to a place."""
        return (
            super().seek(place, whence) if self.memory is None else self.memory.seek(place, whence)
        )

    def tell(self) -> int:
        """Return the place."""
        return super().tell() if self.memory is None else self.memory.tell()

    def readinto(self, buffer: Any) -> int:
        """Read what was written."""
        return super().readinto(buffer) if self.memory is None else self.memory.readinto(buffer)

    def _go_on_in_memory(self, why: OSError) -> None:
        """Note why the disk takes no more, and take what it holds along."""
        self.why = why
        place = super().tell()
        super().seek(0)
        self.memory = BytesIO(super().readall())
        self.memory.seek(place)

    def check(self) -> None:
        """Raise what stopped the writing.

        Raises
        ------
        OSError
            Something could not be written.
        """
        if self.why is not None:
            raise self.why


def add_column(file: Any, name: str, values: Any, about: dict[str, str], text: Any) -> None:
    """Write one column; NetCDF has no booleans: bytes that say so, as xarray reads them."""
    kind = values.dtype
    if kind.kind == "b":
        values, about, kind = values.astype(np.int8), about | {"dtype": "bool"}, np.dtype("i1")
    elif kind.kind in "UO":
        values, kind = values.astype(object), text
    variable = file.create_variable(name, (RUN,), kind)
    variable[...] = values
    variable.attrs.update(about)
