"""Distance to the nearest cell that is not good, for Python: the same bits on any thread count."""

import numpy as np

from farside.ext.terrain.clearance cimport NO_BAD_CELL, ClearanceWorkspace, write_clearance


def clearance(const unsigned char[:, ::1] good, double cell_m, float[:, ::1] distance_m):
    """Write the distance from every cell to the nearest that is not good [m]; 1e6 cells if all are.

    Parameters
    ----------
    good : uint8 (rows, cols)
        0 where a cell is not good.
    cell_m : float
        Side of a square cell.
    distance_m : float32 (rows, cols)
        Written.

    Raises
    ------
    ValueError
        Where the shapes differ or a side has 16384 cells or more.
    """
    cdef ClearanceWorkspace work
    cdef int rows = <int> good.shape[0], cols = <int> good.shape[1]
    cdef int[::1] steps, vertex
    cdef double[::1] level, start
    if distance_m.shape[0] != rows or distance_m.shape[1] != cols:
        raise ValueError("the map and its distances differ in shape")
    if rows >= NO_BAD_CELL or cols >= NO_BAD_CELL:
        raise ValueError(f"a map of {rows} x {cols} cells: at most {NO_BAD_CELL - 1} a side")
    if rows == 0 or cols == 0:
        return
    steps = np.empty(rows * <Py_ssize_t> cols, np.int32)
    vertex = np.empty(cols, np.int32)
    level, start = np.empty(cols), np.empty(cols + 1)
    work.steps = &steps[0]
    work.envelope.vertex = &vertex[0]
    work.envelope.level = &level[0]
    work.envelope.start = &start[0]
    with nogil:
        write_clearance(&good[0, 0], rows, cols, cell_m, &work, &distance_m[0, 0])
