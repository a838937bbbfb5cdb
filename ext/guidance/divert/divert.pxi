"""The descent of least propellant to every cell of a map, neighbouring cells worked on at once.

Built three times, for plain x86-64, AVX2 and AVX-512, from this one source, with the same bits: a
cell's answer depends on cells of its own column and on those a whole block away, never on how many
lanes there are, and a lane that is done is not touched again.

The march. From a seed, the solution of one cell, blocks of eight columns go left and right along
its row, then rows go up and down: every cell begins where the line through the two before it
leads, and most take one Newton step. A root of least - full thrust whose switching function asks
for a first burn (E > 0) goes on as full - least - full with t_1 = 0, which is the same point; one
whose first burn comes out below zero goes back. So the map is continuous across the structures.

The certificate is that of optimal.pxd. Its signs are taken where the last Newton step began, less
than 2 % away; what that may misjudge is a switch whose choice costs propellant by the square of it.
A cell without it is lost; it is tried again from any neighbour that has one.

Axes are turned once for the whole map, the third straight up: there every p_f of a lander that ends
upright has a share along it.
"""

import numpy as np

cdef enum:
    BLOCK = 8               # columns that the march goes along its first row at a time
    MAX_STEPS = 12          # Newton steps of a cell
    SWEEPS = 8              # over what is lost, at most
    KIND = 8                # after the eight unknowns: 7 or 8 of them, -1 where lost
    CELL_NUMBERS = 9        # of a Cell
    MAX_PIECES = 12         # at most, of an arc in which the primer turns over


include "farside/ext/common/simd_f64.pxi"
include "farside/ext/common/simd_f64_growth.pxi"

cdef extern from *:
    """
    #define NODES 6
    /* A root is taken after the step from a residual below NEAR_RESIDUAL that moved it by less than
       NEAR_STEP: Newton's error then is of their squares. SIGN_TOLERANCE is how far off its sign E
       may be. */
    #define NEAR_RESIDUAL 1e-3
    #define NEAR_STEP 2e-2
    #define SIGN_TOLERANCE 1e-7
    /* The primer turns over sharply where it takes less than this share of an arc; and the
       length of a piece of its own time. */
    #define SHARP_SHARE 0.5
    #define PIECE_LENGTH 3.0
    """
    const int NODES
    const double NEAR_RESIDUAL
    const double NEAR_STEP
    const double SIGN_TOLERANCE
    const double SHARP_SHARE
    const double PIECE_LENGTH


include "farside/ext/guidance/optimal/moments.pxi"
include "farside/ext/guidance/optimal/extremal.pxi"
include "newton_solve.pxi"
include "arc.pxi"
include "newton_cells.pxi"


cdef struct DivertProblem:  # of a whole map, scaled, in turned axes: the third is straight up
    double v[3]
    double v_f[3]           # at the target
    double g[3]
    double axes[3][3]       # the turned axes, each along east, north, up
    double rho_1            # least and full thrust, per weight at the start
    double rho_2
    double alpha            # mass flow per thrust


cdef struct Cell:           # the root of a cell: the unknowns of extremal.pxi, in their order
    double q[3]
    double p[2]
    double t_f
    double t_2
    double t_1
    double kind             # how many of them are unknowns; -1 where lost, 0 before


cdef struct PathClearance:  # what keeps ways from the ground, scaled
    double cell[2]          # along east and north
    double highest          # ground
    double margin           # how far a way has to keep from it


cdef DivertProblem _problem
cdef Cell _cell
cdef PathClearance _clearance

PROBLEM = np.asarray(<DivertProblem[:1]> &_problem).dtype
CELL = np.asarray(<Cell[:1]> &_cell).dtype
CLEARANCE = np.asarray(<PathClearance[:1]> &_clearance).dtype


cdef struct March:
    Descent d
    Py_ssize_t rows
    Py_ssize_t cols         # whole blocks
    const double* columns   # (3, cols): scaled place less the target's, but for what rows add
    const double* ups       # (rows, 3)
    const double* heights   # (rows, cols), scaled
    double up[3]            # of a unit of height
    double* found           # (rows, CELL_NUMBERS, cols)


