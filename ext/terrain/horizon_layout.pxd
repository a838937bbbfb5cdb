# What the horizon kernel works in: a padded window of reduced heights, and the edges to be met.

cdef enum:
    BLOCK = 16              # cells a side that share one highest height
    TILE_ROWS = 32          # observers that share the bound of a group
    TILE_COLS = 64
    PADDING = 16            # cells right of the last that a register may read


cdef struct Scene:
    const float* ground     # s [m], rows of `stride`; -1e30 where nothing is known
    Py_ssize_t stride
    const float* blocks     # highest s of each block of BLOCK x BLOCK
    Py_ssize_t block_stride
    const int* first        # of the two vertices: places in the ground from the observer's
    const int* second
    const float* share
    const float* reach
    const float* drop
    const int* runs         # (groups, 6) and (groups, 3) of group_edges
    const float* bounds
    int groups


cdef struct Eyes:           # observers, rows of `stride`
    const float* own        # s0 [m]
    const float* inverse    # R / r0
    float* best             # t
    Py_ssize_t stride
