"""Which accelerometer alone is not believed, once more: runs of equal readings found by numpy.

Written from the words of ext/navigation/accel_axis.pxd in another form: a whole record at once, by
the lengths of runs, in place of counters that go on from tick to tick.
"""

import numpy as np

#: Equal readings on end that say: no noise; and those that, with noise, are a fault.
FEW, MANY = 25, 50
#: Ticks without FEW that show noise.
SHOWN = 1000


def run_lengths(read):
    """Repeats on end up to each tick: 0 where a reading is not the one before, (N,)."""
    at = np.arange(len(read))
    same = np.concatenate([[False], read[1:] == read[:-1]])
    return at - np.maximum.accumulate(np.where(same, -1, at))


def ticks_since(happened):
    """Ticks since something last happened, at each tick; from the first where it never has."""
    at = np.arange(len(happened))
    return at - np.maximum.accumulate(np.where(happened, at, -1))


def refused_axes(read, told_mps, across_sigma, noise_mps, back=50):
    """Whether each axis is refused in each tick, (N, 3), for readings (N, 3) [m/s] in flight.

    The engine burns all the time and no flag is set; told_mps is F dt / m, (N,). What has shown
    noise keeps it: runs of FEW count only before SHOWN ticks have passed without one. What speaks
    against all three in a tick speaks against none alone.
    """
    runs = np.column_stack([run_lengths(x) for x in read.T])
    steps = np.abs(np.diff(read, axis=0, prepend=0.0))
    step = np.minimum.accumulate(np.where(steps > 0.0, steps, np.inf).min(axis=1))
    fits = step < 3.0 * noise_mps
    together = ticks_since((runs >= FEW).all(axis=1)) >= SHOWN
    whole = (runs > 0).all(axis=1) | (read == 0.0).all(axis=1) | (read[:, 2] < -0.5 * told_mps)
    out = np.zeros(read.shape, bool)
    noisy = np.empty(read.shape, bool)
    for axis in range(3):
        first = np.flatnonzero(ticks_since(runs[:, axis] >= FEW) >= SHOWN)
        noisy[:, axis] = np.arange(len(read)) >= (first[0] if len(first) else len(read))
    for axis in range(3):
        few = runs[:, axis] >= FEW
        # the two across show it for the one along the thrust
        shown = noisy[:, axis] | (axis == 2) & noisy[:, 0] & noisy[:, 1]
        began = np.arange(len(read)) - runs[:, axis]
        if axis < 2:
            off = np.abs(read[:, axis]) > 2.0 * across_sigma * told_mps
            wrong = shown & off
        else:
            moved = np.abs(told_mps - told_mps[began]) > 1.5 * step
            moved |= np.abs(read[:, 2] - told_mps) > 0.5 * told_mps
            wrong = np.where(read[:, 2] == 0.0, together | (shown & moved), shown & moved)
        wrong &= fits & ~whole & (runs[:, axis] > MANY)
        fresh = ticks_since(few) >= back
        refused = False
        for tick in range(len(read)):
            refused = (refused and not fresh[tick]) or bool(wrong[tick])
            out[tick, axis] = refused
    return out
