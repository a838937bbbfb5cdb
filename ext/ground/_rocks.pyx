"""Rocks: drawn tile by tile from counters, and set on a grid of heights.

A rock is an ellipsoid of revolution about the vertical, stretched in plan, its outline made
irregular and its lower part in the ground. With D the mean diameter that is seen from above, beta
the buried share of its height (`burial`) and a the body's height / diameter (`axis`):

    w = 1 for beta <= 1/2, else 2 sqrt(beta (1 - beta))     widest seen / widest of the body
    h = (1 - beta) a D / w                                  height above the ground [m]
    R(theta) = m (1 + a3 cos(3 theta - p3) + a5 cos(5 theta - p5)),  m = (1 + a3^2/2 + a5^2/2)^-1/2
    t = (w rho / R)^2,  s = (1 - blunt) t + blunt t^2       rho: distance in semi-axes of the plan
    z = h (sqrt(1 - s) / 2 + 1/2 - beta) / (1 - beta)       0 where rho > R

m keeps the area of the plan at pi D^2 / 4. Rocks that are less than half buried have steep sides.
"""

from libc.math cimport floor, sqrt
from libc.stdint cimport uint32_t, uint64_t
from libc.stdlib cimport free, malloc

from farside.ext.ground.ejecta cimport Lobes, lobed, lobes_of
from farside.ext.ground.taper cimport Taper, taper
from farside.ext.ground.tiles cimport Box, inside, poisson, tile_stream
from farside.ext.common.elementary cimport SinCos, exp_of, log_of, sincos_of
from farside.ext.common.random cimport Stream, uniform


cdef enum:
    COLUMNS = 12            # u, v, D, height, stretch, azimuth, burial, blunt, a3, p3, a5, p5
    SHAPES = 0x300          # added to a class's kind: the stream of its rocks' shapes


cdef extern from *:
    """
    #define FARSIDE_FIELD_REACH 4.0     /* rim radii out to which a crater's blocks lie */
    #define FARSIDE_FIELD_THIN 3.0      /* from which they end */
    """
    const double REACH_OF_FIELD "FARSIDE_FIELD_REACH"
    const double THIN_OF_FIELD "FARSIDE_FIELD_THIN"

FIELD_REACH = REACH_OF_FIELD
FIELD_THIN = THIN_OF_FIELD


cdef struct RockClass:      # the rocks of one octave of diameter (ground/rocks.py)
    uint32_t kind           # names the stream of random numbers
    double smallest_m
    double tile_m           # side of the tiles that they are drawn in
    double mean             # proposals a tile
    double fewer            # share of the proposals' law beyond the class's end
    double falling          # proposals follow N(>= D) ~ D^-falling
    double q                # [1/m] accepted with e^(-q (D - smallest))


cdef struct RockShape:      # limits between which a rock's shape is drawn, uniform
    double axis_lo
    double axis_hi
    double burial_lo
    double burial_hi
    double irregularity     # most of a3 and of a5


cdef struct Field:          # of blocks about a fresh crater
    double u
    double v
    double per_radius2      # [1/m2], of the rim
    double reach_m
    double weight           # chance of a block at the rim
    double contrast         # of the lobes
    Lobes lobes


cdef struct Fields:         # all that a draw may meet; absent: rocks are scattered evenly
    const Field* all
    int count
    int* near               # indices of those that reach into the tile in hand
    int reached             # how many they are
    double most             # no place of the tile has a greater chance


cdef inline double fall_off(double square) noexcept nogil:
    """Blocks over those at the rim, x^2 rim radii away: x^-3 as ejecta thin (McGetchin 1973)."""
    cdef double end
    if square <= 1.0:
        return 1.0
    end = (REACH_OF_FIELD * REACH_OF_FIELD - square) / (
        REACH_OF_FIELD * REACH_OF_FIELD - THIN_OF_FIELD * THIN_OF_FIELD)
    if end > 1.0:
        end = 1.0
    return end / (square * sqrt(square)) if end > 0.0 else 0.0


cdef inline double field_at(const Field* f, double u, double v) noexcept nogil:
    """Chance of a block: even inside the rim, thinning and lobed beyond.

    Its mean over the azimuth is weight / (1 + contrast) at the rim.
    """
    cdef double du = u - f.u, dv = v - f.v
    cdef double far2 = du * du + dv * dv, far
    cdef double at_rim = f.weight / (1.0 + f.contrast)
    if far2 * f.per_radius2 <= 1.0:
        return at_rim
    if far2 >= f.reach_m * f.reach_m:
        return 0.0
    far = sqrt(far2)
    return at_rim * fall_off(far2 * f.per_radius2) * (
        1.0 + f.contrast * lobed(&f.lobes, du / far, dv / far))


