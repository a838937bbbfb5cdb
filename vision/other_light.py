"""The contrast that matches are made by, and which side of the sky explains it better."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from farside.vision.coarse import NOISE, SHARE
from farside.vision.patches import Contrast, Places, correlate
from farside.vision.relief import Grey, Grid, Lit, contrast, predict
from farside.vision.view import CameraView

Array = NDArray[np.float64]

#: Half of a landmark's patch [cells].
HALF: Final = 10
#: Half of the square of the local mean [cells].
MEAN: Final = 16
#: Mean score by which the other side of the sky may be the better one.
_BETTER: Final = 0.02
#: Cells about a match in which the other light is tried: it is displaced by so much.
_REACH: Final = (5, 5)


def contrast_of(grey: Grey) -> Contrast:
    """Return the contrast of a view on a grid, seen or predicted."""
    return contrast(grey, MEAN, SHARE, NOISE)


def contrast_under(grid: Grid, lit: Lit, view: CameraView, sun_site: Array) -> Contrast:
    """Return the contrast of a map under a Sun."""
    return contrast_of(predict(grid, lit, view, sun_site))


def is_other_light(
    models: tuple[Contrast, Contrast], image: Contrast, at: Places, shift: Array
) -> bool:
    """Return whether the image is likelier lit from the other side of the sky.

    The places that agree are scored again with the map lit from there. Albedo alone can give a
    place for a wrong Sun; with relief it is displaced. `models`: contrast of the map under the Sun
    of the hour, and under the other.
    """
    moved = np.rint(shift).astype(np.int32)
    places = np.hstack([at, at + moved])
    total = []
    for lit in models:
        scores = correlate(lit, image, places, HALF, _REACH)
        best = scores.reshape(len(at), -1).max(axis=1)
        total.append(int(np.rint(np.maximum(best, -1.0) * 4096.0).astype(np.int64).sum()))
    return total[1] > total[0] + _BETTER * 4096.0 * len(at)
