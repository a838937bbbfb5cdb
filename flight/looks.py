"""What the cameras showed: images made small, with what was found in them, for the pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

#: Sides of a kept image at most [px].
KEPT_PX = 256


class Use(StrEnum):
    """What an image was taken for."""

    LANDMARKS = "landmarks"  # places of the onboard map found in it
    CRATERS = "craters"  # craters of the onboard map found in it
    MOTION = "motion"  # features followed from the image before
    HAZARDS = "hazards"  # where not to land


NO_OUTLINES: NDArray[np.float64] = np.zeros((0, 0, 2))
#: What tells the place on the map.
PLACES = (Use.LANDMARKS, Use.CRATERS)


class Doubt(StrEnum):
    """Whether a camera was not believed for what it showed: states of `HealthSpan`."""

    NONE = ""
    DOUBTED = "doubted"  # the place of an image was outside its gate
    REJECTED = "rejected"  # the camera does not point where the attitude says


@dataclass(frozen=True, eq=False)
class Look:
    """One image, and what was made of it.

    Attributes
    ----------
    time_s : float
        Of the middle of its exposure, since powered-descent initiation.
    camera : str
        Its name in the mission file.
    use : Use
    verdict : str
        What became of it, in a few words.
    taken : bool
        Whether the lander used what it tells.
    height_m : float
        Of the lander above the ground.
    image : ndarray of uint8, (rows, columns)
        Made small: `scale` pixels of the camera each way make one of these.
    scale : float
    found_px : ndarray, (n, 2)
        Columns and rows of what was found [px of the camera].
    used : ndarray of bool, (n,)
        Which of them were believed.
    off_m : tuple of float, optional
        Place by the image less place by the estimate before it, east and north [m].
    sigma_m : float, optional
        Of the estimate's place after it, its worse axis [m].
    error_m : float, optional
        Of the estimate's place after it against the onboard map, horizontal [m].
    outlines_px : ndarray, (n, points, 2)
        Rims of craters that were found [px of the camera]; none of other things.
    doubt : Doubt
        Whether its camera was not believed for what it showed.
    """

    time_s: float
    camera: str
    use: Use
    verdict: str
    taken: bool
    height_m: float
    image: NDArray[np.uint8] = field(repr=False)
    scale: float
    found_px: NDArray[np.float64] = field(repr=False)
    used: NDArray[np.bool_] = field(repr=False)
    off_m: tuple[float, float] | None = None
    sigma_m: float | None = None
    error_m: float | None = None
    outlines_px: NDArray[np.float64] = field(default_factory=lambda: NO_OUTLINES, repr=False)
    doubt: Doubt = Doubt.NONE


def made_small(image: NDArray[np.uint16], bits: int) -> tuple[NDArray[np.uint8], float]:
    """Return an image of at most KEPT_PX each way in 8 bits, and how many pixels make one of it.

    Parameters
    ----------
    image : ndarray of uint16, (rows, columns)
    bits : int
        Of its full scale.

    Returns
    -------
    ndarray of uint8
        Means of blocks of whole pixels; what is left at the right and below is cut.
    float
        Side of a block.

    Examples
    --------
    >>> import numpy as np
    >>> small, scale = made_small(np.full((1024, 512), 4095, np.uint16), 12)
    >>> small.shape, int(small[0, 0]), scale
    ((256, 128), 255, 4.0)
    """
    block = max(-(-max(image.shape) // KEPT_PX), 1)
    rows, columns = (side // block for side in image.shape)
    # whole rows are added first, which lie one behind the other
    bands = image[: rows * block, : columns * block].reshape(rows, block, columns * block)
    down = bands.sum(axis=1, dtype=np.uint32)
    total = np.zeros((rows, columns), np.uint32)
    for k in range(block):
        total += down[:, k::block]
    full = ((1 << bits) - 1) * block * block
    return (total.astype(np.uint64) * 255 // full).astype(np.uint8), float(block)
