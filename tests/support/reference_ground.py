"""Brute-force twins of the ground's kernels, in float64 numpy."""

import numpy as np


def places(model_axes, arc_m, radius_m, p_site):
    """Arcs and radial heights of points (n, 3), from the definitions."""
    along, across, _ = model_axes
    centred = p_site + np.array([0.0, 0.0, radius_m])
    r = np.linalg.norm(centred, axis=-1)
    u = arc_m * np.arctan2(centred @ along, centred[..., 2])
    v = arc_m * np.arcsin(centred @ across / r)
    return u, v, r - radius_m


def bilinear(z, u0, v0, cell, u, v):
    """Bilinear heights on one grid; NaN outside."""
    x, y = (u - u0) / cell, (v - v0) / cell
    rows, cols = z.shape
    inside = (x >= 0) & (y >= 0) & (x <= cols - 1) & (y <= rows - 1)
    i = np.clip(np.floor(np.where(inside, x, 0)).astype(int), 0, cols - 2)
    j = np.clip(np.floor(np.where(inside, y, 0)).astype(int), 0, rows - 2)
    x, y = x - i, y - j
    z = np.asarray(z, dtype=np.float64)
    low = z[j, i] * (1 - x) + z[j, i + 1] * x
    high = z[j + 1, i] * (1 - x) + z[j + 1, i + 1] * x
    return np.where(inside, low * (1 - y) + high * y, np.nan)


def height(grids, u, v):
    """Return the height on the first of the grids (z, u0, v0, cell) that holds a place."""
    out = np.full(np.shape(u), np.nan)
    for grid in grids:
        out = np.where(np.isnan(out), bilinear(*grid, u, v), out)
    return out


def march(above, start, stop, step):
    """Find the first zero of above(t) by steps, then by bisection; NaN if there is none."""
    t = np.arange(start, stop, step)
    under = np.nonzero(above(t) <= 0.0)[0]
    if not under.size:
        return np.nan
    if under[0] == 0:
        return start
    lo, hi = t[under[0] - 1], t[under[0]]
    for _ in range(60):
        mid = 0.5 * (lo + hi)
        lo, hi = (lo, mid) if above(np.array([mid]))[0] <= 0.0 else (mid, hi)
    return hi


def rms_difference(z, cells):
    """Return the rms height difference over a lag of whole cells, along both axes."""
    along, across = z[:, cells:] - z[:, :-cells], z[cells:] - z[:-cells]
    return float(np.sqrt(0.5 * (np.mean(along**2) + np.mean(across**2))))


def plane_fit(x, y, z):
    """Slope [deg] and largest residual [m] of the least-squares plane, by the normal equations."""
    design = np.stack([x, y, np.ones_like(x)], axis=-1)
    best, *_ = np.linalg.lstsq(design, z, rcond=None)
    return np.degrees(np.arctan(np.hypot(best[0], best[1]))), np.max(np.abs(z - design @ best))
