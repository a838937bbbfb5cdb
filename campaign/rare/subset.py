"""Subset simulation: the probability that a margin is below 0, by levels that each are frequent.

::

    P(m < 0) = P(m <= b_1) P(m <= b_2 | m <= b_1) ... P(m < 0 | m <= b_k),  b_1 > b_2 > ... > 0

(Au & Beck 2001, eq. 3). Each b is the margin that a share of the population stays at or below; that
share seeds the Markov chains of the next population. A row is one evaluation of the margin, and
depends on the seed and on the margins of the rows before it alone: not on who evaluates it.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from farside.campaign.extras import CampaignError
from farside.campaign.rare.estimate import (
    Flags,
    Level,
    RareEstimate,
    bounds,
    correlation,
    share_cov,
)
from farside.campaign.rare.moves import (
    FIRST_SPREAD,
    MOST_ROWS,
    Batch,
    Numbers,
    Points,
    first_draws,
    moved,
    next_spread,
)
from farside.mission.integers import seed_number, whole_number

Margins = NDArray[np.float64]
#: Gives the margins (N,) of points: below 0 is failure. -inf is one that is worse than any.
Evaluate = Callable[[Batch], Margins]

#: Levels after which a failure that was not met is left alone: 1e-12 with the shares of a tenth.
MOST_LEVELS = 12
#: Fewest points of a level that say anything of its share.
LEAST_SAMPLES = 50


def rare_probability(
    response: Callable[[Points, Numbers], Margins],
    dimensions: int,
    *,
    streams: int = 0,
    samples: int = 1000,
    share: float = 0.1,
    seed: int = 0,
    most_levels: int = MOST_LEVELS,
) -> RareEstimate:
    """Estimate how probable it is that the margin of a response is below 0.

    Parameters
    ----------
    response : callable
        response(u, streams) gives the margins (N,) of points u (N, D), independent standard
        normals. streams (N, S) names the draws of what can be drawn anew and not steered: seeds.
        The same arguments must give the same margins.
    dimensions : int
        D, from 1 on.
    streams : int, optional
        S.
    samples : int, optional
        Points of a level, 50 or more.
    share : float, optional
        Of each level that seeds the next one, 0.01 to 0.5.
    seed : int, optional
        Of every random number.
    most_levels : int, optional
        After which it is given up.

    Returns
    -------
    RareEstimate
        The same bits on every x86-64 CPU, where the margins are.

    Raises
    ------
    CampaignError
        A number out of its range, or margins that are NaN or of another shape.

    References
    ----------
    Au, S.-K. & Beck, J. L. (2001), Estimation of small failure probabilities in high dimensions by
    subset simulation, Probabilistic Engineering Mechanics 16, 263-277.
    Papaioannou, I. et al. (2015), MCMC algorithms for subset simulation, Probabilistic Engineering
    Mechanics 41, 89-103.

    Examples
    --------
    >>> from farside.campaign.rare import rare_probability
    >>> found = rare_probability(lambda u, _: 4.265 - u.sum(axis=1) / 10.0, 100)
    >>> found.low < 1e-5 < found.high, found.evaluations
    (True, 5499)
    """
    simulation = Subset(
        lambda batch: response(batch.u, batch.streams), samples, share, seed, most_levels
    )
    wide = whole_number("dimensions", dimensions, 1), whole_number("streams", streams)
    return simulation.run(first_draws(seed, range(simulation.samples), *wide))


class Subset:
    """A subset simulation; see `rare_probability`. `run` takes the draws of the first level."""

    def __init__(
        self,
        evaluate: Evaluate,
        samples: int,
        share: float,
        seed: int,
        most_levels: int = MOST_LEVELS,
    ) -> None:
        try:
            self.samples = whole_number("samples", samples, LEAST_SAMPLES, MOST_ROWS // 64)
            self.most_levels = whole_number("most_levels", most_levels, 1, 64)
            self.seed = seed_number(seed)
        except ValueError as why:
            raise CampaignError(str(why)) from None
        if not 0.01 <= share <= 0.5:
            raise CampaignError(f"share {share:g}: give 0.01 to 0.5, such as 0.1")
        self.evaluate, self.share = evaluate, share
        self.u: list[Points] = []
        self.streams: list[Numbers] = []
        self.margins: list[Margins] = []
        self.levels: list[Level] = []

    def run(self, first: Batch) -> RareEstimate:
        """Go down level by level until failures are frequent."""
        self.ask(first)
        chains: list[NDArray[np.int64]] = [np.array([row]) for row in first.rows]
        facts = (0, math.nan, math.nan, math.nan)  # chains, accepted, redrawn, spread
        spread = FIRST_SPREAD
        while True:
            population = np.concatenate(chains)
            held = self.all_margins()[population]
            fails = int(np.count_nonzero(held < 0.0))
            threshold = float(np.sort(held)[max(1, round(self.share * len(held))) - 1])
            if threshold < 0.0:
                return self.ended(chains, facts, fails)
            if len(self.levels) + 1 >= self.most_levels or threshold >= float(np.max(held)):
                # no level left, or a margin that tells no point from another
                return self.ended(chains, facts, fails)
            seeds = population[held <= threshold]
            self.levels.append(self.level(chains, threshold, facts))
            chains, accepted, redrawn = self.populate(seeds, threshold, spread)
            facts = (len(seeds), accepted, redrawn, spread)
            spread = next_spread(spread, accepted)

    def populate(
        self, seeds: NDArray[np.int64], threshold: float, spread: float
    ) -> tuple[list[NDArray[np.int64]], float, float]:
        """Grow a chain from each seed that stays at or below the threshold.

        Returns
        -------
        chains : list of ndarray
            Rows that each stands at, its seed first.
        accepted, redrawn : float
            Share of the moves that were, and of those that drew a stream anew.
        """
        count, tried = len(seeds), [0, 0]
        lengths = np.full(count, self.samples // count)
        lengths[: self.samples % count] += 1
        at, paths = seeds.copy(), [[row] for row in seeds]
        kept = [0, 0]
        u, streams = self.all_points()
        for step in range(1, int(lengths.max())):
            moving = np.flatnonzero(lengths > step)
            here = at[moving]
            batch = moved(self.seed, len(u), u[here], streams[here], spread)
            good = self.ask(batch) <= threshold
            anew = (batch.streams != streams[here]).any(axis=1)
            for i, of in enumerate((np.ones(len(anew), bool), anew)):
                tried[i] += int(np.count_nonzero(of))
                kept[i] += int(np.count_nonzero(good & of))
            at[moving] = np.where(good, np.arange(batch.first, batch.first + len(batch)), here)
            for chain in moving:
                paths[chain].append(at[chain])
            u, streams = self.all_points()
        accepted, redrawn = (k / n if n else math.nan for k, n in zip(kept, tried, strict=True))
        return [np.array(path, np.int64) for path in paths], accepted, redrawn

    def level(
        self,
        chains: list[NDArray[np.int64]],
        threshold: float,
        facts: tuple[int, float, float, float],
        last: bool = False,
    ) -> Level:
        """Describe a level; of the last one the event is failure itself."""
        margins = self.all_margins()
        events: list[Flags] = [
            margins[chain] < 0.0 if last else margins[chain] <= threshold for chain in chains
        ]
        hit = np.concatenate(events)
        share = float(np.count_nonzero(hit)) / len(hit)
        gamma = correlation(events, share) if facts[0] else 0.0
        cov = share_cov(share, len(hit), gamma) if share > 0.0 else math.inf
        kept = np.concatenate(chains)
        numbers = self.all_points()[1][kept].T  # (S, N)
        draws = float(min((len(np.unique(each)) for each in numbers), default=math.nan))
        return Level(threshold, share, cov, gamma, *facts, draws=draws, kept=kept)

    def ended(
        self, chains: list[NDArray[np.int64]], facts: tuple[int, float, float, float], fails: int
    ) -> RareEstimate:
        """Put the levels together."""
        last = self.level(chains, 0.0, facts, last=True)
        self.levels.append(last)
        probability = math.prod(level.share for level in self.levels)
        margins, (u, streams) = self.all_margins(), self.all_points()
        found = bounds(self.levels, fails)
        return RareEstimate(
            probability=probability,
            **vars(found),
            levels=tuple(self.levels),
            failing=last.kept[margins[last.kept] < 0.0],
            u=u,
            streams=streams,
            margins=margins,
            reached=fails > 0,
        )

    def ask(self, batch: Batch) -> Margins:
        """Evaluate a batch, and keep it."""
        if batch.first + len(batch) > MOST_ROWS:
            raise CampaignError(f"more than {MOST_ROWS:,} rows: give fewer samples")
        found = np.asarray(self.evaluate(batch), np.float64)
        if found.shape != (len(batch),) or np.isnan(found).any():
            raise CampaignError(
                f"margins of shape {found.shape} for {len(batch)} points, or NaN: give a number "
                "for each, -inf for one that is worse than any"
            )
        self.u.append(batch.u)
        self.streams.append(batch.streams)
        self.margins.append(found)
        return found

    def all_margins(self) -> Margins:
        """Return the margins of all rows so far."""
        self.margins = [np.concatenate(self.margins)]
        return self.margins[0]

    def all_points(self) -> tuple[Points, Numbers]:
        """Return the points of all rows so far."""
        self.u, self.streams = [np.concatenate(self.u)], [np.concatenate(self.streams)]
        return self.u[0], self.streams[0]
