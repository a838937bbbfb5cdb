# Rays of one row of pixels, cast together: lanes whose ray has met the ground take up another.
#
# A ray tries 2.7 cells on average, but the slowest of 16 neighbours 8.7: two thirds of the lanes
# would stand idle. All rays of a row try two cells side by side; those that go on are listed, and
# packed into full lanes for the next cells, and again as their number falls. No lane looks at
# another, so that the bits are those of `cast_lanes`, whatever rays stand beside each other.

cdef enum:
    STAGES = 4

cdef int[5] TRIED               # cells tried since the last expansion, before each stage
TRIED[:] = [0, 2, 4, 8, MOST_CELLS]


cdef struct RowLanes:           # n rays, and one beyond them for lanes without a ray
    unsigned int n
    float* dx
    float* dy
    float* dz
    float* base                 # [m] where a ray was last expanded
    float* s                    # [m] beyond it
    float* t                    # as RayLanes
    float* met                  # 1 + the window on which the ground was met; 0 before
    float* x
    float* y
    float* zu
    float* zv
    float* value                # I/F
    unsigned int* todo          # rays that are under way
    unsigned char* first        # window that a group of lanes begins with


cdef inline void start_lanes(
    const ViewLanes* k, const WindowLanes* g, RayLanes* ray, f32xN t, f32xN* s, f32xN* open_
) noexcept nogil:
    """Expand about t, skip what lies far below, and try the first cells."""
    cdef f32xN zero = f32_splat(0.0)
    cdef LineLanes line
    expand(k, g, ray, t, &line)
    close_gone(g, &line, open_)
    if f32_any_above(open_[0], zero):
        s[0] = skip_far(g, &line)
        s[0] = march_cells(g, &line, ray, t, s[0], open_, TRIED[1])


cdef inline f32xN listed_lanes(
    const RowLanes* r, unsigned int i, unsigned int count, unsigned int* at, RayLanes* ray
) noexcept nogil:
    """Read the rays from place i of the list on; return 1 for lanes that have one."""
    cdef unsigned int n
    cdef u32xN where
    for n in range(F32_LANES):
        at[n] = r.todo[i + n] if i + n < count else r.n
    where = u32_load(at)
    ray.dx = f32_gather(r.dx, where)
    ray.dy = f32_gather(r.dy, where)
    ray.dz = f32_gather(r.dz, where)
    ray.t = ray.met = ray.x = ray.y = ray.zu = ray.zv = f32_splat(0.0)
    return f32_select(f32_splat(<float> count - <float> 0.5), f32_from_i32(
        u32_counting(i)), f32_splat(1.0), f32_splat(0.0))


cdef inline unsigned int list_open(
    const RowLanes* r, const unsigned int* at, f32xN open_, unsigned int count
) noexcept nogil:
    """Append the rays of open lanes to the list; return how many there are."""
    cdef float[MOST_LANES] goes_on
    cdef unsigned int n
    f32_store(goes_on, open_)
    for n in range(F32_LANES):
        r.todo[count] = at[n]
        count += goes_on[n] > 0.0
    return count


cdef inline void store_listed(
    const RowLanes* r, const unsigned int* at, const RayLanes* ray, float name
) noexcept nogil:
    """Write where rays of a list have met the ground of a window."""
    cdef float[MOST_LANES] met, t, x, y, zu, zv
    cdef unsigned int n, i
    if not f32_any_above(ray.met, f32_splat(0.0)):
        return
    f32_store(met, ray.met)
    f32_store(t, ray.t)
    f32_store(x, ray.x)
    f32_store(y, ray.y)
    f32_store(zu, ray.zu)
    f32_store(zv, ray.zv)
    for n in range(F32_LANES):
        if met[n] > 0.0:
            i = at[n]
            r.met[i] = name
            r.t[i] = t[n]
            r.x[i] = x[n]
            r.y[i] = y[n]
            r.zu[i] = zu[n]
            r.zv[i] = zv[n]


cdef inline void store_at(float* to, const unsigned int* at, f32xN value) noexcept nogil:
    """Write a number of each lane to its ray."""
    cdef float[MOST_LANES] each
    cdef unsigned int n
    f32_store(each, value)
    for n in range(F32_LANES):
        to[at[n]] = each[n]


cdef inline unsigned int enter_listed(
    const ViewLanes* k, const WindowLanes* g, RowLanes* r, unsigned int count
) noexcept nogil:
    """Bring listed rays below a window's highest node; list those that come there."""
    cdef RayLanes ray
    cdef unsigned int[MOST_LANES] at
    cdef unsigned int i = 0, kept = 0
    cdef f32xN open_, t
    while i < count:
        open_ = listed_lanes(r, i, count, at, &ray)
        t = enter_top(k, g, &ray, &open_)
        store_at(r.base, at, t)
        kept = list_open(r, at, open_, kept)
        i += F32_LANES
    return kept


cdef inline unsigned int start_listed(
    const ViewLanes* k, const WindowLanes* g, RowLanes* r, unsigned int count, float name
) noexcept nogil:
    """Expand listed rays and try their first cells; list those that go on."""
    cdef RayLanes ray
    cdef unsigned int[MOST_LANES] at
    cdef unsigned int i = 0, kept = 0
    cdef f32xN open_, s = f32_splat(0.0)
    while i < count:
        open_ = listed_lanes(r, i, count, at, &ray)
        start_lanes(k, g, &ray, f32_gather(r.base, u32_load(at)), &s, &open_)
        store_listed(r, at, &ray, name)
        store_at(r.s, at, s)
        kept = list_open(r, at, open_, kept)
        i += F32_LANES
    return kept


