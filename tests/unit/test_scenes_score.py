"""Scores of masks made by hand."""

import numpy as np
import pytest

from farside.scenes import SceneError, Truth, score_mask, table

SAFE = np.array([[1, 1, 1, 0, 0, 0, 1, 0]], bool)
EASY = np.array([[1, 1, 0, 0, 0, 0, 1, 0]], bool)
TIE = np.array([[0, 0, 0, 0, 0, 1, 0, 0]], bool)
WHOLE = np.array([[1, 1, 1, 1, 1, 1, 1, 0]], bool)
TRUTH = Truth(None, None, None, SAFE, EASY, TIE, WHOLE & ~TIE)


def mask(*values, dtype=bool):
    return np.array([values], dtype)


def test_counts_of_a_mask():
    # accepts two safe cells and one hazard; the tie and the cell off the map do not count
    found = score_mask(mask(1, 0, 1, 1, 0, 1, 0, 1), TRUTH)
    assert (found.scored, found.ties) == (6, 1)
    assert (found.safe, found.easy, found.accepted) == (4, 3, 3)
    assert (found.false_safe, found.missed, found.missed_easy) == (1, 2, 2)
    assert found.false_safe_share == pytest.approx(1 / 3)
    assert found.missed_share == pytest.approx(2 / 4)
    assert found.missed_easy_share == pytest.approx(2 / 3)
    assert found.odds is None and "brier" not in found.as_json()


def test_the_perfect_mask_and_the_empty_one():
    perfect = score_mask(SAFE, TRUTH)
    assert (perfect.false_safe, perfect.missed) == (0, 0)
    empty = score_mask(np.zeros_like(SAFE), TRUTH)
    assert np.isnan(empty.false_safe_share) and empty.missed_share == 1.0
    assert empty.as_json()["false_safe"] is None


def test_probabilities():
    odds = mask(0.95, 0.95, 0.3, 0.3, 0.05, 0.5, 1.0, 0.9, dtype=np.float32)
    found = score_mask(odds, TRUTH)
    assert (found.accepted, found.false_safe, found.missed) == (3, 0, 1)
    assert found.odds.cells.tolist() == [1, 0, 0, 2, 0, 0, 0, 0, 0, 3]
    assert found.odds.safe.tolist() == [0, 0, 0, 1, 0, 0, 0, 0, 0, 3]
    assert found.odds.observed[3] == 0.5
    assert found.odds.predicted[9] == pytest.approx((0.95 + 0.95 + 1.0) / 3)
    assert np.isnan(found.odds.observed[5])
    by_hand = (0.05**2 + 0.05**2 + 0.7**2 + 0.3**2 + 0.05**2 + 0.0) / 6
    assert found.odds.brier == pytest.approx(by_hand, rel=1e-6)
    assert found.odds.worst() == pytest.approx(0.2, abs=1e-6)
    assert found.odds.worst(least_cells=3) == pytest.approx(1 - 2.9 / 3, abs=1e-6)
    assert np.isnan(found.odds.worst(least_cells=4))
    stricter = score_mask(odds, TRUTH, accept=0.97)
    assert (stricter.accepted, stricter.missed_easy) == (1, 2)
    held = found.as_json()["calibration"]
    assert [row["cells"] for row in held] == found.odds.cells.tolist()
    assert held[5]["observed"] is None


def test_edges_of_deciles():
    truth = Truth(None, None, None, *(np.ones((1, 11), bool),) * 2, *(np.zeros((1, 11), bool),),
                  np.ones((1, 11), bool))  # fmt: skip
    found = score_mask((np.arange(11) / 10).astype(np.float32)[None], truth)
    assert found.odds.cells.tolist() == [1] * 9 + [2]


def test_scores_add_up():
    odds = mask(0.95, 0.95, 0.3, 0.3, 0.05, 0.5, 1.0, 0.9, dtype=np.float32)
    one, other = score_mask(odds, TRUTH), score_mask(1 - odds, TRUTH)
    both = one + other
    assert both.scored == 12 and both.accepted == one.accepted + other.accepted
    assert both.odds.cells.sum() == 12
    assert both.odds.brier == pytest.approx((one.odds.brier + other.odds.brier) / 2)
    assert (one + score_mask(SAFE, TRUTH)).odds is None


def test_a_mask_of_another_shape():
    with pytest.raises(SceneError, match="a mask of 8 x 1 cells: the scene has 1 x 8"):
        score_mask(SAFE.T, TRUTH)


def test_the_write_up_of_scores():
    odds = mask(0.95, 0.95, 0.3, 0.3, 0.05, 0.5, 1.0, 0.9, dtype=np.float32)
    names = list(table.DETECTORS)
    one = {(n, rule): score_mask(SAFE, TRUTH) for n in names for rule in ("disc", "stand")}
    name, rule = next(iter(table.PREDICTS.items()))
    one[name, rule] = score_mask(odds, TRUTH)
    text = table.write_up({number: one for number in range(1000, 1012)})
    assert "scenes 1000 to 1011, 2 of each condition" in text
    assert f"| {names[0]} | 0.00 % | 0.00 % | 0.00 % | 0.00 %" in text
    assert text.count("12 cells; 66.7 % are safe by the disc") == 6
    # per condition 2 scenes, whose fourth decile is predicted at 0.3 and is safe in a half
    gaps = "| -5.0 | - | - | +20.0 | - | - | - | - | - | +3.3 | 0 | "
    assert text.count(gaps) == 6
    assert "$" not in text
