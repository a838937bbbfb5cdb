"""Where a survey's relief below its data is far from the Moon's medians: a line that says so.

A survey's relief below a post keeps the proportions of the mission's [ground]: it goes as nu(474 m)
(docs/survey.md). The Moon's slopes over metres rise less than that (decision 093):

    relief = nu / nu_mission,    slopes = s(nu) / s(nu_mission)                                (1)

with s of `farside.survey.metre_slopes`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farside.ground.roughness import BREAK_M, SCALES
from farside.mission import Mission
from farside.survey.metre_slopes import median_slope

#: How far the two ratios of (1) may be apart: what a slope expected over metres is itself off by
#: in 90 % of places is more (`farside.survey.metre_slopes.OFF_BY`).
APART = 2.0


def beside_medians(
    plan: Mission, deviation_m: NDArray[np.floating], posting_m: NDArray[np.floating]
) -> list[str]:
    """Say where relief below posts of kilometres is not what the Moon's medians make of it.

    Parameters
    ----------
    plan : Mission
        Whose [ground] the survey scales.
    deviation_m : ndarray (rows, cols)
        nu(474 m) of each cell [m]; NaN outside the region.
    posting_m : ndarray (rows, cols)
        Of the data of each cell [m].

    Returns
    -------
    list of str
        A line, or none: for data of finer posts, and for ground like the mission's.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.mission import load_mission
    >>> from farside.survey.landing_medians import beside_medians
    >>> plan, posts = load_mission("chang-e-6"), np.full((3, 3), 3790.0)
    >>> beside_medians(plan, np.full((3, 3), 12.0), posts)
    []
    >>> beside_medians(plan, np.full((3, 3), 60.0), posts)[0].partition(";")[0]
    "Relief below posts of kilometres is drawn 6 times as rough as chang-e-6's ground"
    """
    base = plan.ground.deviation_474_m
    coarse = (SCALES[-1] * posting_m > BREAK_M) & (deviation_m > 0.0)
    if not (coarse.any() and base > 0.0):
        return []
    here = float(np.median(deviation_m[coarse]))
    relief, slopes = here / base, median_slope(here) / median_slope(base)
    if 1.0 / APART <= relief / slopes <= APART:
        return []
    said = "low" if relief > slopes else "high"
    return [
        f"Relief below posts of kilometres is drawn {relief:.2g} times as rough as {plan.name}'s "
        f"ground; the Moon's median slopes make it {slopes:.2g} times (medians of the cells): "
        f"probabilities are too {said}. farside mission new --site follows the medians: fly what "
        "it writes."
    ]