cdef inline void solve_cells(
    March* m, Py_ssize_t row, Py_ssize_t col, CellGroup* at
) noexcept nogil:
    """Solve the cells of one group from what it holds, and write them down.

    Lanes whose at.found is not zero stay as they are.
    """
    cdef f64xN height = f64_load(m.heights + row * m.cols + col)
    cdef double* out = m.found + row * CELL_NUMBERS * m.cols + col
    cdef int i
    for i in range(3):
        m.d.r[i] = f64_load(m.columns + i * m.cols + col) + m.ups[3 * row + i] \
            + m.up[i] * height
    newton_cells(&m.d, at)
    for i in range(8):
        f64_store(out + i * m.cols, at.x[i])
    f64_store(out + KIND * m.cols, at.found)


cdef inline void start_cells(
    March* m, const double* one, const double* two, const double* side, const double* seed,
    CellGroup* at,
) noexcept nogil:
    """Where a cell begins: on the line through two others, at the one, beside it, at the seed.

    Each is the address of the first number of a cell, or NULL.
    """
    cdef f64xN none = f64_splat(0), kind, kind_2, x, straight
    cdef int i
    at.found = none
    kind = none
    kind_2 = none
    if one != NULL:
        kind = f64_load(one + KIND * m.cols)
        if two != NULL:
            kind_2 = f64_load(two + KIND * m.cols)
            kind_2 = f64_select(f64_abs(kind - kind_2), f64_splat(0.5), none, kind_2)
    at.kind = kind
    for i in range(8):
        x = none
        if one != NULL:
            x = f64_load(one + i * m.cols)
            if two != NULL:
                straight = x + x - f64_load(two + i * m.cols)
                x = f64_select(kind_2, none, straight, x)
        at.x[i] = x
    if not f64_any_above(f64_select(kind, none, none, f64_splat(1)), none):
        return
    for i in range(8):
        x = f64_splat(seed[i])
        if side != NULL:
            x = f64_select(
                f64_load(side + KIND * m.cols), none, f64_load(side + i * m.cols), x)
        at.x[i] = f64_select(kind, none, at.x[i], x)
    x = f64_splat(seed[KIND])
    if side != NULL:
        straight = f64_load(side + KIND * m.cols)
        x = f64_select(straight, none, straight, x)
    at.kind = f64_select(kind, none, kind, x)


cdef inline const double* cell_at(
    const March* m, Py_ssize_t row, Py_ssize_t col
) noexcept nogil:
    return m.found + row * CELL_NUMBERS * m.cols + col


cdef void march_row(March* m, Py_ssize_t row, Py_ssize_t first, const double* seed) noexcept nogil:
    """Go both ways along the first row from the block that holds its seed."""
    cdef Py_ssize_t col, lane
    cdef int way
    cdef CellGroup at
    cdef const double* one
    cdef const double* two
    for way in range(2):
        col = first if way == 0 else first - BLOCK
        while 0 <= col < m.cols:
            lane = 0
            while lane < BLOCK:
                if way == 0:
                    one = cell_at(m, row, col + lane - BLOCK) if col > first else NULL
                    two = cell_at(m, row, col + lane - 2 * BLOCK) if col > first + BLOCK else NULL
                else:
                    one = cell_at(m, row, col + lane + BLOCK)
                    two = cell_at(m, row, col + lane + 2 * BLOCK) if col + BLOCK < first else NULL
                start_cells(m, one, two, NULL, seed, &at)
                solve_cells(m, row, col + lane, &at)
                lane += F64_LANES
            col = col + BLOCK if way == 0 else col - BLOCK


cdef void march_rows(March* m, Py_ssize_t first, const double* seed) noexcept nogil:
    """Go both ways from the first row to the others."""
    cdef Py_ssize_t row, col, step
    cdef int way
    cdef CellGroup at
    cdef const double* two
    cdef const double* side
    for way in range(2):
        step = 1 if way == 0 else -1
        row = first + step
        while 0 <= row < m.rows:
            col = 0
            while col < m.cols:
                two = cell_at(m, row - 2 * step, col) if row != first + step else NULL
                side = cell_at(m, row, col - BLOCK) if col >= BLOCK else NULL
                start_cells(m, cell_at(m, row - step, col), two, side, seed, &at)
                solve_cells(m, row, col, &at)
                col += F64_LANES
            row += step


cdef void start_beside(March* m, const double* beside, f64xN lost, CellGroup* at) noexcept nogil:
    """Begin at a neighbour that is found, in lanes that are lost and have no beginning yet.

    A lane that has no beginning counts as done: at.found is not zero.
    """
    cdef f64xN none = f64_splat(0), kind = f64_load(beside + KIND * m.cols), use
    cdef int i
    use = f64_select(kind, none, f64_select(f64_abs(at.found), none, lost, none), none)
    for i in range(8):
        at.x[i] = f64_select(use, none, f64_load(beside + i * m.cols), at.x[i])
    at.kind = f64_select(use, none, kind, at.kind)
    at.found = f64_select(use, none, none, at.found)


