"""Heights in whatever a caller holds them: numpy, masked, pandas, xarray; what is masked is NaN."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common.errors import FarsideError
from farside.raster.coordinates import Axis, check_sides, runs_southwards, sides_of
from farside.raster.units import metres_per

_POINTS = (("x", "y", "z"), ("east", "north", "up"), ("easting", "northing", "elevation"))
_ANGLES = ({"lon", "lat"}, {"longitude", "latitude"})
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
    sides_m : (down, across)
        Of a cell [m], as the coordinates say; None where they do not.
    """

    values: NDArray[Any]
    southwards: bool = False
    unit: str | None = None
    sides_m: tuple[float | None, float | None] = (None, None)


def given_array(heights: ArrayLike | Any) -> Given:
    """Take numbers out of what holds them, without losing what it says is missing.

    Parameters
    ----------
    heights : array_like
        A numpy array or masked array, a pandas DataFrame (also with `pd.NA`), an xarray DataArray
        (`_FillValue`, `missing_value`, `scale_factor`, `add_offset` and `units` among its
        attributes count, and `positive`, `valid_min`, `valid_max`; one band is squeezed; (x, y) is
        transposed), or nested sequences. Columns of a DataFrame that are named x, y, z (or east,
        north, up) are points; index and columns that are numbers are coordinates.

    Returns
    -------
    Given

    Raises
    ------
    ValueError
        Columns that run westwards, uneven coordinates, an attribute that is no number, or what
        holds more than one array.

    Examples
    --------
    >>> given_array(np.ma.masked_equal([[1.0, -9999.0]], -9999.0)).values
    array([[ 1., nan]])
    """
    kind = type(heights).__module__.split(".")[0]
    if kind == "xarray" and hasattr(heights, "data_vars"):
        names = ", ".join(str(name) for name in heights.data_vars)[:80]
        raise FarsideError(
            f"an xarray Dataset holds {names or 'nothing'}; give one, dataset['name']"
        )
    if kind == "xarray" and hasattr(heights, "dims"):
        return _of_xarray(heights)
    if kind == "pandas" and hasattr(heights, "to_numpy"):
        return _of_pandas(heights)
    if np.ma.isMaskedArray(heights):
        return Given(_numbers(_unmasked(heights)))
    try:
        return Given(_numbers(np.asarray(heights)))
    except ValueError as why:
        if "inhomogeneous" not in str(why):
            raise
        raise FarsideError("rows of different lengths; give as many heights in each") from None


def given_length(value: Any) -> float:
    """Return a length [m] that was given as a number; NaN for whatever else it is."""
    held = np.asarray(value)
    if held.ndim or held.dtype.kind not in "iuf":
        return float("nan")
    return float(held)


def plain_array(
    heights: ArrayLike | Any, cells_m: tuple[float, float] | None = None
) -> NDArray[Any]:
    """Return the numbers of `given_array` where nothing that came with them may matter.

    Parameters
    ----------
    heights : array_like
        As `given_array` takes it.
    cells_m : (down, across), optional
        Sides of a cell [m]: coordinates that say others are refused.

    Raises
    ------
    ValueError
        A unit other than metres, or rows that run southwards: silently dropped they would mirror
        or scale the map. Truth values, words, dates and complex numbers.
    """
    given = given_array(heights)
    if given.values.dtype.kind not in "iufV":
        raise FarsideError(f"{given.values.dtype} values; give numbers in metres")
    if cells_m is not None:
        check_sides(given.sides_m, cells_m)
    if given.southwards:
        raise FarsideError("rows run southwards (y falls); flip them: heights[::-1]")
    if given.unit is not None and metres_per(given.unit) != 1.0:
        raise FarsideError(f"heights in {given.unit}; give them in metres")
    return given.values


def _unmasked(held: Any) -> NDArray[Any]:
    """Fill what is masked with NaN; whole numbers become doubles for it."""
    if held.dtype.names:
        return _unmasked_fields(held)
    if np.ma.getmask(held) is np.ma.nomask or not np.ma.getmaskarray(held).any():
        return np.asarray(held.data)
    dtype = held.dtype if held.dtype.kind in "fc" else np.dtype(np.float64)
    if held.dtype.kind not in "iufb":
        return np.asarray(held.data)
    return np.asarray(held.astype(dtype).filled(np.nan))


