"""The navigator as an FMU, in C alone: measurements in, estimate and health out (model.h)."""

from libc.math cimport NAN, isnan
from libc.stdint cimport int32_t, int64_t, uint32_t
from libc.string cimport memcpy, memset

from farside.ext.common.gravity_table cimport gravity_table_floats
from farside.ext.common.measurements cimport Measurements
from farside.ext.navigation._codes cimport (
    LEFT_COMMAND, NAVIGATION_BAD_START, NAVIGATION_NO_CLONE, NAVIGATION_OK,
)
from farside.ext.navigation.config_check cimport map_floats, navigation_sound
from farside.ext.navigation.guarded cimport (
    GuardedNavigator, fix_guarded, forget_guarded, keep_guarded, navigate_guarded, start_guarded,
    tie_guarded, tie_kept_guarded,
)
from farside.ext.navigation.guarded_check cimport flown_sound, guarded_sound
from farside.ext.navigation.health_records cimport CHANNEL_IMU, CHANNELS
from farside.ext.navigation.host_command cimport command_guarded
from farside.ext.navigation.records cimport (
    NAVIGATION_SIDE, MapFix, NavigationBlock, NavigationConfig, NavigationEstimate,
)
from farside.ext.navigation.state cimport CLONES_MOST, InitialEstimate


cdef enum:
    # reals: inputs, then outputs
    START_R = 0
    START_V = 3
    START_Q = 6
    START_OMEGA = 10
    START_MASS = 13
    DV = 14
    DTHETA = 17
    STAR_Q = 20
    RANGE_DIRECTION = 24
    RANGE = 27
    BEAM_DIRECTION = 28
    BEAM_SPEED = 37
    TOUCHDOWN = 40
    VALVE = 41
    FIX_PLACE = 43
    FIX_AXIS = 45
    FIX_VARIANCE = 47
    FIX_GATE = 49
    FIX_SINCE = 50
    MAP_VARIANCE = 51
    THRUST_TOLD = 52
    TORQUE_TOLD = 53
    R_SITE = 56
    V_SITE = 59
    Q_SITE_BODY = 62
    OMEGA_BODY = 66
    MASS = 69
    ACCEL = 70
    HEIGHT = 71
    FILTER_R = 72
    GYRO_BIAS_AT = 75
    ACCEL_BIAS_AT = 78
    SCALE = 81
    RELIEF_AT = 82
    TIE_AT = 83
    R_SIGMA = 85
    V_SIGMA = 88
    ATTITUDE_SIGMA = 91
    GYRO_SIGMA = 94
    ACCEL_SIGMA = 97
    SCALE_SIGMA = 100
    RELIEF_SIGMA = 101
    TIE_SIGMA = 102
    PLACE_SIGMA = 104
    HEIGHT_SIGMA = 106
    INNOVATION = 107         # in its sigmas
    REALS = 113
    # integers and booleans
    STAR_VALID = 0
    RANGE_VALID = 1
    BEAMS_VALID = 2
    TOUCHDOWN_VALID = 3
    SWITCHES = 4
    SATURATED = 5
    TAGS = 6                # of star, range, beams, touchdown
    MAP_NUMBER = 10
    KEEP_NUMBER = 11
    FIX_NUMBER = 12
    FIX_TICK = 13
    MAP_TICK = 14
    COMMAND_TOLD = 15
    HEIGHT_VALID = 16
    CONTACT = 17
    REST = 18
    STATUS = 19
    LEFT = 20
    IN_USE = 21
    TRUST = 22
    FIX = 29
    FIXES = 30
    WHOLES = 31
    # what model.h asks for
    MODEL_KIND = 4
    REAL_INPUTS = R_SITE
    WHOLE_INPUTS = HEIGHT_VALID
    FIRST_WHOLE = 120       # MODEL_WHOLE_FIRST
    KINDS = 4               # of reports with a time tag


cdef struct NavigationState:
    GuardedNavigator navigator
    int64_t tick            # of the next step
    int64_t kept[CLONES_MOST]   # ticks of the clones, the oldest first; -1: none
    int32_t map_number
    int32_t keep_number
    int32_t fix_number
    int32_t begun
    int64_t taken[KINDS]    # time tags of the last reports


cdef struct NavigationRoom:
    NavigationConfig config     # with the parameters, and where its tables are


ctypedef NavigationBlock ModelTable
ctypedef NavigationState ModelState
ctypedef NavigationRoom ModelWork

include "model.pxi"
include "plain.pxi"


