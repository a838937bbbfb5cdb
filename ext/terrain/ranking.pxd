# Cells scored and picked: farside.terrain.sites and Assessment.sites, in the same single precision.

from libc.math cimport INFINITY, ceil, fabs, isfinite, sqrt

from farside.ext.terrain.points cimport GridGeometry


cdef struct ScoreWeights:   # farside.terrain.sites.SiteWeights
    double clearance
    double slope
    double roughness
    double cost
    double clearance_scale_m


cdef inline void write_distances(
    const GridGeometry* grid, double here_east_m, double here_north_m, float* cost
) noexcept nogil:
    """Write the distance of every cell from a place [m]."""
    cdef int i, j
    cdef double away
    cdef float north2, east2
    for i in range(grid.rows):
        away = grid.north_m + i * grid.cell_north_m - here_north_m
        north2 = <float> (away * away)
        for j in range(grid.cols):
            away = grid.east_m + j * grid.cell_east_m - here_east_m
            east2 = <float> (away * away)
            cost[i * <Py_ssize_t> grid.cols + j] = <float> sqrt(<double> (north2 + east2))


cdef inline float cheapest(const float* cost, Py_ssize_t n) noexcept nogil:
    """Return the least finite cost; 0 where there is none."""
    cdef float least = <float> INFINITY
    cdef Py_ssize_t k
    for k in range(n):
        if isfinite(cost[k]):
            least = min(least, cost[k])
    return least if isfinite(least) else <float> 0.0


cdef inline float cheapness(float cost, float free, float scale) noexcept nogil:
    """Return 1 / (1 + (cost - free) / scale); 0 where the cost is not finite."""
    cdef float share
    if not isfinite(cost):
        return 0.0
    share = cost - free
    share = share / scale
    share = share + <float> 1.0
    return <float> 1.0 / share


cdef inline float score_by_legs(
    float probability, float clearance_m, double scale_m, double weight, float cheap
) noexcept nogil:
    """Return probability (w c / (c + scale) + (1 - w) cheapness)."""
    return probability * (
        <float> weight * (clearance_m / (clearance_m + <float> scale_m))
        + <float> (1.0 - weight) * cheap)


cdef inline float score_by_disc(
    const ScoreWeights* weights, float clearance_m, float slope, float roughness, float cheap
) noexcept nogil:
    """Return the weighted sum of clearance, slope, roughness and cost; shares of their limits."""
    cdef float one = 1.0
    return (
        <float> weights.clearance * (
            clearance_m / (clearance_m + <float> weights.clearance_scale_m))
        + <float> weights.slope * (one - slope)
        + <float> weights.roughness * (one - roughness)
        + <float> weights.cost * cheap
    )


cdef inline Py_ssize_t greatest(const float* score, Py_ssize_t n) noexcept nogil:
    """Return the first of the cells with the greatest score."""
    cdef Py_ssize_t k, at = 0
    cdef float most = score[0]
    for k in range(1, n):
        if score[k] > most:
            most = score[k]
            at = k
    return at


cdef inline void suppress_near(
    float* score, const GridGeometry* grid, Py_ssize_t at, double apart_m
) noexcept nogil:
    """Suppress the cells closer than apart_m to a chosen one (non-maximum suppression)."""
    cdef int row = <int> (at // grid.cols), col = <int> (at % grid.cols), i, j
    # A map's width at most, whatever is asked for.
    cdef int down = <int> min(ceil(apart_m / grid.cell_north_m), <double> grid.rows)
    cdef int aside = <int> min(ceil(apart_m / grid.cell_east_m), <double> grid.cols)
    cdef double north, east, square = (apart_m - 1e-9) * fabs(apart_m - 1e-9)
    for i in range(max(row - down, 0), min(row + down + 1, grid.rows)):
        north = (i - row) * grid.cell_north_m
        for j in range(max(col - aside, 0), min(col + aside + 1, grid.cols)):
            east = (j - col) * grid.cell_east_m
            if north * north + east * east < square:
                score[i * <Py_ssize_t> grid.cols + j] = -1.0
    score[at] = -1.0


cdef inline float share_of_limits(
    float slope_deg, float roughness_m, float slope_limit, float roughness_limit
) noexcept nogil:
    """Return the greater of two ratios to their limits; infinite where neither was measured."""
    cdef float steep = slope_deg / slope_limit, rough = roughness_m / roughness_limit
    if steep != steep:
        return rough if rough == rough else <float> INFINITY
    return rough if rough > steep else steep


cdef inline void worst_about(
    const float* own, const GridGeometry* grid, double radius_m, float* worst
) noexcept nogil:
    """Write the greatest number of the cells whose centres lie within a radius; off the map: inf.

    Row by row of the disc, each a running maximum over a chord.
    """
    cdef int rows = grid.rows, cols = grid.cols, i, j, d, e, t, y
    cdef int down = <int> min(radius_m / grid.cell_north_m + 1e-6, <double> rows)
    cdef int aside = <int> min(radius_m / grid.cell_east_m + 1e-6, <double> cols)
    cdef double reach = radius_m + 1e-6 * grid.cell_east_m, north, east
    cdef const float* row
    cdef float most
    for i in range(rows):
        for j in range(cols):
            worst[i * <Py_ssize_t> cols + j] = own[i * <Py_ssize_t> cols + j]
    for d in range(-down, down + 1):
        north = d * grid.cell_north_m
        e = -1
        for t in range(aside + 1):
            east = t * grid.cell_east_m
            if north * north + east * east <= reach * reach:
                e = t
        if e < 0:
            continue
        for i in range(rows):
            y = i + d
            if not 0 <= y < rows:
                for j in range(cols):
                    worst[i * <Py_ssize_t> cols + j] = <float> INFINITY
                continue
            row = own + y * <Py_ssize_t> cols
            for j in range(cols):
                if j - e < 0 or j + e >= cols:
                    worst[i * <Py_ssize_t> cols + j] = <float> INFINITY
                    continue
                most = worst[i * <Py_ssize_t> cols + j]
                for t in range(j - e, j + e + 1):
                    most = max(most, row[t])
                worst[i * <Py_ssize_t> cols + j] = most