cdef inline unsigned int go_on_listed(
    const ViewLanes* k, const WindowLanes* g, RowLanes* r, unsigned int count, float name, int stage
) noexcept nogil:
    """Try the cells of a stage with listed rays; list those that go on."""
    cdef RayLanes ray
    cdef LineLanes line
    cdef unsigned int[MOST_LANES] at
    cdef unsigned int i = 0, kept = 0
    cdef f32xN open_, s, t
    while i < count:
        open_ = listed_lanes(r, i, count, at, &ray)
        t = f32_gather(r.base, u32_load(at))
        s = f32_gather(r.s, u32_load(at))
        expand(k, g, &ray, t, &line)
        s = march_cells(g, &line, &ray, t, s, &open_, TRIED[stage + 1] - TRIED[stage])
        store_listed(r, at, &ray, name)
        store_at(r.s, at, s)
        if stage == STAGES - 1:
            store_at(r.base, at, t + s)
        kept = list_open(r, at, open_, kept)
        i += F32_LANES
    return kept


cdef inline unsigned int start_row(
    const ViewLanes* k, const WindowLanes* g, RowLanes* r, unsigned int count, int w
) noexcept nogil:
    """Let the groups that begin with a window try their first cells; list those that go on."""
    cdef RayLanes ray
    cdef unsigned int[MOST_LANES] at
    cdef unsigned int i = 0
    cdef f32xN open_, t, s
    while i < r.n:
        if r.first[i // F32_LANES] != w:
            i += F32_LANES
            continue
        u32_store(at, u32_counting(i))
        ray.dx = f32_load(&r.dx[i])
        ray.dy = f32_load(&r.dy[i])
        ray.dz = f32_load(&r.dz[i])
        ray.t = ray.met = ray.x = ray.y = ray.zu = ray.zv = s = f32_splat(0.0)
        open_ = f32_splat(1.0)
        t = enter_top(k, g, &ray, &open_)
        start_lanes(k, g, &ray, t, &s, &open_)
        f32_store(&r.base[i], t)
        f32_store(&r.s[i], s)
        f32_store(&r.t[i], ray.t)
        f32_store(&r.x[i], ray.x)
        f32_store(&r.y[i], ray.y)
        f32_store(&r.zu[i], ray.zu)
        f32_store(&r.zv[i], ray.zv)
        f32_store(&r.met[i], ray.met * f32_splat(<float> (w + 1)))
        count = list_open(r, at, open_, count)
        i += F32_LANES
    return count


cdef inline unsigned int list_missed(RowLanes* r, int w) noexcept nogil:
    """List the rays that have not met the ground of the windows up to one."""
    cdef unsigned int[MOST_LANES] at
    cdef unsigned int i = 0, count = 0
    cdef f32xN half = f32_splat(0.5), met
    while i < r.n:
        met = f32_load(&r.met[i])
        if r.first[i // F32_LANES] <= w and f32_any_above(half, met):
            u32_store(at, u32_counting(i))
            count = list_open(r, at, f32_select(half, met, f32_splat(1.0), met - met), count)
        i += F32_LANES
    return count


cdef inline void cast_row(
    const ViewLanes* k, const WindowLanes* windows, int windows_count, RowLanes* r
) noexcept nogil:
    """Cast the rays of a row on the windows they begin with and those behind, as `cast_lanes`."""
    cdef unsigned int count = 0
    cdef int w, stage, _again
    cdef const WindowLanes* g
    for w in range(windows_count):
        g = &windows[w]
        # what the windows before have missed, then what begins here
        count = start_listed(k, g, r, enter_listed(k, g, r, count), <float> (w + 1))
        count = start_row(k, g, r, count, w)
        for _again in range(MOST_EXPANSIONS):
            for stage in range(1, STAGES):
                count = go_on_listed(k, g, r, count, <float> (w + 1), stage)
            if count == 0 or _again == MOST_EXPANSIONS - 1:
                break
            count = start_listed(k, g, r, count, <float> (w + 1))
        count = list_missed(r, w) if w + 1 < windows_count else 0


cdef inline void shade_row(
    const ViewLanes* k, const WindowLanes* windows, const LawLanes* law, int windows_count,
    RowLanes* r
) noexcept nogil:
    """Write I/F of the rays of a row; 0 where no ground is met."""
    cdef RayLanes ray
    cdef f32xN value, met, name, half = f32_splat(0.5), lit
    cdef unsigned int i = 0
    cdef int w
    while i < r.n:
        value = f32_splat(0.0)
        met = f32_load(&r.met[i])
        ray.dx = f32_load(&r.dx[i])
        ray.dy = f32_load(&r.dy[i])
        ray.dz = f32_load(&r.dz[i])
        ray.t = f32_load(&r.t[i])
        ray.x = f32_load(&r.x[i])
        ray.y = f32_load(&r.y[i])
        ray.zu = f32_load(&r.zu[i])
        ray.zv = f32_load(&r.zv[i])
        for w in range(r.first[i // F32_LANES], windows_count):
            name = half - f32_abs(met - f32_splat(<float> (w + 1)))
            if f32_any_above(name, f32_splat(0.0)):
                value = f32_select(name, f32_splat(0.0), shade_lanes(
                    k, &windows[w], law, &ray, &lit), value)
        f32_store(&r.value[i], value)
        i += F32_LANES