cdef inline void find_tables(NavigationConfig* c, const void* block) noexcept nogil:
    """Point at the tables behind the constants."""
    c.onboard.height_m = <const float*> ((<const NavigationBlock*> block) + 1)
    c.onboard.sigma_m = c.onboard.height_m + map_floats(c)
    c.field.values = NULL
    if c.field.count[0] > 0:
        c.field.values = c.onboard.sigma_m + map_floats(c)


cdef public int model_fits(const void* block, size_t count) noexcept nogil:
    """Whether a block is a configuration with its tables behind it."""
    cdef const NavigationBlock* t = <const NavigationBlock*> block
    cdef NavigationConfig c
    cdef int i
    if count < sizeof(NavigationBlock):
        return 0
    c = t.config
    if not (1 <= c.onboard.rows <= NAVIGATION_SIDE and 1 <= c.onboard.cols <= NAVIGATION_SIDE):
        return 0
    for i in range(3):
        if not 0 <= c.field.count[i] <= 4096:
            return 0
    if count != sizeof(NavigationBlock) + sizeof(float) * (
            2 * map_floats(&c) + gravity_table_floats(&c.field)):
        return 0
    find_tables(&c, block)
    return navigation_sound(&c)


cdef public int model_state_fits(const void* block, const void* state) noexcept nogil:
    """Whether a state can be gone on with."""
    cdef const NavigationState* s = <const NavigationState*> state
    return s.tick >= 0 and flown_sound(s.tick) and (s.begun == 0 or guarded_sound(&s.navigator))


cdef public int model_extent(uint32_t at) noexcept nogil:
    if at == START_Q or at == STAR_Q or at == Q_SITE_BODY:
        return 4
    if at == BEAM_DIRECTION:
        return 9
    if at == INNOVATION:
        return CHANNEL_IMU
    if at == FIRST_WHOLE + TRUST:
        return CHANNELS
    if (
            at == VALVE or at == FIX_PLACE or at == FIX_AXIS or at == FIX_VARIANCE or at == TIE_AT
            or at == TIE_SIGMA or at == PLACE_SIGMA):
        return 2
    if (
            at == START_R or at == START_V or at == START_OMEGA or at == DV or at == DTHETA
            or at == RANGE_DIRECTION or at == BEAM_SPEED or at == TORQUE_TOLD or at == R_SITE
            or at == V_SITE or at == OMEGA_BODY or at == FILTER_R or at == GYRO_BIAS_AT
            or at == ACCEL_BIAS_AT or at == R_SIGMA or at == V_SIGMA or at == ATTITUDE_SIGMA
            or at == GYRO_SIGMA or at == ACCEL_SIGMA):
        return 3
    return 1


cdef public void model_begin(
        const void* block, const void* table, void* state, double* real,
        int32_t* whole) noexcept nogil:
    """Start values of the inputs: the planned start, and nothing measured."""
    cdef const InitialEstimate* first = &(<const NavigationBlock*> table).first
    memset(real, 0, sizeof(double) * REAL_INPUTS)
    memset(whole, 0, sizeof(int32_t) * WHOLE_INPUTS)
    memcpy(&real[START_R], first.r_site, sizeof(first.r_site))
    memcpy(&real[START_V], first.v_site, sizeof(first.v_site))
    memcpy(&real[START_Q], first.q_site_body, sizeof(first.q_site_body))
    memcpy(&real[START_OMEGA], first.omega_body, sizeof(first.omega_body))
    real[START_MASS] = first.mass_kg
    real[FIX_AXIS] = 1.0
    whole[MAP_TICK] = -1


cdef inline void show_sigmas(const NavigationEstimate* e, double* real) noexcept nogil:
    cdef int i
    memcpy(&real[R_SIGMA], e.position_sigma_m, sizeof(e.position_sigma_m))
    memcpy(&real[V_SIGMA], e.velocity_sigma_mps, sizeof(e.velocity_sigma_mps))
    memcpy(&real[ATTITUDE_SIGMA], e.attitude_sigma_rad, sizeof(e.attitude_sigma_rad))
    memcpy(&real[GYRO_SIGMA], e.gyro_bias_sigma, sizeof(e.gyro_bias_sigma))
    memcpy(&real[ACCEL_SIGMA], e.accel_bias_sigma, sizeof(e.accel_bias_sigma))
    real[SCALE_SIGMA] = e.beam_scale_sigma
    real[RELIEF_SIGMA] = e.relief_sigma_m
    memcpy(&real[TIE_SIGMA], e.tie_sigma_m, sizeof(e.tie_sigma_m))
    memcpy(&real[PLACE_SIGMA], e.place_sigma_m, sizeof(e.place_sigma_m))
    real[HEIGHT_SIGMA] = e.height_sigma_m
    for i in range(CHANNEL_IMU):
        real[INNOVATION + i] = 0.0
        if e.innovation_sigma[i] > 0.0:
            real[INNOVATION + i] = e.innovation[i] / e.innovation_sigma[i]


