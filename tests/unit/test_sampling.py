"""Points of a campaign: a prefix is a campaign, and the bound of success holds for any pair."""

import numpy as np
import pytest
from scipy.special import betaincinv
from scipy.stats import binom
from scipy.stats import t as student

from farside.campaign.sampling import SCRAMBLES, sobol_points
from farside.campaign.statistics.basis import share_over

INPUTS = 39


def test_any_part_is_a_part_of_the_whole():
    whole = sobol_points(9, 3, range(300))
    for runs in (range(24), range(24, 48), range(5, 6), range(15, 33), range(290, 300)):
        assert np.array_equal(sobol_points(9, 3, runs), whole[runs.start : runs.stop])
    assert whole.shape == (300, 9) and ((whole > 0.0) & (whole < 1.0)).all()
    assert not np.array_equal(sobol_points(9, 4, range(300)), whole)


def test_every_scramble_is_a_sequence_of_its_own():
    """Of 64 points of each, every 64th of every input holds one."""
    points = sobol_points(INPUTS, 1, range(64 * SCRAMBLES))
    for scramble in range(SCRAMBLES):
        cells = np.sort(np.floor(64 * points[scramble::SCRAMBLES]), axis=0)
        assert (cells == np.arange(64)[:, None]).all()
    assert not (points[0::SCRAMBLES] == points[1::SCRAMBLES]).any()


def bound_of_pairs(points, corner):
    """Count for each pair of inputs the runs that fail, and bound their share.

    A run fails where both inputs lie in their lowest `corner`: the usual failure of engineering,
    two tails at once. The bound is the one-sided 95 % one of a campaign: the wider of Clopper and
    Pearson's and of Student's t over the scrambles, here for all pairs at once.
    """
    runs = len(points)
    exact = betaincinv(np.arange(runs // 2) + 1.0, runs - np.arange(runs // 2), 0.95)
    sizes = np.array([len(range(r, runs, SCRAMBLES)) for r in range(SCRAMBLES)])
    pairs = np.triu_indices(INPUTS, 1)
    low = (points < corner).astype(np.float32)
    each = np.stack([(part := low[r::SCRAMBLES]).T @ part for r in range(SCRAMBLES)])
    each = each[:, *pairs].astype(float)
    counted = each.sum(axis=0)
    off = each - np.outer(sizes, counted / runs)
    wide = np.sqrt(SCRAMBLES / (SCRAMBLES - 1) * (off**2).sum(axis=0)) / runs
    spread = counted / runs + wide * student.ppf(0.95, SCRAMBLES - 1)
    return counted, np.maximum(exact[counted.astype(int)], spread)


def missed(cases, seeds):
    """Return for each (runs, corner) and pair how often the bound misses, and the variance.

    The shorter campaigns are the first runs of the longest: points are drawn once.
    """
    most = max(runs for runs, _ in cases)
    found = [[] for _ in cases]
    for seed in seeds:
        points = sobol_points(INPUTS, seed, range(most))
        for case, (runs, corner) in zip(found, cases, strict=True):
            case.append(bound_of_pairs(points[:runs], corner))
    for case, (runs, corner) in zip(found, cases, strict=True):
        counts, bounds = map(np.array, zip(*case, strict=True))
        share = corner**2
        yield np.mean(bounds < share, axis=0), np.var(counts, axis=0) / (runs * share)


def test_the_bound_of_all_pairs_is_that_of_a_campaign():
    low = sobol_points(INPUTS, 4, range(500)) < 0.125
    misses = {}
    for one, two in ((0, 1), (3, 30), (17, 38)):
        most = share_over(low[:, one] & low[:, two], np.arange(500), SCRAMBLES).most
        misses[one, two] = float(most < 0.125**2)
    [(found, _)] = missed([(500, 0.125)], [4])
    where = {pair: i for i, pair in enumerate(zip(*np.triu_indices(INPUTS, 1), strict=True))}
    assert all(found[where[pair]] == miss for pair, miss in misses.items())


@pytest.mark.slow
def test_the_bound_holds_for_every_pair_of_inputs():
    """A single scramble missed up to 77 % of seeds for the worst of 741 pairs.

    Of 24 seeds, a bound that misses 5 % misses 8 or more for a pair in one of 30 000 draws.
    """
    [(share, variance)] = missed([(1000, 1 / 16)], range(24))
    assert share.max() <= 7 / 24
    # over all pairs: discrete counts make the bound cautious
    assert share.mean() < 0.02
    assert variance.mean() < 1.05


@pytest.mark.slow(cpu_s=50)
def test_the_bound_holds_for_every_pair_of_inputs_in_2000_seeds():
    """In 94 % or more for the worst of 741 pairs."""
    for share, variance in missed([(256, 1 / 8), (1000, 1 / 16)], range(2000)):
        assert share.max() <= 0.06
        assert variance.mean() < 1.0


def test_the_bound_of_plain_draws_holds_for_a_corner_of_two_inputs():
    """In 94 % or more of 2000 seeds; whole counts make it cautious: 1.9 % are missed by theory."""
    runs, corner = 1000, 1 / 16
    rng = np.random.default_rng(3)
    low = rng.random((2000, runs, 2), dtype=np.float32) < corner
    counts = low.all(axis=2).sum(axis=1)
    bounds = {k: share_over(np.arange(runs) < k, np.arange(runs), 0).most for k in set(counts)}
    share = np.mean([bounds[k] < corner**2 for k in counts])
    expected = binom.cdf(0, runs, corner**2)  # no failure shows at most 0.30 %, less than 0.39 %
    # three standard deviations of 2000 seeds
    assert share <= 0.06 and share == pytest.approx(expected, abs=3.0 * (expected / 2000) ** 0.5)
