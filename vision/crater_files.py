"""Files of craters: comma-separated values, and GeoJSON."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from farside.mission.writing import cannot_write
from farside.vision.errors import VisionError

Array = NDArray[np.float64]
Row = tuple[float, float, float]

#: A file larger than this is no list of craters [bytes].
MOST_BYTES: Final = 64 * 10**6
#: Names of columns and properties, lower case, and what they are worth in degrees or metres.
_LATITUDE: Final = {"latitude_deg": 1.0, "latitude": 1.0, "lat": 1.0}
_LONGITUDE: Final = {"longitude_deg": 1.0, "longitude": 1.0, "lon": 1.0}
_DIAMETER: Final = {"diameter_m": 1.0, "diameter_km": 1000.0}


def read_craters(path: Path, most: int) -> tuple[Array, Array, Array]:
    """Return latitudes and longitudes [deg] and diameters [m] of a file.

    Parameters
    ----------
    path : Path
        `.csv`, `.geojson` or `.json`.
    most : int
        Craters that a file may hold.

    Raises
    ------
    VisionError
        One line: not there, of another kind, too large, empty, or a row that is no crater.
    """
    name, kind = path.name, path.suffix.lower()
    if kind not in (".csv", ".geojson", ".json"):
        raise VisionError(f"{name}: craters come as .csv or .geojson; write one of these")
    try:
        if path.stat().st_size > MOST_BYTES:
            raise VisionError(f"{name}: more than {MOST_BYTES // 10**6} MB; cut it to the map")
        text = path.read_text("utf-8-sig")
    except OSError as why:
        raise VisionError(f"{name}: cannot be read ({why.strerror}); check the path") from None
    except UnicodeDecodeError:
        raise VisionError(f"{name}: is no text in UTF-8; export it again") from None
    rows: list[Row] = []
    for row in _of_csv(text, name) if kind == ".csv" else _of_geojson(text, name):
        if len(rows) == most:
            raise VisionError(f"{name}: more than {most} craters; cut it to the map")
        rows.append(row)
    if not rows:
        raise VisionError(f"{name}: holds no crater; check the file")
    latitude, longitude, diameter = np.array(rows, np.float64).T
    return latitude, longitude, diameter


def _of_csv(text: str, name: str) -> Iterator[Row]:
    """Yield the rows of comma-separated values with a header."""
    lines = csv.reader(text.splitlines())
    try:
        header = [cell.strip().lower() for cell in next(lines, [])]
        at = []
        for names in (_LATITUDE, _LONGITUDE, _DIAMETER):
            held = [column for column in names if column in header]
            if not held:
                raise VisionError(f"{name}: has no column {next(iter(names))}; name it so")
            at.append((header.index(held[0]), names[held[0]], held[0]))
        for row in lines:
            if row:
                yield _crater(
                    [(row[k] if k < len(row) else "", worth) for k, worth, _ in at],
                    f"{name}: line {lines.line_num}",
                )
    except csv.Error as why:
        raise VisionError(f"{name}: is no CSV ({why}); export it again") from None


def _of_geojson(text: str, name: str) -> Iterator[Row]:
    """Yield the points of a feature collection."""
    try:
        held = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        raise VisionError(f"{name}: is no GeoJSON; export it again") from None
    features = held.get("features") if isinstance(held, Mapping) else None
    if not isinstance(features, list):
        raise VisionError(f"{name}: has no list of features; give a FeatureCollection of points")
    for number, feature in enumerate(features, 1):
        where = f"{name}: feature {number}"
        place, size = _point(feature, where)
        yield _crater([(place[1], 1.0), (place[0], 1.0), size], where)


def _point(feature: Any, where: str) -> tuple[list[Any], tuple[Any, float]]:
    """Return the coordinates of a feature and its diameter with its unit [m]."""
    parts = feature if isinstance(feature, Mapping) else {}
    geometry, given = parts.get("geometry"), parts.get("properties")
    geometry = geometry if isinstance(geometry, Mapping) else {}
    given = given if isinstance(given, Mapping) else {}
    place = geometry.get("coordinates")
    if geometry.get("type") != "Point" or not isinstance(place, list) or len(place) < 2:
        raise VisionError(f"{where} is no point; give the craters' middles")
    lowered = {str(key).lower(): value for key, value in given.items()}
    for column, worth in _DIAMETER.items():
        if column in lowered:
            return place, (lowered[column], worth)
    raise VisionError(f"{where} has no property diameter_m; name it so")


def _crater(values: Iterable[tuple[Any, float]], where: str) -> Row:
    """Return latitude, longitude [deg] and diameter [m]; refuse what is none."""
    numbers = []
    for value, worth in values:
        try:
            numbers.append(float(value) * worth)
        except (TypeError, ValueError):
            raise VisionError(f"{where}: {value!r} is no number; correct it") from None
    latitude, longitude, diameter = numbers
    if not (abs(latitude) <= 90.0 and abs(longitude) <= 540.0):
        raise VisionError(f"{where}: no place of the Moon; give degrees, planetocentric")
    if not (0.0 < diameter < 2e6) or not math.isfinite(diameter):
        raise VisionError(f"{where}: a diameter of {diameter:g} m; give one of 0 to 2000 km")
    return latitude, longitude, diameter


def write_craters(path: Path, columns: Mapping[str, Array]) -> None:
    """Write columns of numbers as comma-separated values.

    Raises
    ------
    VisionError
        It cannot be written there.
    """
    lines = [",".join(columns)]
    lines += [
        ",".join(repr(value) for value in row)
        for row in zip(*(each.tolist() for each in columns.values()), strict=True)
    ]
    try:
        path.write_text("\n".join(lines) + "\n", "utf-8")
    except OSError as why:
        raise VisionError(cannot_write(path, why)) from None