cdef inline void show(const NavigationEstimate* e, double* real, int32_t* whole) noexcept nogil:
    """Put an estimate into the outputs."""
    memcpy(&real[R_SITE], e.r_site, sizeof(e.r_site))
    memcpy(&real[V_SITE], e.v_site, sizeof(e.v_site))
    memcpy(&real[Q_SITE_BODY], e.q_site_body, sizeof(e.q_site_body))
    memcpy(&real[OMEGA_BODY], e.omega_body, sizeof(e.omega_body))
    real[MASS] = e.mass_kg
    real[ACCEL] = e.accel_mps2
    whole[HEIGHT_VALID] = not isnan(e.height_m)
    real[HEIGHT] = e.height_m if whole[HEIGHT_VALID] else 0.0
    memcpy(&real[FILTER_R], e.filter_r_site, sizeof(e.filter_r_site))
    memcpy(&real[GYRO_BIAS_AT], e.gyro_bias, sizeof(e.gyro_bias))
    memcpy(&real[ACCEL_BIAS_AT], e.accel_bias, sizeof(e.accel_bias))
    real[SCALE] = e.beam_scale
    real[RELIEF_AT] = e.relief_m
    memcpy(&real[TIE_AT], e.tie_m, sizeof(e.tie_m))
    show_sigmas(e, real)
    whole[CONTACT] = e.contact
    whole[REST] = e.rest
    whole[STATUS] = e.status
    whole[LEFT] = e.left_out
    whole[IN_USE] = e.clones
    whole[FIX] = e.fix
    whole[FIXES] = e.fixes
    memcpy(&whole[TRUST], e.trust, sizeof(e.trust))


cdef inline int begin_as_told(
        const NavigationBlock* t, NavigationState* s, const double* real) noexcept nogil:
    """Start the navigator from the inputs of the start; a code NAVIGATION_."""
    cdef InitialEstimate first = t.first
    memcpy(first.r_site, &real[START_R], sizeof(first.r_site))
    memcpy(first.v_site, &real[START_V], sizeof(first.v_site))
    memcpy(first.q_site_body, &real[START_Q], sizeof(first.q_site_body))
    memcpy(first.omega_body, &real[START_OMEGA], sizeof(first.omega_body))
    first.mass_kg = real[START_MASS]
    return start_guarded(&first, &s.navigator, sizeof(s.navigator))


cdef public void model_start(
        const void* block, const void* table, void* state, void* room, double* real,
        int32_t* whole) noexcept nogil:
    """Go to before tick 0."""
    cdef const NavigationBlock* t = <const NavigationBlock*> table
    cdef NavigationState* s = <NavigationState*> state
    cdef int i
    memset(s, 0, sizeof(NavigationState))
    for i in range(CLONES_MOST):
        s.kept[i] = -1
    for i in range(KINDS):
        s.taken[i] = -1
    if begin_as_told(t, s, real) != NAVIGATION_OK:
        start_guarded(&t.first, &s.navigator, sizeof(s.navigator))
    show(&s.navigator.told, real, whole)


cdef inline bint fresh(NavigationState* s, int which, const int32_t* whole) noexcept nogil:
    """Whether a report is another than the last: a master may hold its inputs."""
    cdef bint another = whole[TAGS + which] != s.taken[which]
    s.taken[which] = whole[TAGS + which]
    return another


cdef inline void read_inputs(
        NavigationState* s, const double* real, const int32_t* whole,
        Measurements* m) noexcept nogil:
    memset(m, 0, sizeof(Measurements))
    memcpy(m.dv_body, &real[DV], sizeof(m.dv_body))
    memcpy(m.dtheta_body, &real[DTHETA], sizeof(m.dtheta_body))
    memcpy(m.q_inertial_body, &real[STAR_Q], sizeof(m.q_inertial_body))
    memcpy(m.range_direction, &real[RANGE_DIRECTION], sizeof(m.range_direction))
    m.range_m = real[RANGE]
    memcpy(m.velocity_direction, &real[BEAM_DIRECTION], sizeof(m.velocity_direction))
    memcpy(m.velocity_mps, &real[BEAM_SPEED], sizeof(m.velocity_mps))
    m.height_m = real[TOUCHDOWN]
    memcpy(m.valve_s, &real[VALVE], sizeof(m.valve_s))
    m.contact = whole[SWITCHES]
    m.saturated = whole[SATURATED]
    m.imu_tick = s.tick
    m.star_tick = whole[TAGS]
    m.range_tick = whole[TAGS + 1]
    m.velocity_tick = whole[TAGS + 2]
    m.height_tick = whole[TAGS + 3]
    if whole[STAR_VALID] and fresh(s, 0, whole):
        m.star_valid = 1
    if whole[RANGE_VALID] and fresh(s, 1, whole):
        m.range_valid = 1
    if whole[BEAMS_VALID] and fresh(s, 2, whole):
        m.velocity_valid = whole[BEAMS_VALID]
    if whole[TOUCHDOWN_VALID] and fresh(s, 3, whole):
        m.height_valid = 1


