"""The search for an ascent: fixed starts, then apoapsis and least altitude one by one.

The same search as guidance/ascent_search.py, for a free plane: what a flight computer can run.

    guess      linear tangent of the pitch, time of the ideal burn
    start      Newton's method from those with the least residuals; the shortest of two roots
    slower     where no start leads to an answer: from a slower state, step by step
    finish     apoapsis free where a higher one costs less; lifted to the least radius

Work is bounded: STARTS attempts of MOST_STEPS twice, and WAY_TRIES of 20 steps twice.
"""

from libc.math cimport INFINITY, sqrt
from libc.string cimport memset

from farside.ext.common.elementary cimport cos_of, expm1_of, log_of, tan_of
from farside.ext.common.vector cimport axpy, dot, norm
from farside.ext.guidance.ascent.ascent cimport ASCENT_UNKNOWNS, AscentProblem
from farside.ext.guidance.ascent.ascent_newton cimport (
    AscentLook, AscentUse, ascent_newton, ascent_size, ascent_use, look_along,
)


cdef extern from *:
    """
    #define ASCENT_SOLVED 1e-9
    /* starts: pitch of the first and the last primer [rad], spent speed over the least, nu [rad] */
    typedef struct {
        double first[5], last[4], spent[6], nu[3];
        int firsts, lasts, spents, nus;
    } AscentGrid;
    static const AscentGrid ASCENT_GRIDS[] = {
        {{-0.3, 0.1, 0.5, 0.9, 1.3}, {-0.6, -0.2, 0.2, 0.6}, {1.02, 1.15, 1.4}, {0.0, 0.2},
         5, 4, 3, 2},
        /* short burns that turn a fall */
        {{0.6, 1.0, 1.3, 1.5}, {0.0, 0.6, 1.2}, {1.02, 1.3, 2.0, 4.0, 8.0, 16.0},
         {0.0, 0.1, 0.3}, 4, 3, 6, 3}
    };
    """
    ctypedef struct AscentGrid:
        const double* first
        const double* last
        const double* spent
        const double* nu
        int firsts, lasts, spents, nus
    const double ASCENT_SOLVED
    const AscentGrid ASCENT_GRIDS[2]    # LONG, SHORT


cdef enum:
    STARTS = 8
    ROOTS = 2
    MOST_STEPS = 60
    WAY_TRIES = 24
    LONG = 0
    SHORT = 1


cdef struct AscentAnswer:
    double x[ASCENT_UNKNOWNS]
    bint higher
    bint touching
    bint solved
    AscentLook look


cdef inline void solve_ascent(
        const AscentProblem* p, AscentAnswer* a, int most) noexcept nogil:
    """Improve an answer, and look along its flight."""
    cdef AscentUse use = ascent_use(p, a.higher, a.touching)
    cdef double f[ASCENT_UNKNOWNS]
    cdef int steps = 0
    a.solved = ascent_newton(p, &use, a.x, most, &steps) <= ASCENT_SOLVED
    if a.solved:
        a.look = look_along(p, &use, a.x, f)


