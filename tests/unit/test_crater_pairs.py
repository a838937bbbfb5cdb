"""Pairs of craters seen and craters held: by votes for a shift, one to one, not by chance."""

import math

import numpy as np

from farside.vision.crater_pairs import Circles, assign, log_chance, shifts


def test_votes_find_a_shift_among_false_ones_and_pairs_are_one_to_one():
    rng = np.random.default_rng(4)
    held = Circles(rng.uniform(-5000.0, 5000.0, (400, 2)), rng.uniform(50.0, 300.0, 400))
    true = np.array([730.0, -410.0])
    part = np.arange(60)
    at = np.concatenate([held.at[part] - true, rng.uniform(-5000.0, 5000.0, (60, 2))])
    radius = np.concatenate([held.radius[part] * 1.05, rng.uniform(50.0, 300.0, 60)])
    seen = Circles(at + rng.normal(0.0, 5.0, at.shape), radius)
    best = shifts(seen, held, (1500.0, 1500.0), (20.0, 80.0), 2)
    assert np.abs(best[0, :2] - true).max() < 60.0
    i, j, cost = assign(Circles(seen.at + true, radius), held, np.full(120, 40.0))
    assert (i[i < 60] == j[i < 60]).mean() > 0.95 and (i < 60).sum() > 55
    assert len(set(i)) == len(i) and len(set(j)) == len(j) and (cost >= 0.0).all()
    # two that claim one: the nearer has it
    i, j, _ = assign(
        Circles(np.array([[0.0, 0.0], [5.0, 0.0]]), np.full(2, 100.0)),
        Circles(np.array([[6.0, 0.0]]), np.full(1, 100.0)), np.full(2, 50.0),
    )  # fmt: skip
    assert i.tolist() == [1] and j.tolist() == [0]
    assert len(assign(seen.take(np.zeros(0, np.intp)), held, np.zeros(0))[0]) == 0


def test_chance_bounds_the_binomial_tail_from_above():
    for count, tried, p in ((12, 40, 0.05), (20, 60, 0.1), (9, 200, 0.01)):
        tail = sum(
            math.comb(tried, k) * p**k * (1 - p) ** (tried - k) for k in range(count, tried + 1)
        )
        assert math.log10(tail) <= log_chance(count, tried, p, 0.0, 0) < math.log10(tail) + 2.0
    assert log_chance(3, 100, 0.1, 5.0, 3) == 0.0
