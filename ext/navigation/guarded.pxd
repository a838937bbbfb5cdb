"""The navigator for hosts that are not ours: every input is looked over, every answer is finite.

The memory is the host's, of guarded_size bytes and 8-byte aligned. It holds no pointer: it may be
copied, kept, and put back. A call at tick k is

    look over       what cannot be is left out and said so; increments that cannot be are held
    navigate        navigator.pxd, as a flight of our own does it: the same bits
    answer          the estimate and its health; where a number of it is not finite, the last one
                    that was stays, and the navigator is lost until it is started anew

Ticks that were missed are made up for with held increments, each of which widens the covariance;
nothing is held to the command in them.
"""

from libc.math cimport NAN, isfinite, isnan
from libc.stdint cimport int32_t, int64_t, uint32_t, uintptr_t
from libc.string cimport memcpy, memset

from farside.ext.common.measurements cimport Measurements
from farside.ext.common.types cimport TICK_HZ
from farside.ext.navigation._codes cimport (
    LEFT_COMMAND, LEFT_TICKS, NAVIGATION_BAD_CONFIG, NAVIGATION_BAD_START, NAVIGATION_BAD_TICK,
    NAVIGATION_LEFT_OUT, NAVIGATION_LOST, NAVIGATION_NO_CLONE, NAVIGATION_NOT_STARTED,
    NAVIGATION_OK,
)
from farside.ext.navigation._codes cimport (
    FIX_NO_NAVIGATOR, FIX_TAKEN, FIX_UNFIT, TRUST_BELIEVED,
)
from farside.ext.navigation.accel_axis cimport believe_axes
from farside.ext.navigation.accel_vote cimport forget_vote
from farside.ext.navigation.image_fix cimport take_landmarks, take_motion
from farside.ext.navigation.image_records cimport Landmark, MotionPair, PlaceFix
from farside.ext.navigation.clones cimport (
    clone_of, clone_pose, forget_clone, tie_map, tie_to_scan,
)
from farside.ext.navigation.config_check cimport doubles_finite, tables_whole
from farside.ext.navigation.health_records cimport CHANNEL_IMU
from farside.ext.navigation.map_fix cimport take_fix
from farside.ext.navigation.navigator cimport navigate
from farside.ext.navigation.place_fix cimport take_place
from farside.ext.navigation.plausible cimport (
    ALL_HELD, FAR_M, FAST_MPS, is_unit, look_over, start_sound, within,
)
from farside.ext.navigation.records cimport (
    NAVIGATION_GAP, NAVIGATION_VERSION, MapFix, NavigationConfig, NavigationEstimate,
)
from farside.ext.navigation.rate_model cimport any_refused, believe_gyro
from farside.ext.navigation.thrust_model cimport ALL_AXES, believe_accelerometers
from farside.ext.navigation.told cimport sigma_between, sigmas, tell_health, tell_images
from farside.ext.navigation.state cimport (
    ACCEL_BIAS, ATTITUDE, BEAM_SCALE, CLONES_MOST, GYRO_BIAS, POSITION, RELIEF, STATES,
    TIE, VELOCITY, InitialEstimate, Navigator, navigator_start,
)


cdef enum:
    TICK_BITS = 40              # 350 years
    SINCE_MOST_S = 100000       # of a fix
    COMMAND_TICKS = 100         # so long a command holds


cdef struct GuardedNavigator:
    uint32_t size
    uint32_t version
    int32_t lost
    int32_t contact             # of the last measurements
    int64_t tick                # the last; -1 before the first
    int64_t missed
    int32_t fix                 # FIX_, of the last; -1: none yet
    int32_t fixes               # taken, in all
    int64_t told_tick           # for which the command was told last: host_command.pxd
    int32_t command_left        # LEFT_COMMAND for the next estimate, or 0
    int32_t reserved
    NavigationEstimate told     # the last that was finite
    Navigator navigator


cdef inline size_t guarded_size() noexcept nogil:
    return sizeof(GuardedNavigator)


cdef inline GuardedNavigator* started(void* memory) noexcept nogil:
    """The navigator in a host's memory; NULL where none was started there."""
    cdef GuardedNavigator* g = <GuardedNavigator*> memory
    if g == NULL or <uintptr_t> memory % 8:
        return NULL
    if g.size != sizeof(GuardedNavigator) or g.version != NAVIGATION_VERSION:
        return NULL
    return g


cdef inline bint config_fits(const NavigationConfig* c) noexcept nogil:
    """Whether a configuration is of this version; navigation_sound has looked at all of it."""
    return (
        c != NULL and c.size == sizeof(NavigationConfig) and c.version == NAVIGATION_VERSION
        and tables_whole(c))


