"""The fit of a profile of ranges to the map of heights: search, self-check, place."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common import deterministic
from farside.ext.common.numbers import numbers
from farside.ext.navigation._profile import misfits, normal_equations
from farside.navigation.map_fix import principal_axes
from farside.navigation.terrain_profile import (
    HeightMap,
    ProfileError,
    ProfileFix,
    ProfileLimits,
    ProfileVerdict,
)

Array = NDArray[np.float64]

_TICK_S = 0.01
_MOST_RANGES = 100_000
#: Steps of the search to a cell, and offsets along an axis at most.
_STEPS_PER_CELL, _MOST_STEPS = 2.0, 801
#: Deviations of the place that are searched, each side.
_SEARCH_SIGMAS = 3.0
#: Another minimum counts as another place from so many cells away.
_APART_CELLS = 3.0
_REFINEMENTS = 10
#: Share of the search that the map has to hold.
_HELD_SHARE = 0.9


@dataclass(frozen=True, eq=False)
class _Case:
    """A profile and what it is fitted to: samples u, v, z, t, w; prior of the offset in u, v."""

    onboard: HeightMap
    samples: Array
    variances: Array  # of height and of its change [m^2]
    prior: Array  # inverse covariance [1/m^2]
    half_m: Array

    @property
    def frame(self) -> Array:
        """First node and cell of the map [m]."""
        return np.array([self.onboard.u0_m, self.onboard.v0_m, self.onboard.cell_m])


def profile_fix(
    onboard: HeightMap,
    ticks: ArrayLike,
    r_site: ArrayLike,
    look_site: ArrayLike,
    range_m: ArrayLike,
    covariance_m2: ArrayLike,
    limits: ProfileLimits | None = None,
) -> ProfileFix:
    """Return where the lander is, by the ranges of the last kilometres.

    Parameters
    ----------
    onboard : HeightMap
    ticks : (n,) array of int
        Of the ranges, rising.
    r_site : (n, 3) array
        Estimated places of the altimeter [m].
    look_site : (n, 3) array
        Estimated directions of the beam, unit vectors.
    range_m : (n,) array
        [m]; not-a-number where there was no echo.
    covariance_m2 : (2, 2) array
        Of the estimated place, east and north [m^2].
    limits : ProfileLimits, optional

    Returns
    -------
    ProfileFix
        Its verdict says whether it is a place.

    Raises
    ------
    ProfileError
        Shapes or numbers that cannot be.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.navigation import HeightMap, profile_fix
    >>> v, u = np.mgrid[-60:61, -60:61] * 100.0
    >>> hills = 80.0 * np.sin(u / 700.0 + 1e-7 * v * v) * np.cos(v / 900.0 + 3e-8 * u * u)
    >>> onboard = HeightMap(
    ...     hills, -6000.0, -6000.0, 100.0, 1737400.0, np.array([1.0, 0.0, 0.0]), 2.0)
    >>> along = np.arange(-3000.0, 3001.0, 50.0)
    >>> true = np.stack([along, 0.3 * along, 0.0 * along + 3000.0], axis=-1)
    >>> arcs = onboard.arcs(true)
    >>> ground = 80.0 * np.sin(arcs[:, 0] / 700.0 + 1e-7 * arcs[:, 1] ** 2)
    >>> ground *= np.cos(arcs[:, 1] / 900.0 + 3e-8 * arcs[:, 0] ** 2)
    >>> up = true + [0.0, 0.0, 1737400.0]
    >>> up /= np.sqrt((up * up).sum(axis=1))[:, None]
    >>> fix = profile_fix(
    ...     onboard, np.arange(len(along)) * 10, true + [400.0, -300.0, 25.0], -up,
    ...     arcs[:, 2] - ground, np.diag([500.0**2] * 2))
    >>> fix.verdict.value, [round(float(each), -1) for each in fix.place_m]
    ('fixed', [3000.0, 900.0])
    """
    limits = limits or ProfileLimits()
    tick, place, look, ranges = _checked(ticks, r_site, look_site, range_m)
    held = np.isfinite(ranges)
    here = onboard.arcs(place[-1:])[0]
    if int(held.sum()) < limits.least_samples:
        return _refused(ProfileVerdict.SHORT, int(tick[-1]), int(held.sum()))
    ends = onboard.arcs(place[held] + ranges[held, None] * look[held])
    duration_s = float(tick[held][-1] - tick[held][0]) * _TICK_S
    middle = 0.5 * float(tick[held][-1] + tick[held][0]) * _TICK_S
    times = (tick[held] * _TICK_S - middle) / max(0.5 * duration_s, _TICK_S)
    samples = _samples(np.column_stack([ends, times]), onboard, limits.range_sigma_m)
    if len(samples) < limits.least_samples:
        return _refused(ProfileVerdict.SHORT, int(tick[-1]), len(samples))
    spread = _in_arcs(onboard, covariance_m2)
    half = np.array([_SEARCH_SIGMAS * math.sqrt(spread[k, k]) for k in range(2)])
    half = np.maximum(half, 4.0 * onboard.cell_m)
    if float(half.max()) * _STEPS_PER_CELL / onboard.cell_m > _MOST_STEPS // 2:
        raise ProfileError(
            f"a search of {half.max():.0f} m on cells of {onboard.cell_m:g} m; "
            "give a coarser map or a smaller covariance"
        )
    climb_m = limits.climb_sigma_mps * 0.5 * duration_s
    case = _Case(
        onboard,
        samples,
        np.array([limits.height_sigma_m**2, max(climb_m * climb_m, 1e-4)]),
        _inverse_2(spread),
        half,
    )
    lag_m = limits.speed_sigma_mps * 0.5 * duration_s
    beam_m = limits.beam_sigma_rad * float(ranges[held].max())
    common_m2 = lag_m * lag_m + beam_m * beam_m
    fix = _fitted(case, limits, int(tick[-1]), here, common_m2)
    return replace(fix, common_m2=beam_m * beam_m)


def _checked(
    ticks: ArrayLike, r_site: ArrayLike, look_site: ArrayLike, range_m: ArrayLike
) -> tuple[NDArray[np.int64], Array, Array, Array]:
    tick = np.asarray(ticks)
    named = {"r_site": r_site, "look_site": look_site, "range_m": range_m}
    place, look, ranges = (numbers(a, name, ProfileError) for name, a in named.items())
    n = len(tick) if tick.ndim == 1 else 0
    if not 1 <= n <= _MOST_RANGES or tick.dtype.kind not in "iu":
        raise ProfileError(f"ticks are 1 to {_MOST_RANGES} whole numbers")
    if place.shape != (n, 3) or look.shape != (n, 3) or ranges.shape != (n,):
        raise ProfileError("one place, one direction and one range for each tick")
    if not (np.isfinite(place).all() and np.isfinite(look).all()):
        raise ProfileError("places and directions are finite; only a range may be missing")
    if not (np.diff(tick.astype(np.int64)) > 0).all() or (ranges < 0.0).any():
        raise ProfileError("ticks rise, and ranges are 0 m or more")
    squares = look[:, 0] * look[:, 0] + look[:, 1] * look[:, 1] + look[:, 2] * look[:, 2]
    if not (np.abs(squares - 1.0) < 1e-6).all():
        raise ProfileError("directions are unit vectors")
    return tick.astype(np.int64), place, look, ranges


def _refused(verdict: ProfileVerdict, tick: int, samples: int, **told: float) -> ProfileFix:
    nothing = np.full(2, math.nan)
    return ProfileFix(verdict, tick, nothing, nothing, nothing, nothing, samples=samples, **told)


def _samples(profile: Array, onboard: HeightMap, range_sigma_m: float) -> Array:
    """Return means of u, v, z, t over each cell of the way, with their weights, (n, 5)."""
    step = np.diff(profile[:, :2], axis=0)
    way = [0.0]
    for length in np.sqrt(step[:, 0] * step[:, 0] + step[:, 1] * step[:, 1]).tolist():
        way.append(way[-1] + length)
    groups: dict[int, list[int]] = {}
    for index, far in enumerate(way):
        groups.setdefault(int(far / onboard.cell_m), []).append(index)
    spacing = max(way[-1] / max(len(groups) - 1, 1), 1e-3)
    # errors that hold together over several samples count once
    together = max(onboard.correlation_m / spacing, 1.0)
    rows = []
    for held in groups.values():
        part = profile[held]
        means = [math.fsum(part[:, k]) / len(held) for k in range(4)]
        variance = onboard.sigma_m**2 * together + range_sigma_m**2 / len(held)
        rows.append([*means, 1.0 / variance])
    return np.array(rows)


def _in_arcs(onboard: HeightMap, covariance_m2: ArrayLike) -> Array:
    """Return a covariance of east and north as one of u and v."""
    given = numbers(covariance_m2, "a covariance", ProfileError)
    if given.shape != (2, 2) or not np.isfinite(given).all():
        raise ProfileError("a covariance of the place is 2 x 2 finite numbers [m^2]")
    determinant = given[0, 0] * given[1, 1] - given[0, 1] * given[1, 0]
    if not (given[0, 0] > 0.0 and determinant > 0.0 and given[0, 1] == given[1, 0]):
        raise ProfileError("a covariance is symmetric and positive definite")
    a, b = float(onboard.along_site[0]), float(onboard.along_site[1])
    turn = np.array([[a, b], [-b, a]])
    return deterministic.product(deterministic.product(turn, given), turn.T)


def _inverse_2(m: Array) -> Array:
    determinant = m[0, 0] * m[1, 1] - m[0, 1] * m[1, 0]
    return np.asarray(np.array([[m[1, 1], -m[0, 1]], [-m[1, 0], m[0, 0]]]) / determinant)


def _fitted(
    case: _Case, limits: ProfileLimits, tick: int, here: Array, common_m2: float
) -> ProfileFix:
    n = len(case.samples)
    surface, du, dv = _searched(case)
    if int(np.isfinite(surface).sum()) < _HELD_SHARE * surface.size:
        return _refused(ProfileVerdict.OFF_MAP, tick, n)
    row, col = divmod(int(np.argmin(surface)), len(du))
    at = np.array([du[col], dv[row]])
    refined, normal = _refined(case, at)
    best, slopes, biases = _reduced(case, normal)
    ratio = best / max(n - 4, 1)
    scale = max(ratio, 1.0)
    told = {
        "relief_ratio": _relief_ratio(case),
        "residual_ratio": ratio,
        "second_margin": _second_margin(surface, du, dv, at, case.onboard.cell_m) / scale,
    }
    spread = _inverse_2(slopes + case.prior) * scale + common_m2 * np.eye(2)
    verdict = _verdict(told, limits, spread, at - refined, case)
    if verdict is not ProfileVerdict.FIXED:
        return _refused(verdict, tick, n, **told)
    place, axis, variance = _placed(case.onboard, here, refined, spread)
    higher = -float(biases[0] + biases[1])
    return ProfileFix(
        verdict, tick, place, axis, variance, refined, height_error_m=higher, samples=n, **told
    )


def _searched(case: _Case) -> tuple[Array, Array, Array]:
    """Return the misfit over the search, prior included, and its offsets along u and v."""
    step = case.onboard.cell_m / _STEPS_PER_CELL
    counts = [math.ceil(float(half) / step) for half in case.half_m]
    du, dv = (np.asarray(np.arange(-n, n + 1) * step, np.float64) for n in counts)
    surface = np.empty((len(dv), len(du)))
    misfits(case.onboard.heights_m, case.frame, case.samples, case.variances, du, dv, surface)
    u, v = du[None, :], dv[:, None]
    p = case.prior
    prior = p[0, 0] * u * u + 2.0 * p[0, 1] * u * v + p[1, 1] * v * v
    return np.asarray(surface + prior), du, dv


def _normal(case: _Case, at: Array) -> Array | None:
    out = np.empty((5, 5))
    held = normal_equations(
        case.onboard.heights_m, case.frame, case.samples, float(at[0]), float(at[1]), out
    )
    if not held:
        return None
    out[2, 2] += 1.0 / float(case.variances[0])
    out[3, 3] += 1.0 / float(case.variances[1])
    return out


def _reduced(case: _Case, normal: Array) -> tuple[float, Array, Array]:
    """Return the misfit, H of the offset (2, 2) with b and c solved for, and b and c."""
    inner = _inverse_2(normal[2:4, 2:4])
    cross = normal[:2, 2:4]
    slopes = normal[:2, :2] - deterministic.product(deterministic.product(cross, inner), cross.T)
    biases = deterministic.product(inner, normal[2:4, 4])
    best = float(normal[4, 4]) - deterministic.dot(normal[2:4, 4], biases)
    return max(best, 0.0), slopes, biases


def _refined(case: _Case, at: Array) -> tuple[Array, Array]:
    """Return the offset by Gauss-Newton from `at`, and the normal equations there."""
    start = _normal(case, at)
    if start is None:
        raise ProfileError("the search ended off the map")
    normal, place = start, at
    cost = _cost(case, normal, place)
    for _ in range(_REFINEMENTS):
        _, slopes, biases = _reduced(case, normal)
        right = normal[:2, 4] - deterministic.product(normal[:2, 2:4], biases)
        right = right - deterministic.product(case.prior, place)
        move = deterministic.product(_inverse_2(slopes + case.prior), right)
        tried = place + move
        there = _normal(case, tried)
        while there is None or _cost(case, there, tried) > cost:
            move = 0.5 * move
            if deterministic.length(move) < 1e-3:
                return place, normal
            tried = place + move
            there = _normal(case, tried)
        place, normal, cost = tried, there, _cost(case, there, tried)
    return place, normal


def _cost(case: _Case, normal: Array, at: Array) -> float:
    return _reduced(case, normal)[0] + deterministic.dot(at, deterministic.product(case.prior, at))


def _relief_ratio(case: _Case) -> float:
    """Return the profile's deviation from a straight line over that of its errors."""
    w, t, z = case.samples[:, 4], case.samples[:, 3], case.samples[:, 2]
    z = z - math.fsum(w * z) / math.fsum(w)
    line = math.fsum(w * t * z) / max(math.fsum(w * t * t), 1e-30)
    off = z - line * t
    return math.sqrt(math.fsum(w * off * off) / len(z))