cdef inline double chance_of(const Fields* fields, double u, double v) noexcept nogil:
    """Chance of a block in any of the fields: 1 - prod (1 - chance of each)."""
    cdef double none = 1.0
    cdef int n
    for n in range(fields.reached):
        none *= 1.0 - field_at(&fields.all[fields.near[n]], u, v)
    return 1.0 - none


cdef inline void gather_near(Fields* fields, double u, double v, double side) noexcept nogil:
    """Gather the fields that reach into the tile whose lower corner is u, v, and bound them."""
    cdef int n
    cdef double du, dv, none = 1.0
    cdef const Field* each
    fields.reached = 0
    for n in range(fields.count):
        each = &fields.all[n]
        du = max(u - each.u, max(each.u - u - side, 0.0))
        dv = max(v - each.v, max(each.v - v - side, 0.0))
        if du * du + dv * dv < each.reach_m * each.reach_m:
            fields.near[fields.reached] = n
            fields.reached += 1
            none *= 1.0 - each.weight * fall_off((du * du + dv * dv) * each.per_radius2)
    fields.most = 1.0 - none


cdef inline void draw_shape(double* row, const RockShape* shape, Stream* s) noexcept nogil:
    """Fill the columns of a row from the height on; its diameter is there."""
    cdef double axis = shape.axis_lo + (shape.axis_hi - shape.axis_lo) * uniform(s)
    cdef double burial = shape.burial_lo + (shape.burial_hi - shape.burial_lo) * uniform(s)
    cdef double widest = 1.0 if burial <= 0.5 else 2.0 * sqrt(burial * (1.0 - burial))
    row[3] = (1.0 - burial) * axis * row[2] / widest
    row[4] = 1.0 + 0.25 * uniform(s)
    row[5] = 3.141592653589793 * uniform(s)
    row[6] = burial
    row[7] = uniform(s)
    row[8] = shape.irregularity * uniform(s)
    row[9] = 6.283185307179586 * uniform(s)
    row[10] = shape.irregularity * uniform(s)
    row[11] = 6.283185307179586 * uniform(s)


cdef Py_ssize_t draw_class(
    double[:, ::1] out, uint64_t seed, const RockClass* c, const RockShape* shape,
    const Taper* edge, const Box* within, Fields* fields
) noexcept nogil:
    """Fill rows with the rocks centred in a box; return how many there are.

    With `fields` only those that one of them accepts. A rock whose far edge tapers to nothing is
    left out.
    """
    cdef Stream s, form
    cdef Py_ssize_t tile_j, tile_i, count = 0
    cdef int n, which
    cdef double u, v, diameter, accept, whole, chance, tile = c.tile_m, mean = c.mean
    for tile_j in range(
        <Py_ssize_t> floor(within.v_lo / tile), <Py_ssize_t> floor(within.v_hi / tile) + 1
    ):
        for tile_i in range(
            <Py_ssize_t> floor(within.u_lo / tile), <Py_ssize_t> floor(within.u_hi / tile) + 1
        ):
            if fields != NULL:
                gather_near(fields, tile_i * tile, tile_j * tile, tile)
                if not fields.most > 0.0:
                    continue
                mean = c.mean * fields.most
            s = tile_stream(seed, c.kind, tile_j, tile_i)
            form = tile_stream(seed, c.kind + SHAPES, tile_j, tile_i)
            n = poisson(&s, mean)
            for which in range(n):
                u = (tile_i + uniform(&s)) * tile
                v = (tile_j + uniform(&s)) * tile
                diameter = c.smallest_m * exp_of(
                    -log_of(1.0 - uniform(&s) * (1.0 - c.fewer)) / c.falling)
                accept = uniform(&s)
                if not inside(within, u, v):
                    continue
                chance = exp_of(-c.q * (diameter - c.smallest_m))
                if fields != NULL:
                    chance *= chance_of(fields, u, v) / fields.most
                if accept > chance:
                    continue
                whole = taper(sqrt(u * u + v * v) + diameter, edge.inner_m, edge.outer_m)
                if whole == 0.0:
                    continue
                if count < out.shape[0]:
                    out[count, 0] = u
                    out[count, 1] = v
                    out[count, 2] = diameter
                    # three blocks of the stream for each rock, wherever the draw began
                    form.block = 3 * which
                    form.left = 0
                    draw_shape(&out[count, 0], shape, &form)
                    out[count, 3] *= whole
                count += 1
    return count


