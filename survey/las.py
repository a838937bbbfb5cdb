"""LAS and LAZ files as point clouds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.survey.cloud import MOST_POINTS, Cloud
from farside.survey.errors import SurveyError

_CHUNK = 2**20  # points read together
_NOISE = {7: "low noise", 18: "high noise"}
_GEOTIFF_RECORD = 34735
_CRS_KEYS = (2048, 3072)  # GeographicType, ProjectedCSType
_UNIT_KEYS = {3076: "ProjLinearUnits", 4099: "VerticalUnits"}
_METRE = 9001


def read_las(path: Path) -> Cloud:
    """Read the points of a LAS or LAZ file that are measurements.

    Points with the withheld flag, and those of the classes 7 (low noise) and 18 (high noise), are
    left out, and their number is said. Synthetic points, key points, and those of an overlap
    (flag, or class 12) are kept: they lie on the ground.

    Parameters
    ----------
    path : Path
        Of the file.

    Returns
    -------
    Cloud
        In the CRS of the file, if it names one.

    Raises
    ------
    SurveyError
        Not readable, laspy missing, too many points, none left, or a CRS that is not understood.
    """
    name = path.name
    try:
        import laspy
    except ImportError:
        raise SurveyError(
            f'{name}: point clouds in LAS need laspy; pip install "farside[las]"'
        ) from None
    try:
        with laspy.open(path) as file:
            header = file.header
            count = header.point_count
            if header.are_points_compressed and not laspy.LazBackend.detect_available():
                raise SurveyError(f'{name}: LAZ needs lazrs; pip install "farside[las]"')
            crs, said = _crs_of(header, name)
            _check_header(header, path)
            xyz, left_out, synthetic = _read(file)
    except SurveyError:
        raise
    except Exception as why:  # laspy and its decoders raise what they like
        raise SurveyError(
            f"{name}: not a LAS file, or one that is cut short or damaged; fetch it again"
        ) from why
    seen = len(xyz) + sum(left_out.values())
    if seen != count:
        raise SurveyError(f"{name}: cut short at {seen} of {count} points; fetch it again")
    if count and not len(xyz):
        raise SurveyError(
            f"{name}: all {count} points are withheld or classed as noise; clear the flag, or "
            "classify them again"
        )
    notes = [said] if said else []
    if out := [f"{number} {what}" for what, number in left_out.items() if number]:
        notes.append(f"{sum(left_out.values())} of {count} points were left out: {', '.join(out)}.")
    if synthetic:
        notes.append(
            f"{synthetic} of {count} points are flagged as synthetic: they count as measured."
        )
    scales = np.abs(np.asarray(header.scales, np.float64))
    step = (float(scales[:2].max()), float(scales[2]))
    return Cloud(name, xyz, crs, tuple(notes), step)


def _read(file: Any) -> tuple[NDArray[np.float64], dict[str, int], int]:
    """Read coordinates chunk by chunk, without what is no measurement."""
    left_out = {"withheld": 0, **{f"of class {c} ({what})": 0 for c, what in _NOISE.items()}}
    parts, synthetic = [np.empty((0, 3))], 0
    for chunk in file.chunk_iterator(_CHUNK):
        keep = np.ones(len(chunk), np.bool_)
        withheld = np.asarray(chunk.withheld) != 0
        left_out["withheld"] += int(np.count_nonzero(withheld))
        keep &= ~withheld
        classes = np.asarray(chunk.classification)
        for number, what in _NOISE.items():
            noise = (classes == number) & keep
            left_out[f"of class {number} ({what})"] += int(np.count_nonzero(noise))
            keep &= ~noise
        synthetic += int(np.count_nonzero((np.asarray(chunk.synthetic) != 0) & keep))
        xyz = np.column_stack([chunk.x, chunk.y, chunk.z]).astype(np.float64)
        parts.append(xyz[keep])
    return np.concatenate(parts), left_out, synthetic


def _check_header(header: Any, path: Path) -> None:
    """Refuse what the header cannot mean, before anything is allocated."""
    name, count = path.name, header.point_count
    if count > MOST_POINTS:
        raise SurveyError(
            f"{name}: {count / 1e6:.0f} million points are more than "
            f"{MOST_POINTS / 1e6:.0f} million; cut it into pieces"
        )
    scales, offsets = (np.asarray(v, np.float64) for v in (header.scales, header.offsets))
    if not (np.isfinite([scales, offsets]).all() and (scales != 0.0).all()):
        raise SurveyError(
            f"{name}: its header has the scales {scales.tolist()} and offsets {offsets.tolist()}, "
            "which give no coordinates; write it again"
        )
    held = path.stat().st_size - header.offset_to_point_data
    if not header.are_points_compressed and count * header.point_format.size > held:
        raise SurveyError(
            f"{name}: cut short at {max(held, 0) // header.point_format.size} of {count} points; "
            "fetch it again"
        )


def _crs_of(header: Any, name: str) -> tuple[Any, str]:
    """Return the CRS and what is assumed without one."""
    from pyproj.exceptions import CRSError

    try:
        crs = header.parse_crs()
    except (CRSError, UnicodeDecodeError):
        raise SurveyError(
            f"{name}: its coordinate reference system is not understood; write it as WKT, e.g. of "
            "IAU_2015:30100, or leave it out if x, y, z are east, north, up in metres"
        ) from None
    if crs is not None:
        return crs, ""
    for record in header.vlrs.get_by_id("LASF_Projection", (_GEOTIFF_RECORD,)):
        for key in record.geo_keys:
            if key.id in _CRS_KEYS or (key.id in _UNIT_KEYS and key.value_offset != _METRE):
                what = _UNIT_KEYS.get(key.id, "coordinate reference system")
                raise SurveyError(
                    f"{name}: its GeoTIFF keys name a {what} (key {key.id} = {key.value_offset}) "
                    "that is not understood; write the CRS as WKT, e.g. of IAU_2015:30135"
                )
    return None, (
        f"{name} names no coordinate reference system: x, y, z were taken as east, north, up in "
        "metres."
    )
