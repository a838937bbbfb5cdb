"""What may speak against a cell, with the words and the colour that pictures give it."""

import numpy as np
from numpy.typing import NDArray

from farside.report.colours import BLACK, GREY, OLIVE, ORANGE, PURPLE, SKY, VERMILION, YELLOW
from farside.terrain import Assessment, HazardMap, Reason

Hazards = HazardMap | Assessment

#: The gravest last: it is painted over the others. NEAR and UNSURE never meet: each belongs to one
#: of the two rules of choice.
REASONS: tuple[tuple[Reason, str, str], ...] = (
    (Reason.NEAR, "too near", YELLOW),
    (Reason.UNSURE, "unsure", YELLOW),
    (Reason.OUT_OF_REACH, "out of reach", "#c7b8ea"),
    (Reason.RAMP, "no way off", "#9fb8c8"),
    (Reason.STAND_SLOPE, "legs too steep", OLIVE),
    (Reason.BELLY, "belly touches", "#5a3a22"),
    (Reason.SLOPE, "too steep", ORANGE),
    (Reason.ROUGH, "too rough", VERMILION),
    (Reason.EDGE, "at the edge", GREY),
    (Reason.UNSEEN, "not seen", BLACK),
    (Reason.SHADOW, "hidden", PURPLE),
)

#: Share of a verdict's colour over the hillshade, and the grey of a level place of it.
TINT, LEVEL_GREY = 0.5, 0.7


def tinted(colour: str) -> str:
    """Return a verdict's colour as it looks over level ground: what a key must show."""
    from matplotlib.colors import to_hex, to_rgb  # pages have no need of it

    red, green, blue = ((1.0 - TINT) * LEVEL_GREY + TINT * part for part in to_rgb(colour))
    return to_hex((red, green, blue))


def percent(share: float) -> str:
    """Write a share of cells: two digits, and never "0 %" or "100 %" of what is neither.

    Examples
    --------
    >>> percent(0.137), percent(2e-6), percent(0.9999)
    ('14 %', '< 0.01 %', '> 99.9 %')
    """
    if 0.0 < share < 1e-4:
        return "< 0.01 %"
    if 0.999 < share < 1.0:
        return "> 99.9 %"
    digits = 0 if share >= 0.0995 else 1 if share >= 0.00995 else 2
    if 0.995 <= share < 1.0:
        digits = 1
    return f"{100.0 * share:.{digits}f} %"


def painted_shares(hazards: Hazards) -> list[tuple[str, str, float]]:
    """Return name, colour and share of all cells of each verdict: a cell counts for its gravest.

    Parameters
    ----------
    hazards : HazardMap or Assessment

    Returns
    -------
    list of (name, colour, share)
        Shares add up to 1, but for cells without any verdict.
    """
    gravest = gravest_of(hazards)
    held = gravest[gravest >= 0].ravel()
    counts = np.bincount(held, minlength=len(REASONS) + 1) / gravest.size
    names = [("safe", SKY), *((name, colour) for _, name, colour in REASONS)]
    return [(*name, float(share)) for name, share in zip(names, counts, strict=True)]


def gravest_of(hazards: Hazards) -> NDArray[np.intp]:
    """Return 0 where a cell is safe, the place in REASONS from 1 of its gravest fault, else -1."""
    found = np.where(hazards.safe, 0, -1)
    for place, (bit, _, _) in enumerate(REASONS, start=1):
        found[(hazards.reasons & bit) != 0] = place
    return found
