"""Measurements that no sensor makes: one at a time, and at random."""

import numpy as np

from farside.ext.common._records import MEASUREMENTS

NUMBERS = (np.nan, np.inf, -np.inf, 1e308, -1e308, 1e300, 1e12, -1e7, 1e-308, 0.0)
TICKS = (-(2**63), -1, 0, 2**40, 2**62, 2**63 - 1)
WHOLE = (-(2**31), -1, 1, 3, 2**31 - 1)


def values_for(name):
    """Return what a field may be replaced by."""
    if MEASUREMENTS[name].base == np.int64:
        return TICKS
    return NUMBERS if MEASUREMENTS[name].base == np.float64 else WHOLE


def one_by_one():
    """Yield each field with each value that it may be replaced by."""
    for name in MEASUREMENTS.names:
        for value in values_for(name):
            yield name, value


def spoilt(measured, rng):
    """Return measurements, in each of which some fields cannot be; every report may be valid."""
    out = np.array(measured)
    for name in MEASUREMENTS.names:
        values = values_for(name)
        base = MEASUREMENTS[name].base
        hit = rng.random(len(out)) < 0.06
        chosen = rng.integers(0, len(values), len(out))
        flat = out[name].reshape(len(out), -1)
        place = rng.integers(0, flat.shape[1], len(out))
        flat[hit, place[hit]] = np.array(values, base)[chosen[hit]]
    # and some of nothing but random bytes
    size = MEASUREMENTS.itemsize
    whole = np.flatnonzero(rng.random(len(out)) < 0.02)
    noise = rng.integers(0, 256, (len(whole), size), np.uint8)
    out.view(np.uint8).reshape(-1, size)[whole] = noise
    return out


def sound(estimates):
    """Whether every estimate is finite, of unit attitude, with sigmas of 0 or more."""
    for name in estimates.dtype.names:
        column = estimates[name]
        if column.dtype.base == np.float64 and name != "height_m":
            assert np.isfinite(column).all(), name
        if "sigma" in name:
            assert (column >= 0.0).all(), name
    assert not np.isinf(estimates["height_m"]).any()
    length = np.sum(estimates["q_site_body"] ** 2, axis=1)
    assert (np.abs(length - 1.0) < 1e-6).all()
    return True