cdef inline void fill_fields(
    Field* to, const double[:, ::1] fields, double contrast
) noexcept nogil:
    cdef Py_ssize_t n
    for n in range(fields.shape[0]):
        to[n].u = fields[n, 0]
        to[n].v = fields[n, 1]
        to[n].per_radius2 = 1.0 / (fields[n, 2] * fields[n, 2])
        to[n].reach_m = REACH_OF_FIELD * fields[n, 2]
        to[n].weight = fields[n, 3]
        to[n].contrast = contrast
        to[n].lobes = lobes_of(fields[n, 4], fields[n, 5], fields[n, 6])


def draw_rocks(
    double[:, ::1] out, uint64_t seed, dict rock_class, dict shape, dict fade, dict box,
    const double[:, ::1] fields=None, double contrast=0.0,
):
    """Fill rows with the rocks of one class centred in a box.

    A row is u, v, diameter, height [m], stretch, azimuth [rad], burial, blunt, a3, p3, a5 and p5
    (see above). In plan an ellipse of axes D stretch and D / stretch, the long one at `azimuth`
    from u towards v. rock_class, shape, fade and box are the structs `RockClass`, `RockShape`,
    `Taper` and `Box` by their members. Proposals, `mean` of a tile, follow N(>= D) ~ D^-falling
    from the smallest up and end where the share `fewer` is left; one is accepted with
    e^(-q (D - smallest)). With fields (u, v, rim radius, weight, side, rays, ray), of fresh
    craters, it is also accepted by their chance of a block there, lobed by `contrast`: a tile has
    proposals for the greatest chance in it. Return the count, more than there are rows of `out` if
    they did not fit.
    """
    cdef RockClass c = rock_class
    cdef RockShape form = shape
    cdef Taper edge = fade
    cdef Box within = box
    cdef Py_ssize_t count
    cdef Field* held = NULL
    cdef Fields met
    if out.shape[1] != COLUMNS:
        raise ValueError("a rock has twelve numbers")
    if fields is None:
        with nogil:
            count = draw_class(out, seed, &c, &form, &edge, &within, NULL)
        return count
    if fields.shape[1] != 7:
        raise ValueError("a field has seven numbers: u, v, radius, weight, side, rays and ray")
    met.count = <int> fields.shape[0]
    met.reached = 0
    met.near = NULL
    try:
        held = <Field*> malloc((fields.shape[0] + 1) * sizeof(Field))
        met.near = <int*> malloc((fields.shape[0] + 1) * sizeof(int))
        if held == NULL or met.near == NULL:
            raise MemoryError("no memory for the fields of blocks")
        met.all = held
        with nogil:
            fill_fields(held, fields, contrast)
            count = draw_class(out, seed, &c, &form, &edge, &within, &met)
    finally:
        free(held)
        free(met.near)
    return count


cdef struct Outline:        # of a rock: in semi-axes of its plan
    double middle           # m
    double a3
    double a5
    SinCos p3
    SinCos p5
    double farthest         # no point of it lies beyond


cdef inline Outline outline_of(double a3, double p3, double a5, double p5) noexcept nogil:
    cdef Outline out
    out.middle = 1.0 / sqrt(1.0 + 0.5 * (a3 * a3 + a5 * a5))
    out.a3 = a3
    out.a5 = a5
    out.p3 = sincos_of(p3)
    out.p5 = sincos_of(p5)
    out.farthest = out.middle * (1.0 + a3 + a5)
    return out


cdef inline double outline_at(const Outline* o, double c, double s) noexcept nogil:
    """R of the azimuth whose cosine and sine are c and s."""
    cdef double c2 = c * c - s * s, s2 = 2.0 * c * s
    cdef double c3 = c2 * c - s2 * s, s3 = s2 * c + c2 * s
    cdef double c5 = c3 * c2 - s3 * s2, s5 = s3 * c2 + c3 * s2
    return o.middle * (
        1.0 + o.a3 * (c3 * o.p3.c + s3 * o.p3.s) + o.a5 * (c5 * o.p5.c + s5 * o.p5.s))