cdef inline void guess_ascent(
        const AscentProblem* p, double e, const AscentGrid* grid, int i, double* x
        ) noexcept nogil:
    """Start number i of a grid."""
    cdef double nu = grid.nu[i % grid.nus], spent, need, along, done = 0.0, last_s, rest
    cdef double first, last
    cdef int k
    i //= grid.nus
    spent = grid.spent[i % grid.spents]
    i //= grid.spents
    last = grid.last[i % grid.lasts]
    first = grid.first[i // grid.lasts]
    along = dot(p.v, p.ahead)
    rest = norm(axpy(-along, p.ahead, p.v))
    need = sqrt((1.0 + e) / p.periapsis) - along
    need = sqrt(need * need + rest * rest)
    if p.burnout.duration > 0.0:
        done = p.burnout.thrust / p.burnout.flow * log_of(
            p.burnout.mass / (p.burnout.mass - p.burnout.flow * p.burnout.duration))
    last_s = p.exhaust / p.thrust * p.mass * -expm1_of(
        -max(spent * need - done, 0.02 * need) / p.exhaust)
    for k in range(ASCENT_UNKNOWNS):
        x[k] = 0.0
    x[0] = first
    x[1] = (tan_of(first) - tan_of(last)) * cos_of(first) / (
        last_s + p.burnout.duration + p.pause.duration)
    x[2] = last_s
    x[3] = nu
    x[7] = e


cdef inline AscentAnswer best_start(
        const AscentProblem* p, double e, const AscentGrid* grid) noexcept nogil:
    """Solve from the starts with the least residuals; the shortest of the first roots."""
    cdef AscentUse use = ascent_use(p, False, False)
    cdef AscentAnswer best, tried
    cdef double size[STARTS]
    cdef int number[STARTS]
    cdef double x[ASCENT_UNKNOWNS]
    cdef double now
    cdef int n = grid.firsts * grid.lasts * grid.spents * grid.nus
    cdef int i, j, roots = 0
    # whole, for it is returned whole where nothing is found
    memset(&best, 0, sizeof(AscentAnswer))
    for j in range(STARTS):
        size[j] = INFINITY
        number[j] = 0
    for i in range(n):
        guess_ascent(p, e, grid, i, x)
        now = ascent_size(p, &use, x)
        if not now < size[STARTS - 1]:
            continue
        j = STARTS - 1
        while j > 0 and now < size[j - 1]:
            size[j] = size[j - 1]
            number[j] = number[j - 1]
            j -= 1
        size[j] = now
        number[j] = i
    for j in range(STARTS):
        if not size[j] < INFINITY:
            break
        guess_ascent(p, e, grid, number[j], tried.x)
        tried.higher = tried.touching = False
        solve_ascent(p, &tried, MOST_STEPS)
        if not tried.solved:
            continue
        roots += 1
        if not best.solved or tried.x[2] < best.x[2] * (1.0 - 1e-9):
            best = tried
        if roots == ROOTS:
            break
    return best


cdef inline AscentAnswer from_slower(const AscentProblem* given, double e) noexcept nogil:
    """Solve for a slower state, then step by step for that given: one of almost orbital speed."""
    cdef AscentProblem p = given[0]
    cdef AscentAnswer best, tried
    cdef double slower = dot(p.v, p.ahead), at = -0.05, step = 0.02, share
    cdef int _
    p.v = axpy(at * slower, p.ahead, given.v)
    best = best_start(&p, e, &ASCENT_GRIDS[LONG])
    if not best.solved:
        return best
    for _ in range(WAY_TRIES):
        share = min(at + step, 0.0)
        p.v = axpy(share * slower, p.ahead, given.v)
        tried = best
        solve_ascent(&p, &tried, 20)
        if not best.higher and not (tried.solved and tried.look.apoapsis_worth > 0.0):
            # where a higher apoapsis costs nothing the flight to a lower one ceases to be one
            tried = best
            tried.higher = True
            solve_ascent(&p, &tried, 20)
        if not tried.solved:
            step *= 0.4
            continue
        best = tried
        at = share
        if share >= 0.0:
            return best
        step *= 1.6
    best.solved = False
    return best


cdef inline void lift_ascent(const AscentProblem* given, AscentAnswer* a) noexcept nogil:
    """Lift a flight until it touches the least radius; as it was where that is out of reach."""
    cdef AscentProblem p = given[0]
    cdef AscentAnswer at = a[0], tried
    cdef double share = 0.0, step = 1.0, next_share
    cdef int _
    at.touching = True
    at.x[8] = a.look.lowest_at
    at.x[9] = 0.0
    for _ in range(WAY_TRIES):
        next_share = min(share + step, 1.0)
        p.least_radius = a.look.lowest + next_share * (given.least_radius - a.look.lowest)
        tried = at
        solve_ascent(&p, &tried, 15)
        if tried.solved and tried.x[9] >= 0.0 and tried.look.lowest >= p.least_radius - 1e-8:
            at = tried
            share = next_share
            if share >= 1.0:
                a[0] = at
                return
            step *= 1.6
        else:
            step *= 0.4


cdef inline void finish_ascent(
        const AscentProblem* p, double e, AscentAnswer* a) noexcept nogil:
    """Free the apoapsis where a higher one costs less, lift a flight that comes too low."""
    cdef AscentAnswer tried = a[0]
    if not a.higher and a.look.apoapsis_worth < 0.0:
        tried.higher = True
        solve_ascent(p, &tried, MOST_STEPS)
        if tried.solved and tried.x[7] >= e:
            a[0] = tried
    elif a.higher and a.x[7] < e:
        a.higher = False
        a.x[7] = e
        solve_ascent(p, a, MOST_STEPS)
    if a.solved and a.touching and a.x[9] < 0.0:
        # nothing holds it there: it flies higher by itself
        a.touching = False
        a.x[8] = a.x[9] = 0.0
        solve_ascent(p, a, MOST_STEPS)
    if a.solved and not a.touching and a.look.lowest < p.least_radius and a.look.lowest_at > 0.0:
        lift_ascent(p, a)


cdef inline AscentAnswer search_ascent(
        const AscentProblem* p, double e, const AscentAnswer* near) noexcept nogil:
    """The ascent to a periapsis and an eccentricity of at least e, near an answer (NULL: none)."""
    cdef AscentAnswer a
    if near != NULL:
        a = near[0]
        if not a.higher:
            a.x[7] = e
        solve_ascent(p, &a, 12)
        if not a.solved and not near.higher:
            a = near[0]
            a.higher = True
            solve_ascent(p, &a, 25)
        if a.solved:
            finish_ascent(p, e, &a)
        if a.solved:
            return a
    a = best_start(p, e, &ASCENT_GRIDS[LONG])
    if not a.solved:
        a = best_start(p, e, &ASCENT_GRIDS[SHORT])
    if not a.solved:
        a = from_slower(p, e)
    if a.solved:
        finish_ascent(p, e, &a)
    return a
