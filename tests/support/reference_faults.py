"""Faults of measurements as the table of docs/faults.md says them, in numpy over a whole series.

A unit's readings are an array (ticks, numbers) and flags (ticks, numbers); `due` says when it
reports. Nothing here is shared with the kernel but the random numbers of a row's stream.
"""

import numpy as np
from scipy.spatial.transform import Rotation
from scipy.special import ndtri


def rotated(q, by):
    """Return scalar-first quaternions times rotation vectors in the body."""
    first = Rotation.from_quat(np.asarray(q), scalar_first=True)
    return (first * Rotation.from_rotvec(by)).as_quat(scalar_first=True)


def late(x, valid, on, ticks):
    """Return the series so many ticks later; zero and no flag until the first comes through."""
    out, flags = x.copy(), valid.copy()
    first = int(np.argmax(on))
    for k in np.flatnonzero(on):
        if k - first >= ticks:
            out[k], flags[k] = x[k - ticks], valid[k - ticks]
        else:
            out[k], flags[k] = 0.0, False
    return out, flags


def spoiled(kind, x, valid, due, on, *, value=0.0, uniforms=(), sigma=None):
    """Return readings and flags of a unit that fails in the ticks `on`."""
    x, valid = x.copy(), valid.copy()
    if kind == "late":
        return late(x, valid, on, round(100.0 * value))
    hit = np.flatnonzero(on & due)
    first = int(np.argmax(on))
    if kind == "silent":
        valid[hit] = False
    elif kind == "stuck":
        before = np.flatnonzero(due[:first] & valid[:first].any(axis=1))[-1]
        x[hit], valid[hit] = x[before], valid[before]
    elif kind == "zero":
        x[hit], valid[hit] = 0.0, True
    elif kind == "pinned":
        x[hit], valid[hit] = value, True
    elif kind == "weak_echo":
        valid[hit[x[hit, 0] > value]] = False
    elif kind == "bias":
        x[hit] += value
    elif kind == "drift":
        x[hit] += value * (hit - first)[:, None] / 100.0
    elif kind == "scale":
        x[hit] *= value
    elif kind == "spike":
        x[hit[np.asarray(uniforms[: len(hit)]) < 0.1]] += value
    elif kind == "noise":
        n = ndtri(np.asarray(uniforms[: hit.size * x.shape[1]])).reshape(hit.size, x.shape[1])
        x[hit] += np.sqrt(value**2 - 1.0) * np.broadcast_to(sigma, x.shape[1]) * n
    elif kind == "saturated":
        x[hit] = np.clip(x[hit], -value, value)
    elif kind == "duplicated":
        x[hit[1::2]], valid[hit[1::2]] = x[hit[0:-1:2]], valid[hit[0:-1:2]]
    elif kind == "sign":
        x[hit] = -x[hit]
    elif kind == "flag":
        valid[hit] = ~valid[hit]
    else:
        raise ValueError(kind)
    return x, valid