cdef bint retry_lost(March* m, int way) noexcept nogil:
    """Try cells that were lost from any neighbour that is found; tell whether one was gained."""
    cdef Py_ssize_t row, col, step = 1 if way == 0 else -1
    cdef f64xN none = f64_splat(0), kind, lost, gained
    cdef CellGroup at
    cdef bint any_gained = False
    cdef double* here
    cdef int i
    row = 0 if way == 0 else m.rows - 1
    while 0 <= row < m.rows:
        col = 0 if way == 0 else m.cols - F64_LANES
        while 0 <= col < m.cols:
            here = m.found + row * CELL_NUMBERS * m.cols + col
            kind = f64_load(here + KIND * m.cols)
            lost = f64_select(none, kind, f64_splat(1), none)
            if f64_any_above(lost, none):
                for i in range(8):
                    at.x[i] = f64_load(here + i * m.cols)
                at.kind = f64_splat(7)
                at.found = kind
                if 0 <= row - step < m.rows:
                    start_beside(m, cell_at(m, row - step, col), lost, &at)
                if 0 <= row + step < m.rows:
                    start_beside(m, cell_at(m, row + step, col), lost, &at)
                if col >= BLOCK:
                    start_beside(m, cell_at(m, row, col - BLOCK), lost, &at)
                if col + BLOCK < m.cols:
                    start_beside(m, cell_at(m, row, col + BLOCK), lost, &at)
                gained = f64_select(f64_abs(at.found), none, none, f64_splat(1))
                if f64_any_above(gained, none):
                    solve_cells(m, row, col, &at)
                    if f64_any_above(f64_select(at.found, none, gained, none), none):
                        any_gained = True
            col += step * F64_LANES
        row += step
    return any_gained


cdef inline void set_descent(const DivertProblem* problem, Descent* d) noexcept nogil:
    """Write down what all cells have in common; their place is their own."""
    cdef int i
    for i in range(3):
        d.v[i] = f64_splat(problem.v[i])
        d.v_f[i] = problem.v_f[i]
        d.g[i] = problem.g[i]
    d.rho_1 = problem.rho_1
    d.rho_2 = problem.rho_2
    d.alpha = problem.alpha


def march(
    const DivertProblem[::1] problem, const double[:, ::1] columns, const double[:, ::1] ups,
    const double[:, ::1] heights, const Cell[::1] seed, Py_ssize_t row, Py_ssize_t col,
    double[:, :, ::1] found,
):
    """Solve every cell of one problem (PROBLEM); everything is scaled, the third axis up.

    The place less the target's at row i, column j is columns[:, j] + ups[i] + up heights[i, j], up
    being less the share of the axes along up. seed: one CELL, the root at (row, col). found: (rows,
    9, columns), the numbers of a CELL for every cell. Columns are whole blocks of eight.
    """
    cdef March m
    cdef const double* root
    cdef int i
    m.rows = heights.shape[0]
    m.cols = heights.shape[1]
    if problem.shape[0] != 1 or seed.shape[0] != 1:
        raise ValueError("one problem, and the root of one cell")
    if m.cols % BLOCK != 0 or columns.shape[0] != 3 or columns.shape[1] != m.cols:
        raise ValueError("columns come in whole blocks of eight")
    if ups.shape[0] != m.rows or ups.shape[1] != 3 or found.shape[0] != m.rows:
        raise ValueError("one row of ups and of found for each of heights")
    if found.shape[1] != CELL_NUMBERS or found.shape[2] != m.cols:
        raise ValueError("found holds nine numbers of every cell")
    if not (0 <= row < m.rows and 0 <= col < m.cols):
        raise ValueError("the seed is not on the map")
    set_descent(&problem[0], &m.d)
    for i in range(3):
        m.up[i] = -problem[0].axes[i][2]
    root = <const double*> &seed[0]
    m.columns = &columns[0, 0]
    m.ups = &ups[0, 0]
    m.heights = &heights[0, 0]
    m.found = &found[0, 0, 0]
    with nogil:
        march_row(&m, row, col // BLOCK * BLOCK, root)
        march_rows(&m, row, root)
        for i in range(SWEEPS):
            if not retry_lost(&m, i % 2) and i > 0:
                break


include "path_check.pxi"