cdef inline int start_guarded(
        const InitialEstimate* initial, void* memory, size_t size) noexcept nogil:
    """Begin in a host's memory."""
    cdef GuardedNavigator* g = <GuardedNavigator*> memory
    if g == NULL or <uintptr_t> memory % 8 or size < sizeof(GuardedNavigator):
        return NAVIGATION_NOT_STARTED
    if initial == NULL or not start_sound(initial):
        return NAVIGATION_BAD_START
    memset(g, 0, sizeof(GuardedNavigator))
    navigator_start(&g.navigator, initial)
    g.size = sizeof(GuardedNavigator)
    g.version = NAVIGATION_VERSION
    g.tick = -1
    g.fix = -1
    tell(g, &g.told)
    return NAVIGATION_OK


cdef inline void tell(const GuardedNavigator* g, NavigationEstimate* e) noexcept nogil:
    """The estimate of the last tick."""
    cdef const Navigator* nav = &g.navigator
    cdef int i
    memset(e, 0, sizeof(NavigationEstimate))
    memcpy(e.r_site, nav.place_m, sizeof(e.r_site))
    memcpy(e.v_site, nav.v_site, sizeof(e.v_site))
    memcpy(e.q_site_body, nav.q_site_body, sizeof(e.q_site_body))
    memcpy(e.omega_body, nav.omega_body, sizeof(e.omega_body))
    e.mass_kg = nav.mass_kg
    e.accel_mps2 = nav.accel_mps2
    e.height_m = nav.height_m
    e.height_sigma_m = sigma_between(nav, POSITION + 2, RELIEF)
    e.contact = g.contact != 0
    e.rest = nav.rest
    memcpy(e.filter_r_site, nav.r_site, sizeof(e.filter_r_site))
    memcpy(e.gyro_bias, nav.gyro_bias, sizeof(e.gyro_bias))
    memcpy(e.accel_bias, nav.accel_bias, sizeof(e.accel_bias))
    e.beam_scale = nav.beam_scale
    e.relief_m = nav.relief_m
    memcpy(e.tie_m, nav.tie_m, sizeof(e.tie_m))
    sigmas(nav, POSITION, e.position_sigma_m, 3)
    sigmas(nav, VELOCITY, e.velocity_sigma_mps, 3)
    sigmas(nav, ATTITUDE, e.attitude_sigma_rad, 3)
    sigmas(nav, GYRO_BIAS, e.gyro_bias_sigma, 3)
    sigmas(nav, ACCEL_BIAS, e.accel_bias_sigma, 3)
    sigmas(nav, BEAM_SCALE, &e.beam_scale_sigma, 1)
    sigmas(nav, RELIEF, &e.relief_sigma_m, 1)
    sigmas(nav, TIE, e.tie_sigma_m, 2)
    for i in range(2):
        e.place_sigma_m[i] = sigma_between(nav, POSITION + i, TIE + i)
    tell_health(nav, e)
    e.tick = g.tick
    e.missed = g.missed
    e.fix = g.fix
    e.fixes = g.fixes
    tell_images(nav, e)
    for i in range(CLONES_MOST):
        e.clones += nav.clone[i].tick >= 0
    if g.tick < 0:
        # Nothing is reported yet: the first estimate itself.
        memcpy(e.r_site, nav.r_site, sizeof(e.r_site))
        e.height_m = NAN


cdef inline bint estimate_finite(const Navigator* nav, const NavigationEstimate* e) noexcept nogil:
    """Whether an estimate is one: finite, and of this Moon."""
    cdef int i
    for i in range(nav.size):
        if not (0.0 <= nav.P[i][i] <= 1e30):
            return False
    return (
        within(e.r_site, 3, FAR_M) and within(e.filter_r_site, 3, FAR_M)
        and within(e.v_site, 3, FAST_MPS) and within(e.q_site_body, 4, 2.0)
        and is_unit(e.q_site_body, 4) and isfinite(e.mass_kg)
        and (not nav.height_known or isfinite(e.height_m))
        and doubles_finite(&e.omega_body[0], &e.omega_body[0] + 3)
        and doubles_finite(&e.gyro_bias[0], &e.innovation_sigma[0] + CHANNEL_IMU))


cdef inline void navigate_tick(
        const NavigationConfig* c, GuardedNavigator* g, const Measurements* m,
        int64_t tick) noexcept nogil:
    navigate(&g.navigator, &c.setup, &c.onboard, &c.moon, &c.field, m, tick)
    g.tick = tick


