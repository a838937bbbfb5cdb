"""What the figures of a campaign rest on: its sampling, the bound used, and what is given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from farside.campaign.sampling import FEWEST_SCRAMBLES, scrambles_of
from farside.campaign.statistics.proportion import CONFIDENCE, Share, share_of
from farside.mission import Mission

WORKING = "given working units and the declared errors"
FAILING = "given the faults of the mission file with their probabilities and the declared errors"
BINOMIAL = "exact binomial bound (Clopper-Pearson) of independent flights"
SCRAMBLED = "the wider of the exact binomial bound and Student's t over {} independent scrambles"
NO_BOUND = "no bound: {} independent scrambles, {} are needed; draw with --plain"


@dataclass(frozen=True)
class Basis:
    """Sampling, bound and condition: without them a share of flights says nothing."""

    scrambles: int  # independent ones; 0 for plain draws
    bound: str  # what bounds the shares
    given: str  # what they are conditional on

    @property
    def bounded(self) -> bool:
        """Whether the sampling has a bound at all."""
        return self.scrambles == 0 or self.scrambles >= FEWEST_SCRAMBLES

    @property
    def drawn(self) -> str:
        """The sampling in words."""
        if self.scrambles == 0:
            return "independent draws"
        noun = "sequence" if self.scrambles == 1 else "sequences"
        return f"sampling by {self.scrambles} scrambled Sobol {noun}"


def basis_of(mission: Mission, sampling: str, sampler: str) -> Basis:
    """Describe what a campaign's figures rest on.

    Parameters
    ----------
    mission : Mission
        Its faults are part of the condition.
    sampling, sampler : str
        As its manifest has them.
    """
    scrambles = scrambles_of(sampling, sampler)
    if scrambles == 0:
        bound = BINOMIAL
    elif scrambles >= FEWEST_SCRAMBLES:
        bound = SCRAMBLED.format(scrambles)
    else:
        bound = NO_BOUND.format(scrambles, FEWEST_SCRAMBLES)
    return Basis(scrambles, bound, FAILING if mission.faults else WORKING)


def share_over(kept: NDArray[np.bool_], run: NDArray[np.int64], scrambles: int) -> Share:
    """Return a share of flights with bounds that hold for the sampling.

    Parameters
    ----------
    kept : (N,) bool array
        Which flights are counted.
    run : (N,) int array
        Their numbers: run K is a point of scramble K % scrambles.
    scrambles : int
        0 for plain draws.

    Returns
    -------
    Share
        Plain draws: the bounds of Clopper and Pearson. Scrambles: the wider of those and of
        Student's t over the scrambles' shares, which are independent and alike. Without failures,
        or with the same number in each, t has no width; where failures cluster in a scramble, the
        binomial bound is too narrow. Fewer than 10 scrambles: 0 to 1, which says nothing.

    Notes
    -----
    The scrambles' sizes differ by at most one where runs are consecutive. The share is the ratio
    sum(k_r) / sum(n_r), its variance that of a ratio of means, R / (R - 1) sum((k_r - n_r p)^2) /
    N^2 (Cochran, Sampling Techniques, 1977, section 6.3; Owen, Monte Carlo theory, methods and
    examples, section 17.3, for replicated scrambles).
    """
    exact = share_of(int(np.count_nonzero(kept)), len(kept))
    if scrambles == 0:
        return exact
    sizes = np.bincount(run % scrambles, minlength=scrambles)
    if sizes.max() <= 1:
        return exact  # a point of each scramble: these are independent
    counts = np.bincount(run % scrambles, weights=kept, minlength=scrambles)
    here = sizes > 0
    replicates = int(np.count_nonzero(here))
    if replicates < FEWEST_SCRAMBLES:
        return Share(exact.count, exact.of, exact.share, 0.0, 1.0, 0.0, 1.0)
    off = (counts - sizes * exact.share)[here]
    deviation = float(np.sqrt(replicates / (replicates - 1.0) * (off @ off))) / exact.of
    one, two = (
        deviation * float(stdtrit(replicates - 1, at))
        for at in (CONFIDENCE, 0.5 * (1.0 + CONFIDENCE))
    )
    return Share(
        exact.count,
        exact.of,
        exact.share,
        min(exact.low, max(exact.share - two, 0.0)),
        max(exact.high, min(exact.share + two, 1.0)),
        min(exact.least, max(exact.share - one, 0.0)),
        max(exact.most, min(exact.share + one, 1.0)),
    )
