"""Made-up ground for the tests of surveys, and rasters of it."""

import numpy as np
import rasterio
from rasterio.transform import from_origin

STEREO = "+proj=stere +lat_0=-41.6385 +lon_0=206.0148 +R=1737400 +units=m"
LONLAT = "+proj=longlat +R=1737400 +no_defs"


def ground(rows, cols, seed=0, cell_m=0.1, rocks=None, level=-5256.0):
    """Gentle ground with rocks and a hole in the data: float32 heights [m]."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:rows, :cols] * cell_m
    z = 0.05 * np.sin(x / 3.1) + 0.04 * np.cos((x + 2 * y) / 4.7) + 0.02 * y
    for _ in range(rows * cols // 6000 if rocks is None else rocks):
        r = rng.uniform(0.15, 0.6)
        i, j = rng.uniform(0, rows * cell_m), rng.uniform(0, cols * cell_m)
        z += r * np.sqrt(np.clip(1 - ((y - i) ** 2 + (x - j) ** 2) / r**2, 0.0, 1.0))
    z += rng.normal(0.0, 0.003, z.shape)
    z[rows // 3 : rows // 3 + 4, cols // 2 : cols // 2 + 9] = np.nan
    return (z + level).astype(np.float32)


def write_raster(path, z, crs=STEREO, transform=None, nodata=-32768.0, **more):
    """Write heights as a GeoTIFF, NaN as nodata; scale, offset and unit as given."""
    scale, offset = more.pop("scale", 1.0), more.pop("offset", 0.0)
    unit = more.pop("unit", None)
    stored = np.where(np.isnan(z), nodata, (z.astype(np.float64) - offset) / scale)
    profile = {"driver": "GTiff", "count": 1, "dtype": "float32", "nodata": nodata} | more
    if transform is None:
        transform = from_origin(-20.0, 30.0, 0.1, 0.1)
    with rasterio.open(
        path, "w", height=z.shape[0], width=z.shape[1], crs=crs, transform=transform, **profile
    ) as file:
        file.write(stored.astype(profile["dtype"]), 1)
        file.scales, file.offsets = (scale,), (offset,)
        if unit:
            file.units = (unit,)
    return path
