"""Heights in whatever a caller holds them: numpy, masked, pandas, xarray; what is masked is NaN."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.raster.units import metres_per

_FILLS = ("_FillValue", "missing_value", "nodata", "nodatavals", "fill_value")
_EAST = ("x", "lon", "longitude", "easting", "east", "col", "column")


@dataclass(frozen=True, eq=False)
class Given:
    """Numbers as they were given, and what came with them.

    Attributes
    ----------
    values : ndarray
        Of any number of dimensions; NaN where the holder says that there is no number.
    southwards : bool
        Rows run to lower y, as an xarray's coordinates say.
    unit : str or None
        Of the numbers, as an xarray's attributes say.
    """

    values: NDArray[Any]
    southwards: bool = False
    unit: str | None = None


def given_array(heights: ArrayLike | Any) -> Given:
    """Take numbers out of what holds them, without losing what it says is missing.

    Parameters
    ----------
    heights : array_like
        A numpy array or masked array, a pandas DataFrame (also with `pd.NA`), an xarray DataArray
        (`_FillValue`, `missing_value`, `scale_factor`, `add_offset` and `units` among its
        attributes count; one band is squeezed; (x, y) is transposed), or nested sequences.

    Returns
    -------
    Given

    Raises
    ------
    ValueError
        Columns of an xarray that run westwards, or an attribute that is no number.

    Examples
    --------
    >>> given_array(np.ma.masked_equal([[1.0, -9999.0]], -9999.0)).values
    array([[ 1., nan]])
    """
    kind = type(heights).__module__.split(".")[0]
    if kind == "xarray" and hasattr(heights, "dims"):
        return _of_xarray(heights)
    if kind == "pandas" and hasattr(heights, "to_numpy"):
        return Given(_of_pandas(heights))
    if np.ma.isMaskedArray(heights):
        return Given(_unmasked(heights))
    return Given(np.asarray(heights))


def plain_array(heights: ArrayLike | Any) -> NDArray[Any]:
    """Return the numbers of `given_array` where nothing that came with them may matter.

    Raises
    ------
    ValueError
        A unit other than metres, or rows that run southwards: silently dropped they would mirror
        or scale the map.
    """
    given = given_array(heights)
    if given.southwards:
        raise ValueError("rows run southwards (y falls); flip them: heights[::-1]")
    if given.unit is not None and metres_per(given.unit) != 1.0:
        raise ValueError(f"heights in {given.unit}; give them in metres")
    return given.values


def _unmasked(held: Any) -> NDArray[Any]:
    """Fill what is masked with NaN; whole numbers become doubles for it."""
    if np.ma.getmask(held) is np.ma.nomask or not np.ma.getmaskarray(held).any():
        return np.asarray(held.data)
    dtype = held.dtype if held.dtype.kind in "fc" else np.dtype(np.float64)
    if held.dtype.kind not in "iufb":
        return np.asarray(held.data)
    return np.asarray(held.astype(dtype).filled(np.nan))


def _of_pandas(held: Any) -> NDArray[Any]:
    """Take the numbers of a DataFrame, missing ones as NaN; words stay words, to be refused."""
    try:
        return np.asarray(held.to_numpy(dtype=np.float64, na_value=np.nan))
    except (TypeError, ValueError):
        return np.asarray(held)


def _of_xarray(held: Any) -> Given:
    for name in [dim for dim, size in zip(held.dims, held.shape, strict=True) if size == 1]:
        if held.ndim > 2:
            held = held.isel({name: 0})
    if held.ndim == 2 and str(held.dims[0]).lower() in _EAST:
        held = held.transpose(*held.dims[::-1])
    values = _unmasked(held.values) if np.ma.isMaskedArray(held.values) else np.asarray(held.values)
    attributes = dict(held.attrs)
    fills = [f for key in _FILLS if key in attributes for f in np.ravel(attributes[key])]
    stored = dict(getattr(held, "encoding", {}))
    if not {"scale_factor", "add_offset"} & set(stored):
        # what a file would hold as missing; packed, it is a number of another kind
        fills += [stored[key] for key in ("_FillValue", "missing_value") if key in stored]
    fills = [fill for fill in fills if fill is not None]
    packing = [
        _number(attributes, key, x) for key, x in (("scale_factor", 1.0), ("add_offset", 0.0))
    ]
    if values.dtype.kind in "iuf" and (fills or packing != [1.0, 0.0]):
        missing = np.zeros(values.shape, np.bool_)
        for fill in fills:
            number = _number({"_FillValue": fill}, "_FillValue", np.nan)
            # as the numbers' own kind has it: -3.4e38 is another double
            missing |= values == (values.dtype.type(number) if values.dtype.kind == "f" else number)
        values = values.astype(values.dtype if values.dtype.kind == "f" else np.float64)
        values[missing] = np.nan
        if packing != [1.0, 0.0]:
            values = values.astype(np.float64) * packing[0] + packing[1]
    unit = str(attributes.get("units", "")).strip() or None
    return Given(values, _southwards(held), unit)


def _number(attributes: dict[str, Any], key: str, otherwise: float) -> float:
    try:
        return float(attributes.get(key, otherwise))
    except (TypeError, ValueError):
        raise ValueError(f"the attribute {key} is {attributes[key]!r}, no number") from None


def _southwards(held: Any) -> bool:
    """Whether the rows run to lower coordinates."""
    if held.ndim != 2:
        return False
    falls = []
    for dim in held.dims:
        at = held.coords[dim].values if dim in held.coords else np.zeros(0)
        numbers = at.ndim == 1 and at.size > 1 and at.dtype.kind in "iuf"
        falls.append(bool(numbers and np.all(np.diff(at.astype(np.float64)) < 0.0)))
    if falls[1]:
        raise ValueError(f"columns run westwards ({held.dims[1]} falls); flip them: [:, ::-1]")
    return falls[0]
