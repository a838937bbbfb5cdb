"""Which band of a raster holds the heights."""

from __future__ import annotations

import re

import numpy as np
import rasterio
from rasterio.enums import ColorInterp

from farside.raster.raster import RasterError

_COLOURS = {ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.palette}
_COLOURS |= {ColorInterp.cyan, ColorInterp.magenta, ColorInterp.yellow, ColorInterp.black}
_HEIGHT = re.compile(r"elev|height|topo|altitude|radius|\b(dem|dtm|dsm|z|alt|h)\b", re.IGNORECASE)
_NO_HEIGHT = re.compile(r"err|std|sigma|uncert|count|shade|slope|mask|confid|precis", re.IGNORECASE)


def height_band(source: rasterio.DatasetReader, name: str) -> tuple[int, int, tuple[str, ...]]:
    """Find the band of heights, and the one that says where they are valid.

    Of several bands the only one whose description names heights is taken, or the first if none has
    a description.

    Returns
    -------
    band, alpha, notes
        Counted from 1; alpha is 0 without one that GDAL does not apply itself.

    Raises
    ------
    RasterError
        A container of rasters, a picture, or bands none (or several) of which name heights.
    """
    if source.count == 0:
        held = source.subdatasets
        which = f"holds {len(held)} rasters" if held else "holds no raster"
        way = f"gdal_translate '{held[0]}' dem.tif" if held else "look at it with gdalinfo"
        raise RasterError(f"{name}: {which}, not one; take the heights out of it, e.g. {way}")
    kinds = source.colorinterp
    alpha = next((i for i, kind in enumerate(kinds, 1) if kind == ColorInterp.alpha), 0)
    bands = [i for i in range(1, source.count + 1) if i != alpha]
    if not bands or any(kinds[i - 1] in _COLOURS for i in bands):
        raise RasterError(
            f"{name}: is a picture (its bands are {', '.join(k.name for k in kinds[:4])}), not "
            "heights; give the DEM that it was made from"
        )
    # GDAL takes an alpha for a mask only where it is of 8 or 16 bits
    own = alpha if alpha and np.dtype(source.dtypes[alpha - 1]).kind == "f" else 0
    if len(bands) == 1:
        return bands[0], own, ()
    told = {i: str(source.descriptions[i - 1] or "").strip() for i in bands}
    named = [i for i in bands if _HEIGHT.search(told[i]) and not _NO_HEIGHT.search(told[i])]
    if len(named) == 1:
        note = f"Band {named[0]} of {source.count}, '{told[named[0]]}', was read."
        return named[0], own, (note,)
    if any(told.values()):
        listed = ", ".join(f"{i} '{told[i]}'" for i in bands[:6])
        raise RasterError(
            f"{name}: which of its bands holds heights? {listed}; take it out, e.g. "
            "gdal_translate -b 1, or name it with gdal_edit.py or band.SetDescription('height')"
        )
    note = (
        f"Band {bands[0]} of {source.count} was taken for the heights, for none has a description; "
        "for another, gdal_translate -b."
    )
    return bands[0], own, (note,)


def check_numbers(source: rasterio.DatasetReader, band: int, declared: bool, name: str) -> None:
    """Refuse values that are no heights.

    Raises
    ------
    RasterError
        Complex numbers; or, where neither the file nor its user names a unit, a band of 8 bits
        without scale and offset, as hillshades have it.
    """
    dtype = np.dtype(source.dtypes[band - 1])
    if dtype.kind not in "iuf":
        raise RasterError(f"{name}: holds {dtype} values, not heights; give a DEM")
    plain = source.scales[band - 1] == 1.0 and source.offsets[band - 1] == 0.0
    if dtype.itemsize == 1 and plain and not declared:
        raise RasterError(
            f"{name}: holds {dtype} values, 256 at most, as a picture or a hillshade does; give "
            "the DEM, or say what its heights are in (--unit m)"
        )