def stamp_rocks(float[:, ::1] z, first, double cell, const double[:, ::1] rocks):
    """Add rocks, rows as draw_rocks gives them, to nodes of a lattice from (row, col) on."""
    cdef Py_ssize_t j0 = first[0], i0 = first[1]
    cdef Py_ssize_t n, j, i, j_lo, j_hi, i_lo, i_hi
    cdef double u, v, du, dv, long_axis, short_axis, reach, x, y, rho2, rho, radius, t
    cdef double burial, blunt, widest2, per_top, height
    cdef SinCos turn
    cdef Outline outline
    if rocks.shape[1] != COLUMNS:
        raise ValueError("a rock has twelve numbers")
    with nogil:
        for n in range(rocks.shape[0]):
            u = rocks[n, 0]
            v = rocks[n, 1]
            height = rocks[n, 3]
            long_axis = 0.5 * rocks[n, 2] * rocks[n, 4]
            short_axis = 0.5 * rocks[n, 2] / rocks[n, 4]
            turn = sincos_of(rocks[n, 5])
            burial = rocks[n, 6]
            blunt = rocks[n, 7]
            outline = outline_of(rocks[n, 8], rocks[n, 9], rocks[n, 10], rocks[n, 11])
            widest2 = 1.0 if burial <= 0.5 else 4.0 * burial * (1.0 - burial)
            per_top = height / (1.0 - burial)
            reach = long_axis * outline.farthest
            j_lo = max(<Py_ssize_t> floor((v - reach) / cell) + 1, j0)
            j_hi = min(<Py_ssize_t> floor((v + reach) / cell) + 1, j0 + z.shape[0])
            i_lo = max(<Py_ssize_t> floor((u - reach) / cell) + 1, i0)
            i_hi = min(<Py_ssize_t> floor((u + reach) / cell) + 1, i0 + z.shape[1])
            for j in range(j_lo, j_hi):
                dv = j * cell - v
                for i in range(i_lo, i_hi):
                    du = i * cell - u
                    # the plan's ellipse: x along its long axis, y across, in semi-axes
                    x = (du * turn.c + dv * turn.s) / long_axis
                    y = (dv * turn.c - du * turn.s) / short_axis
                    rho2 = x * x + y * y
                    if rho2 >= outline.farthest * outline.farthest:
                        continue
                    rho = sqrt(rho2)
                    radius = outline_at(&outline, x / rho, y / rho) if rho > 1e-9 else 1.0
                    t = rho2 / (radius * radius)
                    if t >= 1.0:
                        continue
                    t *= widest2
                    t = (1.0 - blunt) * t + blunt * t * t
                    z[j - j0, i - i0] += <float> (
                        per_top * (0.5 * sqrt(1.0 - t) + 0.5 - burial))


def stamp_fields(
    float[:, ::1] z, first, double cell, const double[:, ::1] fields, double contrast,
):
    """Add the fields of fresh craters to nodes of a lattice from (row, col) on.

    Rows of `fields` are those of draw_rocks. A field is its weight within the rim and

        weight x^-3 (1 + contrast f(theta))        x: rim radii from the middle

    beyond, cut short towards FIELD_REACH; f as in ext/ground/ejecta.pxd.
    """
    cdef Py_ssize_t j0 = first[0], i0 = first[1]
    cdef Py_ssize_t n, j, i, j_lo, j_hi, i_lo, i_hi
    cdef double v, whole = 1.0 + contrast
    cdef Field f
    if fields.shape[1] != 7:
        raise ValueError("a field has seven numbers: u, v, radius, weight, side, rays and ray")
    with nogil:
        for n in range(fields.shape[0]):
            fill_fields(&f, fields[n:n + 1], contrast)
            j_lo = max(<Py_ssize_t> floor((f.v - f.reach_m) / cell) + 1, j0)
            j_hi = min(<Py_ssize_t> floor((f.v + f.reach_m) / cell) + 1, j0 + z.shape[0])
            i_lo = max(<Py_ssize_t> floor((f.u - f.reach_m) / cell) + 1, i0)
            i_hi = min(<Py_ssize_t> floor((f.u + f.reach_m) / cell) + 1, i0 + z.shape[1])
            for j in range(j_lo, j_hi):
                v = j * cell
                for i in range(i_lo, i_hi):
                    z[j - j0, i - i0] += <float> (whole * field_at(&f, i * cell, v))
