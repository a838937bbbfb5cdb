"""Names of files, as the raster library takes them."""

from __future__ import annotations

from pathlib import Path

from farside.raster.raster import RasterError


def check_name(path: str | Path) -> None:
    """Refuse a path that GDAL cannot be given.

    Raises
    ------
    RasterError
        It holds bytes that are not UTF-8.
    """
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError:
        raise RasterError(
            f"{path}: its path holds bytes that are not UTF-8, which GDAL does not open; rename it"
        ) from None