cdef inline void keep_newest(const NavigationConfig* c, NavigationState* s) noexcept nogil:
    """Keep the pose of this tick, in place of the oldest where all clones are in use."""
    cdef int i
    if keep_guarded(c, &s.navigator) == NAVIGATION_NO_CLONE:
        forget_guarded(&s.navigator, s.kept[0])
        keep_guarded(c, &s.navigator)
        for i in range(CLONES_MOST - 1):
            s.kept[i] = s.kept[i + 1]
        s.kept[CLONES_MOST - 1] = s.tick
        return
    for i in range(CLONES_MOST):
        if s.kept[i] < 0:
            s.kept[i] = s.tick
            return


cdef inline void take_place(
        NavigationState* s, const double* real, const int32_t* whole) noexcept nogil:
    """Take a place on the map that was in use before this step."""
    cdef MapFix fix
    memset(&fix, 0, sizeof(fix))
    fix.tick = whole[FIX_TICK]
    memcpy(fix.place_m, &real[FIX_PLACE], sizeof(fix.place_m))
    memcpy(fix.axis, &real[FIX_AXIS], sizeof(fix.axis))
    memcpy(fix.variance_m2, &real[FIX_VARIANCE], sizeof(fix.variance_m2))
    fix.gate = real[FIX_GATE]
    fix.since_s = real[FIX_SINCE]
    s.navigator.told.fix = fix_guarded(&s.navigator, &fix)


cdef inline void take_map(
        const NavigationConfig* c, NavigationState* s, const double* real,
        const int32_t* whole) noexcept nogil:
    """A map is in use: made at this tick, or at a kept pose, whose clone is then free."""
    cdef int64_t tick = whole[MAP_TICK]
    cdef int i
    if tick < 0:
        tie_guarded(c, &s.navigator)
    elif tie_kept_guarded(c, &s.navigator, tick, real[MAP_VARIANCE]) == NAVIGATION_OK:
        for i in range(CLONES_MOST):
            if s.kept[i] == tick:
                break
        while i < CLONES_MOST - 1:
            s.kept[i] = s.kept[i + 1]
            i += 1
        s.kept[CLONES_MOST - 1] = -1


cdef public void model_step(
        const void* block, const void* table, void* state, void* room, double* real,
        int32_t* whole, int64_t ticks) noexcept nogil:
    """Take in what was measured at this tick."""
    cdef const NavigationBlock* t = <const NavigationBlock*> table
    cdef NavigationState* s = <NavigationState*> state
    cdef NavigationConfig* c = &(<NavigationRoom*> room).config
    cdef NavigationEstimate e
    cdef Measurements m
    if not s.begun:
        if begin_as_told(t, s, real) != NAVIGATION_OK:
            whole[STATUS] = NAVIGATION_BAD_START
            return
        s.begun = 1
    c[0] = t.config
    find_tables(c, block)
    read_inputs(s, real, whole, &m)
    if whole[COMMAND_TOLD] and ticks == 1:
        command_guarded(&s.navigator, real[THRUST_TOLD], &real[TORQUE_TOLD])
    else:  # a longer step repeats its increments, as a unit that stands still does
        command_guarded(&s.navigator, NAN, NULL)
        s.navigator.command_left |= LEFT_COMMAND * (whole[COMMAND_TOLD] != 0)
    navigate_guarded(c, &s.navigator, &m, s.tick, &e)
    if whole[FIX_NUMBER] != s.fix_number:
        s.fix_number = whole[FIX_NUMBER]
        take_place(s, real, whole)
    if whole[MAP_NUMBER] != s.map_number:
        s.map_number = whole[MAP_NUMBER]
        take_map(c, s, real, whole)
    if whole[KEEP_NUMBER] != s.keep_number:
        s.keep_number = whole[KEEP_NUMBER]
        keep_newest(c, s)
    e.clones = s.navigator.told.clones
    e.fix = s.navigator.told.fix
    e.fixes = s.navigator.told.fixes
    s.tick += 1
    show(&e, real, whole)
