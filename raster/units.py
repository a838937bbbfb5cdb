"""Units of length and angle, by the names that files give them, and those of a CRS."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from farside.ext.common.errors import FarsideError

if TYPE_CHECKING:
    from pyproj import CRS

FOOT_M = 0.3048
US_SURVEY_FOOT_M = 1200.0 / 3937.0

_SHORT = {"k": 1e3, "h": 1e2, "da": 1e1, "d": 1e-1, "c": 1e-2, "m": 1e-3, "u": 1e-6, "\u00b5": 1e-6}
_LONG = {
    **{"kilo": 1e3, "hecto": 1e2, "deca": 1e1},
    **{"deci": 1e-1, "centi": 1e-2, "milli": 1e-3, "micro": 1e-6},
}
_METRES = {
    **dict.fromkeys(("m", "metre", "meter"), 1.0),
    **{f"{prefix}m": factor for prefix, factor in _SHORT.items()},
    **{f"{prefix}{stem}": x for prefix, x in _LONG.items() for stem in ("metre", "meter")},
}
_METRES |= {
    **dict.fromkeys(("ft", "foot", "feet", "intl foot", "intl feet"), FOOT_M),
    **dict.fromkeys(("international foot", "international feet", "foot international"), FOOT_M),
    **dict.fromkeys(("ft intl", "ift", "intl ft", "international ft", "foot intl"), FOOT_M),
    **dict.fromkeys(
        (
            *("us survey foot", "us survey feet", "us foot", "us feet", "foot us", "feet us"),
            *("us ft", "ft us", "ftus", "usft", "sft", "survey foot", "survey feet", "sfoot"),
            *("u.s. survey foot", "u.s. survey feet", "u.s. foot", "u.s. feet", "us survey ft"),
            *("foot us survey", "feet us survey", "ft us survey", "survey ft", "us surveyfoot"),
        ),
        US_SURVEY_FOOT_M,
    ),
    **dict.fromkeys(("in", "inch", "inches"), 0.0254),
    **dict.fromkeys(("yd", "yard", "yards"), 0.9144),
    **dict.fromkeys(("fathom", "fathoms"), 1.8288),
    **dict.fromkeys(("mi", "mile", "miles", "statute mile", "statute miles"), 1609.344),
    **dict.fromkeys(("nmi", "nautical mile", "nautical miles"), 1852.0),
}


def metres_per(name: str) -> float:
    """Return the metres in one of a unit of length, by any of the names in use for it.

    Case, underscores, hyphens, brackets and a plural "s" do not matter: `KILOMETER`, `km`,
    `US survey foot`, `Foot_US` and `ft-us` are all known.

    Parameters
    ----------
    name : str
        As a label, a band or a CRS has it.

    Returns
    -------
    float
        Metres per unit.

    Raises
    ------
    ValueError
        A name that is no unit of length, or an ambiguous one; the line says which are known.

    Examples
    --------
    >>> metres_per("KILOMETERS")
    1000.0
    """
    plain = str(name).strip()
    # Mm is a megametre and MM a millimetre: no map of heights is in the first
    if plain != "Mm":
        words = " ".join(re.sub(r"\(s\)|[_\-<>()\[\]]", " ", plain).lower().split())
        for known in (words, words.removesuffix("s"), words.removesuffix(".")):
            if known in _METRES:
                return _METRES[known]
    raise FarsideError(
        f"the unit '{plain}' is not one of length that is known; "
        "known are m, km, dm, cm, mm, ft (0.3048 m), US survey foot (1200/3937 m), yd, mi"
    )


def linear_factor(crs: CRS) -> float:
    """Return the metres in one of the horizontal units of a projected (or local) CRS.

    Parameters
    ----------
    crs : pyproj.CRS
        Of plane coordinates; of a compound CRS the horizontal part counts.

    Raises
    ------
    ValueError
        Geocentric x, y, z; degrees; or two axes of different units.
    """
    flat = horizontal(crs)
    if flat.is_geographic:
        raise FarsideError(
            "the coordinates are angles (longitude, latitude), not lengths; project it"
        )
    return _common_factor(flat, "metres")


def angular_factor(crs: CRS) -> float:
    """Return the degrees in one of the angular units of a geographic CRS.

    Raises
    ------
    ValueError
        Geocentric x, y, z; a plane CRS; or two axes of different units.
    """
    flat = horizontal(crs)
    if not flat.is_geographic:
        raise FarsideError("the coordinates are lengths, not angles")
    degrees = math.degrees(_common_factor(flat, "radians"))
    # 0.0174532925199433, as WKT has it, is a degree
    return round(degrees, 9) if abs(degrees - round(degrees, 9)) < 1e-11 else degrees


def vertical_factor(crs: CRS) -> float | None:
    """Return the metres in one of the vertical units of a CRS; None where it has no third axis.

    A third axis is that of a vertical CRS within a compound one, or of a 3-D CRS.
    """
    part = _vertical(crs)
    axes = [] if part is None else part.axis_info
    if part is None or part.is_geocentric or len(axes) not in (1, 3):
        return None
    return float(axes[-1].unit_conversion_factor)


def upwards(crs: CRS) -> float:
    """Return -1.0 where the vertical axis of a CRS runs down (a depth), and else 1.0."""
    parts = crs.sub_crs_list if crs.is_compound else [crs]
    axes = [axis for part in parts for axis in part.axis_info]
    return -1.0 if any(axis.direction.lower() == "down" for axis in axes) else 1.0


def horizontal(crs: CRS) -> CRS:
    """Return the horizontal part of a CRS: of a compound or bound one, what it stands on.

    Raises
    ------
    ValueError
        A geocentric CRS: x, y, z from the Moon's centre are no map.
    """
    while True:
        if crs.is_geocentric:
            raise FarsideError(
                "the coordinates are geocentric x, y, z from the Moon's centre, which are no map; "
                "convert it to a projected lunar CRS, e.g. IAU_2015:30135"
            )
        if crs.is_bound and crs.source_crs is not None:
            crs = crs.source_crs
        elif crs.is_compound and crs.sub_crs_list:
            crs = crs.sub_crs_list[0]
        else:
            return crs


def _vertical(crs: CRS) -> CRS | None:
    while crs.is_bound and crs.source_crs is not None:
        crs = crs.source_crs
    if crs.is_compound:
        return next((part for part in crs.sub_crs_list if part.is_vertical), None)
    return crs


def _common_factor(crs: CRS, unit: str) -> float:
    """Metres or radians per unit of the first two axes, which have to agree."""
    factors = {float(axis.unit_conversion_factor) for axis in crs.axis_info[:2]}
    if len(factors) != 1:
        names = " and ".join(axis.unit_name for axis in crs.axis_info[:2]) or "none"
        raise FarsideError(f"its axes have the units {names}, not one of {unit}; reproject it")
    factor = factors.pop()
    if not (math.isfinite(factor) and factor > 0.0):
        raise FarsideError(f"its axes have a unit of {factor:g} {unit}; reproject it")
    return factor
