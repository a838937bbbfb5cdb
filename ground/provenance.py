"""What a height of the ground is made of."""

from enum import IntFlag

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common import deterministic
from farside.ground.layers import Layers


class Provenance(IntFlag):
    """What a height is made of."""

    WHOLE_MOON = 1  # measured: the whole-Moon DEM, 3.8 km
    RASTER = 2  # measured: a finer raster
    SYNTHETIC = 4  # detail drawn below their resolution: never to be shown as data


def provenance_of(layers: Layers, u: ArrayLike, v: ArrayLike) -> NDArray[np.uint8]:
    """Return flags of Provenance at arcs u, v [m], of one shape."""
    u, v = np.broadcast_arrays(np.asarray(u, np.float64), np.asarray(v, np.float64))
    raster = layers.measured.raster_index(u, v) > 0
    out = np.where(raster, Provenance.RASTER, Provenance.WHOLE_MOON).astype(np.uint8)
    out[deterministic.hypot(u, v) < layers.detail.outer_m] |= np.uint8(Provenance.SYNTHETIC)
    return out
