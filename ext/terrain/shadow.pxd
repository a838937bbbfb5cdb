# Which unseen cells the known ground hides from the sensor: farside.terrain.shadow, cell by cell.

from libc.math cimport INFINITY, sqrt

from farside.ext.terrain.points cimport GridGeometry


cdef inline double to_whole(double x) noexcept nogil:
    """x rounded to the nearest whole number, halves to the even one; |x| < 2^51."""
    return (x + 6755399441055744.0) - 6755399441055744.0    # 1.5 * 2^52


cdef inline void fill_low(
    const float* heights, const unsigned char* seen, int rows, int cols, float* ground, int* queue
) noexcept nogil:
    """Write the heights, with every unseen cell at the lowest height seen around its hole [m].

    A hole is what hangs together by sides and corners. `queue` holds rows x cols cells.
    """
    cdef int k, n = rows * cols, first, last, at, i, j, y, x
    cdef float low
    for k in range(n):
        ground[k] = heights[k] if seen[k] else <float> INFINITY
    for k in range(n):
        if seen[k] or ground[k] != <float> INFINITY:
            continue
        low = <float> INFINITY
        queue[0] = k
        ground[k] = -<float> INFINITY     # is in the queue
        first = 0
        last = 1
        while first < last:
            at = queue[first]
            first += 1
            i = at // cols
            j = at % cols
            for y in range(max(i - 1, 0), min(i + 2, rows)):
                for x in range(max(j - 1, 0), min(j + 2, cols)):
                    at = y * cols + x
                    if seen[at]:
                        low = min(low, heights[at])
                    elif ground[at] == <float> INFINITY:
                        ground[at] = -<float> INFINITY
                        queue[last] = at
                        last += 1
        # As low as its rim; a finite number even where no rim was seen.
        for at in range(last):
            ground[queue[at]] = low if low < <float> 3e38 else <float> 3e38


cdef inline bint hides(
    const float* ground, const unsigned char* seen, const GridGeometry* grid, double top,
    int row, int col, const double* sensor
) noexcept nogil:
    """Return whether known ground stands above the line from an unseen cell to the sensor."""
    # From the cell towards the sensor: one cell at a time along the ground, so much up per step.
    cdef double away_col = (sensor[0] - grid.east_m) / grid.cell_east_m - col
    cdef double away_row = (sensor[1] - grid.north_m) / grid.cell_north_m - row
    cdef double distance = sqrt(away_row * away_row + away_col * away_col)     # [cells]
    cdef double step_row, step_col, start, climb, line
    cdef int step, i, j
    if not distance > 1.0:      # no ground stands between the sensor and the cell beneath it
        return False
    step_row = away_row / distance
    step_col = away_col / distance
    start = ground[row * grid.cols + col]
    climb = (sensor[2] - start) / distance      # [m] per cell
    for step in range(1, 2 * max(grid.rows, grid.cols)):
        line = start + climb * step
        if not (line < top and step < distance):
            return False
        i = <int> to_whole(row + step_row * step)
        j = <int> to_whole(col + step_col * step)
        if not (0 <= i < grid.rows and 0 <= j < grid.cols):
            return False
        if seen[i * grid.cols + j] and ground[i * grid.cols + j] > line:
            return True
    return False


cdef inline bint find_hidden(
    const float* ground, const unsigned char* seen, const GridGeometry* grid, const double* sensor,
    unsigned char* open
) noexcept nogil:
    """Write 0 where a cell is hidden from the sensor, else 1; return 0 for a sensor too low."""
    cdef int k, n = grid.rows * grid.cols
    cdef double top = ground[0]
    for k in range(n):
        top = max(top, <double> ground[k])
    if not sensor[2] > top:
        return False
    for k in range(n):
        open[k] = seen[k] or not hides(
            ground, seen, grid, top, k // grid.cols, k % grid.cols, sensor)
    return True
