"""A campaign as xarray takes it, and as NetCDF."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from farside.campaign.columns import columns
from farside.campaign.extras import CampaignError, extra
from farside.campaign.folder import check_output, manifest_of
from farside.mission.writing import cannot_write, write_whole

if TYPE_CHECKING:
    import xarray

    from farside.campaign.campaign import Campaign


def dataset(campaign: Campaign) -> xarray.Dataset:
    """Return a campaign's rows as a Dataset along `run`; see `Campaign.to_xarray`."""
    library = extra("xarray", "netcdf")
    held: dict[str, Any] = {}
    for column in columns(campaign.mission):
        values = campaign.table[column.name].to_numpy()
        values = values.astype(str) if column.kind == "string" else values
        about = {"units": column.unit} if column.unit else {}
        held[column.name] = ("run", values, about | {"long_name": column.meaning})
    run = held.pop("run")
    # what NetCDF has no type for is written as a word or left to the campaign's folder
    facts = {key: value for key, value in manifest_of(campaign.plan).items() if key != "dems"}
    facts["imaging"] = int(campaign.plan.imaging)
    facts["dems"] = "\n".join(raster.path for raster in campaign.plan.dems)
    made: xarray.Dataset = library.Dataset(held, coords={"run": run}, attrs=facts)
    return made


def write_netcdf(campaign: Campaign, path: str | Path) -> Path:
    """Write a campaign's rows as NetCDF 4.

    Parameters
    ----------
    campaign : Campaign
        From `read_campaign`.
    path : str or Path
        Where to; a file there is replaced, whole or not at all.

    Raises
    ------
    CampaignError
        xarray or h5netcdf is not installed, or nothing can be written there.
    """
    for module in ("h5netcdf", "h5py"):
        extra(module, "netcdf")
    check_output(campaign, path)
    try:
        # made in memory: on a full disc HDF5 ends the process
        write_whole(path, bytes(dataset(campaign).to_netcdf(engine="h5netcdf")))
    except OSError as why:
        raise CampaignError(cannot_write(path, why)) from None
    return Path(path)
