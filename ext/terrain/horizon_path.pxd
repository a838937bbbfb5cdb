"""Where the great circle of one direction crosses the edges of a triangulated grid of heights.

x, y   = columns and rows from the observer's vertex           d = arc along the Moon's sphere [m]
x(d)   = sum_n X_n (d / L)^n,  y(d) likewise                   the great circle in the grid's plane
s      = R z / (R + z), so that 1 / (R + z) = (R - s) / R^2    reduced height of a height z
tan e  = (r0 / R) [(s - s0) g - (R / r0) c]                                                  (1)
g      = 1 / (R sin(d / R)),  c = tan(d / 2R)                                                (2)

(1) and (2) are theory (10.2) and (10.3). (1) is the elevation of a point at the radius R + z seen
from the radius r0 = R + z0, exactly: from tan e = (r cos t - r0) / (r sin t) with t = d / R, which
is theory (10.1). It is linear in the reduced height, so along the straight edge between two
vertices the reduced height is a mean of theirs, theory (10.4). On level facets the horizon is at an
edge: of a column, of a row, or of the diagonal (i, j)-(i + 1, j + 1) of a cell. Where R is
infinite, s = z, g = 1 / d and c = 0.
"""

from libc.math cimport INFINITY, floor

from farside.ext.common.elementary cimport SinCos, atan_of, sincos_of

cdef enum:
    MOST_DEGREE = 15


cdef struct Edges:          # crossings, in the order of their distance
    Py_ssize_t count
    Py_ssize_t room
    int* rows               # (count, 2) of the two vertices, from the observer
    int* cols
    float* share            # of the second vertex
    float* reach            # g [1/m]
    float* drop             # c


cdef struct Reach:          # [m]
    double least            # distances between which edges count
    double most
    double step             # of the straight pieces
    double radius           # of the sphere, R


cdef struct Place:
    double x
    double y


cdef inline Place place_at(
    const double* across, const double* down, int degree, double part
) noexcept nogil:
    """Columns and rows from the observer at the part d / L of the way."""
    cdef Place at
    cdef int n
    at.x = across[degree]
    at.y = down[degree]
    for n in range(degree - 1, -1, -1):
        at.x = at.x * part + across[n]
        at.y = at.y * part + down[n]
    return at


cdef inline void add_edge(
    Edges* edges, double along, double row, double col, int down, int right, double share,
    double radius
) noexcept nogil:
    """Add the crossing of one edge: from (row, col), `down` and `right` to its second vertex."""
    cdef Py_ssize_t k = edges.count
    cdef SinCos half
    if k >= edges.room:
        return
    # on a vertex, whatever the last bits of its place: the other vertex has no part in it
    if share < 1e-6:
        share = 0.0
        down = right = 0
    elif share > 1.0 - 1e-6:
        share = 0.0
        row += down
        col += right
        down = right = 0
    edges.rows[2 * k] = <int> row
    edges.cols[2 * k] = <int> col
    edges.rows[2 * k + 1] = <int> row + down
    edges.cols[2 * k + 1] = <int> col + right
    edges.share[k] = <float> share
    if radius == <double> INFINITY:
        edges.reach[k] = <float> (1.0 / along)
        edges.drop[k] = 0.0
    else:
        half = sincos_of(0.5 * along / radius)
        edges.reach[k] = <float> (1.0 / (2.0 * radius * half.s * half.c))
        edges.drop[k] = <float> (half.s / half.c)
    edges.count = k + 1


cdef inline void cross_family(
    Edges* edges, int family, const Place* start, const Place* end, double from_m, double to_m,
    double least_m, double radius
) noexcept nogil:
    """Add what a short straight piece crosses: columns (0), rows (1) or diagonals (2)."""
    cdef double a, b, n, last, part, x, y, along
    a = start.x if family == 0 else start.y if family == 1 else start.x - start.y
    b = end.x if family == 0 else end.y if family == 1 else end.x - end.y
    if a == b:
        return
    # whole numbers of (a, b] or [b, a)
    n = floor(a) + 1.0 if b > a else -floor(-a) - 1.0
    last = floor(b) if b > a else -floor(-b)
    while (n <= last) if b > a else (n >= last):
        part = (n - a) / (b - a)
        along = from_m + part * (to_m - from_m)
        if along >= least_m:
            x = start.x + part * (end.x - start.x)
            y = start.y + part * (end.y - start.y)
            if family == 0:
                add_edge(edges, along, floor(y), n, 1, 0, y - floor(y), radius)
            elif family == 1:
                add_edge(edges, along, n, floor(x), 0, 1, x - floor(x), radius)
            else:
                add_edge(edges, along, floor(x) - n, floor(x), 1, 1, x - floor(x), radius)
        n += 1.0 if b > a else -1.0


cdef inline void trace_edges(
    Edges* edges, const double* across, const double* down, int degree, double length_m,
    const Reach* reach
) noexcept nogil:
    """List the edges that a direction crosses within reach, by straight steps."""
    cdef Place start, end
    cdef Py_ssize_t k, steps = <Py_ssize_t> floor(reach.most / reach.step) + 1
    cdef double from_m = 0.0, to_m
    cdef int family
    edges.count = 0
    start.x = start.y = 0.0
    for k in range(1, steps + 1):
        to_m = min(k * reach.step, reach.most)
        end = place_at(across, down, degree, to_m / length_m)
        if to_m >= reach.least:
            for family in range(3):
                cross_family(
                    edges, family, &start, &end, from_m, to_m, reach.least, reach.radius)
        start = end
        from_m = to_m


cdef inline int group_edges(
    const Edges* edges, double group_m, double radius, int* runs, float* bounds
) noexcept nogil:
    """Cut edges into groups of about the same distance; return how many.

    runs: (groups, 6) first and last edge (not among them), least and greatest row, and column;
    bounds: (groups, 3) greatest and least g, least c.
    """
    cdef Py_ssize_t k
    cdef int n = -1, i, band, before = -1
    cdef double along
    for k in range(edges.count):
        along = 1.0 / edges.reach[k]
        if radius != <double> INFINITY:
            along = 2.0 * radius * atan_of(edges.drop[k])
        band = <int> floor(along / group_m)
        if n < 0 or band > before:
            n += 1
            before = band
            runs[6 * n] = <int> k
            runs[6 * n + 2] = runs[6 * n + 3] = edges.rows[2 * k]
            runs[6 * n + 4] = runs[6 * n + 5] = edges.cols[2 * k]
            bounds[3 * n] = bounds[3 * n + 1] = edges.reach[k]
            bounds[3 * n + 2] = edges.drop[k]
        runs[6 * n + 1] = <int> k + 1
        for i in range(2):
            runs[6 * n + 2] = min(runs[6 * n + 2], edges.rows[2 * k + i])
            runs[6 * n + 3] = max(runs[6 * n + 3], edges.rows[2 * k + i])
            runs[6 * n + 4] = min(runs[6 * n + 4], edges.cols[2 * k + i])
            runs[6 * n + 5] = max(runs[6 * n + 5], edges.cols[2 * k + i])
        bounds[3 * n] = max(bounds[3 * n], edges.reach[k])
        bounds[3 * n + 1] = min(bounds[3 * n + 1], edges.reach[k])
        bounds[3 * n + 2] = min(bounds[3 * n + 2], edges.drop[k])
    return n + 1