cdef inline int32_t forget_command(GuardedNavigator* g, int64_t tick) noexcept nogil:
    """Nothing is told any more where that is too long ago: a bit of LeftOut.

    Units that a model stood in for are believed again, as those of a host that tells nothing.
    """
    cdef Navigator* nav = &g.navigator
    cdef int i
    if isnan(nav.commanded_n) or tick - g.told_tick <= COMMAND_TICKS:
        return 0
    nav.commanded_n = NAN
    believe_accelerometers(nav)
    believe_axes(nav, ALL_AXES)
    forget_vote(nav)
    for i in range(3):
        believe_gyro(nav, i)
        nav.gyro[i].contrary = 0
    return LEFT_COMMAND


cdef inline int32_t doubted_command(const Navigator* nav) noexcept nogil:
    """LEFT_COMMAND where the torque told is doubted."""
    if nav.gyro[0].doubted or nav.gyro[1].doubted or nav.gyro[2].doubted:
        return LEFT_COMMAND
    return 0


cdef inline int32_t make_up(
        const NavigationConfig* c, GuardedNavigator* g, int64_t tick) noexcept nogil:
    """Go through missed ticks up to this one, with the last increments."""
    cdef Navigator* nav = &g.navigator
    cdef double told_n = nav.commanded_n
    cdef Measurements nothing
    nav.watch.made_up = 0
    if g.tick + 1 >= tick:
        return 0
    memset(&nothing, 0, sizeof(Measurements))
    nothing.saturated = ALL_HELD
    if not (nav.watch.refused or nav.watch.axes) and any_refused(nav) == TRUST_BELIEVED:
        nav.commanded_n = NAN
    nav.watch.made_up = 1
    while g.tick + 1 < tick:
        nothing.imu_tick = g.tick + 1
        navigate_tick(c, g, &nothing, g.tick + 1)
        g.missed += 1
    nav.watch.made_up = 0
    nav.commanded_n = told_n
    return LEFT_TICKS


cdef inline int answer(
        GuardedNavigator* g, int status, int32_t left_out, NavigationEstimate* out) noexcept nogil:
    """The last estimate that was finite, with what became of this call."""
    out[0] = g.told
    out.status = status
    out.left_out = left_out
    return status


cdef inline int navigate_guarded(
        const NavigationConfig* c, void* memory, const Measurements* measured, int64_t tick,
        NavigationEstimate* out) noexcept nogil:
    """One tick; a code NAVIGATION_, which `out` holds too."""
    cdef GuardedNavigator* g = started(memory)
    cdef NavigationEstimate e
    cdef Measurements m
    cdef int32_t left
    if g == NULL:
        memset(out, 0, sizeof(NavigationEstimate))
        out.status = NAVIGATION_NOT_STARTED
        return NAVIGATION_NOT_STARTED
    if not config_fits(c):
        return answer(g, NAVIGATION_BAD_CONFIG, 0, out)
    if g.lost:
        return answer(g, NAVIGATION_LOST, 0, out)
    if not (g.tick < tick and tick >> TICK_BITS == 0 and tick - g.tick <= NAVIGATION_GAP + 1) or (
            g.tick < 0 and tick != 0):
        return answer(g, NAVIGATION_BAD_TICK, 0, out)
    left = g.command_left | forget_command(g, tick) | make_up(c, g, tick)
    g.command_left = 0
    m = measured[0]
    left |= look_over(&g.navigator, &m, tick)
    navigate_tick(c, g, &m, tick)
    left |= doubted_command(&g.navigator)
    g.contact = m.contact
    tell(g, &e)
    if not estimate_finite(&g.navigator, &e):
        g.lost = 1
        return answer(g, NAVIGATION_LOST, left, out)
    g.told = e
    return answer(g, NAVIGATION_LEFT_OUT if left else NAVIGATION_OK, left, out)


cdef inline int ready(const NavigationConfig* c, const GuardedNavigator* g) noexcept nogil:
    """Whether a navigator has flown a tick, with this configuration, and is not lost."""
    if g == NULL or g.tick < 0:
        return NAVIGATION_NOT_STARTED
    if not config_fits(c):
        return NAVIGATION_BAD_CONFIG
    if g.lost:
        return NAVIGATION_LOST
    return NAVIGATION_OK


cdef inline int keep_guarded(const NavigationConfig* c, void* memory) noexcept nogil:
    """Keep the pose of the last tick in a clone, for a measurement of it that comes late."""
    cdef GuardedNavigator* g = started(memory)
    cdef int status = ready(c, g)
    if status != NAVIGATION_OK:
        return status
    if clone_of(&g.navigator, g.tick) >= 0:
        return NAVIGATION_OK
    if clone_pose(&g.navigator, &c.setup, &c.moon, g.tick) < 0:
        return NAVIGATION_NO_CLONE
    g.told.clones += 1
    return NAVIGATION_OK


