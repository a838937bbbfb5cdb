"""Scores: what a mask accepts that is not safe, what it misses, and whether its odds are true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.scenes.scene import SceneError
from farside.scenes.truth import Truth

DECILES = 10


@dataclass(frozen=True, eq=False)
class Odds:
    """How probabilities came true, by decile: [0, 0.1), [0.1, 0.2) ... [0.9, 1].

    Attributes
    ----------
    cells, safe : ndarray of int64, (10,)
        Cells whose probability lies in the decile, and how many of them are truly safe.
    total : ndarray, (10,)
        Sum of their probabilities [-].
    square : float
        Sum over all cells of (probability - truth)^2 [-].

    Examples
    --------
    >>> import numpy as np
    >>> from farside.scenes import score_mask, truth_of
    >>> truth = truth_of(7)
    >>> odds = score_mask(np.full(truth.safe.shape, 0.5), truth).odds  # one half everywhere
    >>> odds.brier  # (0.5 - 0)^2 or (0.5 - 1)^2
    0.25
    >>> round(float(odds.observed[5]), 2), round(odds.worst(least_cells=1000), 2)
    (0.17, 0.33)
    """

    cells: NDArray[np.int64]
    safe: NDArray[np.int64]
    total: NDArray[np.float64]
    square: float

    def __add__(self, other: Odds) -> Odds:
        """Pool two scenes."""
        return Odds(
            self.cells + other.cells,
            self.safe + other.safe,
            self.total + other.total,
            self.square + other.square,
        )

    @property
    def brier(self) -> float:
        """Mean of (probability - truth)^2; NaN without cells."""
        return _ratio(self.square, int(self.cells.sum()))

    @property
    def predicted(self) -> NDArray[np.float64]:
        """Mean probability of each decile; NaN where it is empty."""
        return _ratios(self.total, self.cells)

    @property
    def observed(self) -> NDArray[np.float64]:
        """Share of each decile that is truly safe; NaN where it is empty."""
        return _ratios(self.safe, self.cells)

    def worst(self, least_cells: int = 1) -> float:
        """Return the greatest gap of observed and predicted over deciles of so many cells; or NaN.

        Parameters
        ----------
        least_cells : int
            Deciles of fewer cells are left out.

        Returns
        -------
        float
            A probability; NaN where no decile is left.
        """
        held = self.cells >= max(least_cells, 1)
        return float(np.abs(self.observed - self.predicted)[held].max()) if held.any() else np.nan


@dataclass(frozen=True, eq=False)
class Score:
    """Counts of cells; scores of scenes add up.

    Attributes
    ----------
    scored : int
        Cells whose whole footprint is on the map, less ties.
    ties : int
        Cells within 1e-5 m of a limit, left out.
    safe, easy : int
        Cells truly safe; and those of them with a deviation of at most 0.15 m on a slope of at most
        7.5 deg.
    accepted, false_safe : int
        Cells that the mask accepts, and those of them that are not safe.
    missed, missed_easy : int
        Safe, and easy, cells that it does not accept.
    odds : Odds or None
        Of a mask of probabilities.

    Examples
    --------
    >>> from farside.scenes import score_mask, truth_of
    >>> truth = truth_of(7)
    >>> score = score_mask(truth.slope_deg < 8.0, truth)  # blind to rocks
    >>> f"{score.false_safe_share:.0%} of what it accepts is not safe"
    '69% of what it accepts is not safe'
    """

    scored: int
    ties: int
    safe: int
    easy: int
    accepted: int
    false_safe: int
    missed: int
    missed_easy: int
    odds: Odds | None = None

    def __add__(self, other: Score) -> Score:
        """Pool two scenes."""
        both = self.odds is not None and other.odds is not None
        return Score(
            self.scored + other.scored,
            self.ties + other.ties,
            self.safe + other.safe,
            self.easy + other.easy,
            self.accepted + other.accepted,
            self.false_safe + other.false_safe,
            self.missed + other.missed,
            self.missed_easy + other.missed_easy,
            self.odds + other.odds if both and self.odds and other.odds else None,
        )

    @property
    def false_safe_share(self) -> float:
        """Share of the accepted cells that are not safe; NaN where none is accepted."""
        return _ratio(self.false_safe, self.accepted)

    @property
    def missed_share(self) -> float:
        """Share of the safe cells that are not accepted; NaN where none is safe."""
        return _ratio(self.missed, self.safe)

    @property
    def missed_easy_share(self) -> float:
        """Share of the easy cells that are not accepted; NaN where none is easy."""
        return _ratio(self.missed_easy, self.easy)

    def as_json(self) -> dict[str, Any]:
        """Return counts and shares, None where a share has no meaning.

        Returns
        -------
        dict
            As `farside scenes score --json` prints it.
        """
        out: dict[str, Any] = {
            "scored_cells": self.scored,
            "ties_left_out": self.ties,
            "safe_cells": self.safe,
            "easy_cells": self.easy,
            "accepted_cells": self.accepted,
            "false_safe_cells": self.false_safe,
            "missed_safe_cells": self.missed,
            "missed_easy_cells": self.missed_easy,
            "false_safe": _or_none(self.false_safe_share),
            "missed_safe": _or_none(self.missed_share),
            "missed_easy": _or_none(self.missed_easy_share),
        }
        if self.odds is not None:
            odds = self.odds
            out["brier"] = _or_none(odds.brier)
            out["calibration"] = [
                {
                    "from": part / DECILES,
                    "to": (part + 1) / DECILES,
                    "cells": int(odds.cells[part]),
                    "predicted": _or_none(odds.predicted[part]),
                    "observed": _or_none(odds.observed[part]),
                }
                for part in range(DECILES)
            ]
        return out


def score_mask(
    mask: NDArray[np.bool_] | NDArray[np.floating], truth: Truth, accept: float = 0.5
) -> Score:
    """Score a mask against the truth of its scene.

    Parameters
    ----------
    mask : ndarray, (rows, cols), bool or float
        Whether, or with what probability, a lander stands safely with its middle on a cell's.
    truth : Truth
        Of the scene.
    accept : float
        Probability from which a cell counts as accepted.

    Returns
    -------
    Score
        Counts and shares.

    Raises
    ------
    SceneError
        If the shape is not the scene's.

    Examples
    --------
    >>> from farside.scenes import score_mask, truth_of
    >>> truth = truth_of(7)
    >>> perfect = score_mask(truth.safe, truth)
    >>> perfect.safe, perfect.false_safe, perfect.missed  # cells
    (36392, 0, 0)
    """
    if mask.shape != truth.safe.shape:
        rows, cols = truth.safe.shape
        raise SceneError(
            f"a mask of {' x '.join(map(str, mask.shape))} cells: the scene has {rows} x {cols}"
        )
    held = truth.scored
    safe, easy = truth.safe[held], truth.easy[held]
    given = mask[held]
    taken = (given if given.dtype == np.bool_ else given >= accept).astype(np.bool_)
    return Score(
        scored=int(held.sum()),
        ties=int(truth.tie.sum()),
        safe=int(safe.sum()),
        easy=int(easy.sum()),
        accepted=int(taken.sum()),
        false_safe=int((taken & ~safe).sum()),
        missed=int((safe & ~taken).sum()),
        missed_easy=int((easy & ~taken).sum()),
        odds=None if given.dtype == np.bool_ else _odds(given.astype(np.float64), safe),
    )


def _odds(given: NDArray[np.float64], safe: NDArray[np.bool_]) -> Odds:
    # in single precision 0.3 is a little more than 0.3: the edges are met to 1e-6
    part = np.minimum(np.floor(given * DECILES + 1e-6).astype(np.intp), DECILES - 1)
    return Odds(
        np.bincount(part, minlength=DECILES),
        np.bincount(part[safe], minlength=DECILES),
        np.bincount(part, weights=given, minlength=DECILES).astype(np.float64),
        float(np.sum((given - safe) ** 2)),
    )


def _ratio(part: float, whole: int) -> float:
    return part / whole if whole else float("nan")


def _ratios(part: NDArray[Any], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    out = np.full(whole.shape, np.nan)
    np.divide(part, whole, out=out, where=whole > 0)
    return out


def _or_none(share: float) -> float | None:
    return None if np.isnan(share) else float(share)
