# Crossings of directions with the edges of a grid, as arrays.

import numpy as np

from farside.ext.terrain.horizon_path cimport (
    Edges, MOST_DEGREE, Reach, group_edges, trace_edges,
)


def crossings(
    const double[::1] across, const double[::1] down, double length_m, double least_m,
    double most_m, double step_m, double radius_m, double group_m,
):
    """Return the edges that a direction crosses, and their groups.

    `across` and `down` are X_n and Y_n of horizon_path.pxd, the zeroth of them 0. Returns rows and
    columns (N, 2) of the vertices; share, reach [1/m] and drop (3, N); runs (G, 6) and bounds
    (G, 3) of the groups.
    """
    cdef Edges edges
    cdef Reach reach
    cdef int degree = <int> across.shape[0] - 1, found
    cdef Py_ssize_t room
    if degree < 1 or degree > MOST_DEGREE or down.shape[0] != across.shape[0]:
        raise ValueError("both polynomials have one degree, 1 to 15")
    if across[0] != 0.0 or down[0] != 0.0:
        raise ValueError("a direction begins at its observer")
    if not (0.0 <= least_m < most_m and 0.0 < step_m <= group_m and 0.0 < length_m):
        raise ValueError("distances must grow")
    if not (most_m / step_m < 1e6 and 0.0 < radius_m and most_m < 3.0 * radius_m):
        raise ValueError("more than a million steps, or round the Moon")
    room = 9 * <Py_ssize_t> (most_m / step_m) + 16
    cdef int[:, ::1] rows = np.empty((room, 2), np.int32), cols = np.empty((room, 2), np.int32)
    cdef float[:, ::1] numbers = np.empty((3, room), np.float32)
    reach.least, reach.most, reach.step, reach.radius = least_m, most_m, step_m, radius_m
    edges.room = room
    edges.rows = &rows[0, 0]
    edges.cols = &cols[0, 0]
    edges.share = &numbers[0, 0]
    edges.reach = &numbers[1, 0]
    edges.drop = &numbers[2, 0]
    with nogil:
        trace_edges(&edges, &across[0], &down[0], degree, length_m, &reach)
    n = edges.count
    cdef int[:, ::1] runs = np.empty((n + 1, 6), np.int32)
    cdef float[:, ::1] bounds = np.empty((n + 1, 3), np.float32)
    with nogil:
        found = group_edges(&edges, group_m, radius_m, &runs[0, 0], &bounds[0, 0])
    return (
        np.asarray(rows)[:n], np.asarray(cols)[:n],
        np.ascontiguousarray(np.asarray(numbers)[:, :n]), np.asarray(runs)[:found],
        np.asarray(bounds)[:found],
    )