def _unmasked_fields(held: Any) -> NDArray[Any]:
    """Fill the masked fields of records with NaN: numbers become doubles for it."""
    kinds = [(name, held.dtype[name]) for name in held.dtype.names]
    plain = [(n, np.float64 if k.kind in "iuf" and not k.shape else k) for n, k in kinds]
    out = np.empty(held.shape, plain)
    for name, kind in plain:
        out[name] = held[name].data
        if kind is np.float64:
            out[name][np.ma.getmaskarray(held[name])] = np.nan
    return out


def _numbers(held: NDArray[Any]) -> NDArray[Any]:
    """Turn Python numbers and None into doubles; other objects stay, to be refused."""
    if held.dtype != object:
        return held
    flat = held.ravel()
    if not all(x is None or (isinstance(x, Real) and not isinstance(x, bool)) for x in flat):
        return held
    return held.astype(np.float64)


def _of_pandas(held: Any) -> Given:
    """Take the numbers of a DataFrame, missing ones as NaN; words stay words, to be refused."""
    names = [str(name).strip().lower() for name in getattr(held, "columns", ())]
    if any(pair <= set(names) for pair in _ANGLES):
        raise FarsideError(
            "columns of longitudes and latitudes are not metres; write them to a .csv, which is "
            "projected when it is read, or give x, y, z"
        )
    axes = next((axes for axes in _POINTS if set(axes) <= set(names)), None)
    if axes is not None:
        held = held.iloc[:, [names.index(axis) for axis in axes]]
    try:
        values = np.asarray(held.to_numpy(dtype=np.float64, na_value=np.nan))
    except (TypeError, ValueError):
        return Given(np.asarray(held))
    if axes is not None or values.ndim != 2 or values.shape[1] == 3:
        return Given(values)
    rows = Axis("index", np.asarray(held.index))
    columns = Axis("columns", np.asarray(held.columns))
    return Given(values, runs_southwards(rows, columns), None, sides_of(rows, columns))


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
    if values.dtype.kind in "iuf":
        values = _within(values, attributes)
        if packing != [1.0, 0.0]:
            values = values.astype(np.float64) * packing[0] + packing[1]
        if str(attributes.get("positive", "up")).strip().lower() == "down":
            values = -values.astype(np.float64)  # a depth
    unit = str(attributes.get("units", "")).strip() or None
    if held.ndim != 2:
        return Given(_numbers(values), unit=unit)
    rows, columns = (_axis(held, dim) for dim in held.dims)
    southwards = runs_southwards(rows, columns)
    return Given(_numbers(values), southwards, unit, sides_of(rows, columns))


def _within(values: NDArray[Any], attributes: dict[str, Any]) -> NDArray[Any]:
    """Take stored numbers beyond `valid_min`, `valid_max`, `valid_range` for missing (CF 2.5.1)."""
    pair = np.ravel(attributes.get("valid_range", (-np.inf, np.inf)))
    limits = dict(zip(("valid_min", "valid_max"), pair, strict=False)) | attributes
    low, high = _number(limits, "valid_min", -np.inf), _number(limits, "valid_max", np.inf)
    beyond = (values < low) | (values > high)
    if not beyond.any():
        return values
    values = values.astype(values.dtype if values.dtype.kind == "f" else np.float64)
    values[beyond] = np.nan
    return values


def _axis(held: Any, dim: Any) -> Axis:
    """Return the coordinates along a dimension of an xarray, and their unit."""
    coords = getattr(held, "coords", {})
    if dim not in coords:
        return Axis(str(dim), np.zeros(0))
    return Axis(str(dim), coords[dim].values, str(coords[dim].attrs.get("units", "")).strip())


def _number(attributes: dict[str, Any], key: str, otherwise: float) -> float:
    try:
        return float(attributes.get(key, otherwise))
    except (TypeError, ValueError):
        raise FarsideError(f"the attribute {key} is {attributes[key]!r}, no number") from None