def _second_margin(surface: Array, du: Array, dv: Array, at: Array, cell_m: float) -> float:
    """Return by how much the least misfit that is not next to the best one exceeds it."""
    u, v = du[None, :] - at[0], dv[:, None] - at[1]
    apart = _APART_CELLS * cell_m
    others = surface[u * u + v * v > apart * apart]
    return float(others.min() - surface.min()) if others.size else 0.0


def _verdict(
    told: dict[str, float], limits: ProfileLimits, spread: Array, moved: Array, case: _Case
) -> ProfileVerdict:
    if told["relief_ratio"] < limits.relief_ratio:
        return ProfileVerdict.FLAT
    if told["residual_ratio"] > limits.residual_ratio:
        return ProfileVerdict.MISFIT
    if told["second_margin"] < limits.second_margin:
        return ProfileVerdict.AMBIGUOUS
    if deterministic.length(moved) > 2.0 * case.onboard.cell_m:
        return ProfileVerdict.AMBIGUOUS
    if principal_axes(spread)[1][0] > limits.place_sigma_m**2:
        return ProfileVerdict.COARSE
    return ProfileVerdict.FIXED


def _placed(
    onboard: HeightMap, here: Array, offset: Array, spread: Array
) -> tuple[Array, Array, Array]:
    """Return east and north, first principal axis and variances, of an offset in u and v."""
    moved = here + np.array([offset[0], offset[1], 0.0])
    place = onboard.place(moved)[:2]
    slopes = np.empty((2, 2))
    for k in range(2):
        step = np.zeros(3)
        step[k] = 1.0
        slopes[:, k] = onboard.place(moved + step)[:2] - onboard.place(moved - step)[:2]
    slopes *= 0.5
    east_north = deterministic.product(deterministic.product(slopes, spread), slopes.T)
    axis, variance = principal_axes(east_north)
    return place, axis, variance
