"""Whether a GeoTIFF that was written is on the disk whole: GDAL does not say."""

from __future__ import annotations

from pathlib import Path

import rasterio
from rasterio.errors import RasterioIOError


def check_written(path: str | Path) -> None:
    """Refuse a GeoTIFF of which something could not be written.

    On a full disk GDAL closes a file without its directory, or without its last blocks, and raises
    nothing. Only the places of the blocks are read, not what they hold.

    Parameters
    ----------
    path : str or Path
        A GeoTIFF that was closed just now.

    Raises
    ------
    OSError
        It is cut short.
    """
    size = Path(path).stat().st_size
    try:
        with rasterio.open(path) as file:
            for band in file.indexes:
                height, width = file.block_shapes[band - 1]
                for row in range(-(-file.height // height)):
                    for column in range(-(-file.width // width)):
                        place = [
                            file.get_tag_item(f"BLOCK_{what}_{column}_{row}", "TIFF", bidx=band)
                            for what in ("OFFSET", "SIZE")
                        ]
                        if None in place or sum(int(each) for each in place) > size:
                            raise OSError("GDAL could not write all of it: is the disk full?")
    except RasterioIOError:
        raise OSError("GDAL could not write all of it: is the disk full?") from None