cdef inline int forget_guarded(void* memory, int64_t tick) noexcept nogil:
    """Give up the clone of a tick."""
    cdef GuardedNavigator* g = started(memory)
    if g == NULL:
        return NAVIGATION_NOT_STARTED
    if tick < 0 or clone_of(&g.navigator, tick) < 0:
        return NAVIGATION_NO_CLONE
    forget_clone(&g.navigator, tick)
    g.told.clones -= 1
    return NAVIGATION_OK


cdef inline int tie_guarded(const NavigationConfig* c, void* memory) noexcept nogil:
    """A map is made at the last tick: places count against it from the next on."""
    cdef GuardedNavigator* g = started(memory)
    cdef int status = ready(c, g)
    if status != NAVIGATION_OK:
        return status
    tie_map(&g.navigator, &c.setup, &c.moon)
    return NAVIGATION_OK


cdef inline int tie_kept_guarded(
        const NavigationConfig* c, void* memory, int64_t tick, double variance_m2) noexcept nogil:
    """The map made at a kept pose is in use; its clone is free."""
    cdef GuardedNavigator* g = started(memory)
    cdef int status = ready(c, g)
    if status != NAVIGATION_OK:
        return status
    if tick < 0 or not tie_to_scan(&g.navigator, &c.setup, &c.moon, tick, variance_m2):
        return NAVIGATION_NO_CLONE
    g.told.clones -= 1
    return NAVIGATION_OK


cdef inline int fix_guarded(void* memory, const MapFix* fix) noexcept nogil:
    """Take a place on the map in use, at the last tick; a code FIX_."""
    cdef GuardedNavigator* g = started(memory)
    if g == NULL or g.tick < 0 or g.lost or fix == NULL:
        return FIX_NO_NAVIGATOR
    g.fix = FIX_UNFIT
    if within(fix.place_m, 2, FAR_M) and (
            fix.since_s == 0.0 or 1.0 / TICK_HZ <= fix.since_s <= SINCE_MOST_S):
        g.fix = take_fix(&g.navigator, fix, g.tick)
    g.fixes += g.fix == FIX_TAKEN
    g.told.fix = g.fix
    g.told.fixes = g.fixes
    return g.fix


cdef inline int landmarks_guarded(
        const NavigationConfig* c, void* memory, int camera, int64_t tag, const Landmark* matches,
        int count) noexcept nogil:
    """Take the matches of an image that is true at a tag, at the last tick; a code FIX_."""
    cdef GuardedNavigator* g = started(memory)
    cdef int code
    if ready(c, g) != NAVIGATION_OK or matches == NULL:
        return FIX_NO_NAVIGATOR
    code = take_landmarks(&g.navigator, &c.setup, camera, tag, g.tick, matches, count)
    tell_images(&g.navigator, &g.told)
    return code


cdef inline int motion_guarded(
        const NavigationConfig* c, void* memory, int camera, const int64_t* tags,
        const MotionPair* pairs, int count) noexcept nogil:
    """Take the pairs of the images of two tags, at the last tick; a code FIX_."""
    cdef GuardedNavigator* g = started(memory)
    cdef int code
    if ready(c, g) != NAVIGATION_OK or pairs == NULL:
        return FIX_NO_NAVIGATOR
    code = take_motion(&g.navigator, &c.setup, &c.moon, camera, tags, g.tick, pairs, count)
    tell_images(&g.navigator, &g.told)
    return code


cdef inline int place_guarded(
        const NavigationConfig* c, void* memory, const PlaceFix* fix) noexcept nogil:
    """Take a place on the onboard image map, at the last tick; a code FIX_."""
    cdef GuardedNavigator* g = started(memory)
    if ready(c, g) != NAVIGATION_OK or fix == NULL:
        return FIX_NO_NAVIGATOR
    return take_place(&g.navigator, &c.setup, fix, g.tick)


cdef inline int covariance_guarded(
        const void* memory, double* P, size_t count) noexcept nogil:
    """Write P of the states in use, row by row; return their number, 0 where it has no room."""
    cdef const GuardedNavigator* g = started(<void*> memory)
    cdef size_t n
    cdef size_t i
    if g == NULL or P == NULL:
        return 0
    n = <size_t> min(max(g.navigator.size, 0), STATES)
    if count < n * n:
        return 0
    for i in range(n):
        memcpy(P + i * n, &g.navigator.P[i][0], n * sizeof(double))
    return <int> n
