"""The lander's FMU: truth, sensors and navigation behind the functions of model.h.

Compiled alone and without Python: everything here is C once the linker has dropped the rest.
"""

from libc.stdint cimport int32_t, uint32_t
from libc.string cimport memcpy

from farside.ext.guidance.autopilot.records cimport Estimate
from farside.ext.ground.snapshot cimport SnapshotWorkspace, heights_valid
from farside.ext.ground.rays cimport Ground
from farside.ext.loop.lander cimport (
    LanderFlight, LanderTable, lander_estimate, lander_floats, lander_ground, lander_height,
    lander_valid, lander_start, lander_step, lander_under,
)
from farside.ext.common.vector cimport finite


cdef enum:
    # reals: inputs, then outputs
    THRUST = 0
    TORQUE = 1
    R_SITE = 4
    V_SITE = 7
    Q_SITE_BODY = 10
    OMEGA_BODY = 14
    MASS = 17
    ACCEL = 18
    HEIGHT = 19
    TRUE_R = 20
    TRUE_V = 23
    TRUE_Q = 26
    TRUE_OMEGA = 30
    TRUE_MASS = 33
    TRUE_HEIGHT = 34
    TRUE_THRUST = 35
    PROPELLANT = 36
    REALS = 37
    # integers and booleans
    PHASE = 0
    HEIGHT_VALID = 1
    CONTACT = 2
    REST = 3
    STATUS = 4
    EMPTY = 5
    UNDER = 6
    WHOLES = 7
    # of the status
    FLYING = 0
    ON_GROUND = 1
    AT_REST = 2
    TIPPED = 3
    LOST = 4


cdef inline const float* floats_of(const LanderTable* t) noexcept nogil:
    return <const float*> (t + 1)


cdef void show(
        const LanderTable* t, const LanderFlight* f, SnapshotWorkspace* room, double* real,
        int32_t* whole) noexcept nogil:
    """Put the flight into the outputs."""
    cdef Estimate e = lander_estimate(f)
    cdef const Ground* ground = lander_ground(t, floats_of(t), f, room)
    cdef bint measured = finite(e.height_m)
    memcpy(&real[R_SITE], e.r_site, sizeof(e.r_site))
    memcpy(&real[V_SITE], e.v_site, sizeof(e.v_site))
    memcpy(&real[Q_SITE_BODY], e.q_site_body, sizeof(e.q_site_body))
    memcpy(&real[OMEGA_BODY], e.omega_body, sizeof(e.omega_body))
    real[MASS] = e.mass_kg
    real[ACCEL] = e.accel_mps2
    real[HEIGHT] = e.height_m if measured else 0.0
    memcpy(&real[TRUE_R], f.plant.state.r_site, sizeof(e.r_site))
    memcpy(&real[TRUE_V], f.plant.state.v_site, sizeof(e.v_site))
    memcpy(&real[TRUE_Q], f.plant.state.q_site_body, sizeof(e.q_site_body))
    memcpy(&real[TRUE_OMEGA], f.plant.state.omega_body, sizeof(e.omega_body))
    real[TRUE_MASS] = f.plant.state.mass_kg
    real[TRUE_HEIGHT] = lander_height(t, ground, f)
    real[TRUE_THRUST] = f.plant.thrust_n
    real[PROPELLANT] = f.plant.engine_used_kg + f.plant.thruster_used_kg
    whole[HEIGHT_VALID] = measured
    whole[CONTACT] = e.contact
    whole[REST] = e.rest
    whole[EMPTY] = f.plant.empty
    whole[UNDER] = lander_under(ground, f)
    if f.plant.lost:
        whole[STATUS] = LOST
    elif f.plant.tipped:
        whole[STATUS] = TIPPED
    elif f.plant.at_rest:
        whole[STATUS] = AT_REST
    elif f.plant.touched:
        whole[STATUS] = ON_GROUND
    else:
        whole[STATUS] = FLYING


cdef public uint32_t model_kind() noexcept nogil:
    return 2


cdef public size_t model_state_bytes() noexcept nogil:
    return sizeof(LanderFlight)


cdef public size_t model_room_bytes() noexcept nogil:
    return sizeof(SnapshotWorkspace)


cdef public int model_reals() noexcept nogil:
    return REALS


cdef public int model_wholes() noexcept nogil:
    return WHOLES


cdef public int model_extent(uint32_t at) noexcept nogil:
    if (
            at == TORQUE or at == R_SITE or at == V_SITE or at == OMEGA_BODY
            or at == TRUE_R or at == TRUE_V or at == TRUE_OMEGA
    ):
        return 3
    return 4 if at == Q_SITE_BODY or at == TRUE_Q else 1


cdef public int model_real_inputs() noexcept nogil:
    return R_SITE


cdef public int model_whole_inputs() noexcept nogil:
    return HEIGHT_VALID


cdef public int model_fits(const void* block, size_t count) noexcept nogil:
    """Whether a block is a table of a lander with its map and its ground behind it."""
    cdef const LanderTable* t = <const LanderTable*> block
    if count < sizeof(LanderTable) or not lander_valid(t):
        return 0
    if count != sizeof(LanderTable) + sizeof(float) * lander_floats(t):
        return 0
    return heights_valid(floats_of(t), lander_floats(t))


cdef public void model_begin(
        const void* block, void* state, double* real, int32_t* whole) noexcept nogil:
    """Start values of the inputs: engine off."""
    real[THRUST] = real[TORQUE] = real[TORQUE + 1] = real[TORQUE + 2] = 0.0
    whole[PHASE] = 0


cdef public void model_start(
        const void* block, void* state, void* room, double* real, int32_t* whole) noexcept nogil:
    """Go to tick 0."""
    cdef const LanderTable* t = <const LanderTable*> block
    cdef LanderFlight* f = <LanderFlight*> state
    lander_start(t, floats_of(t), f, <SnapshotWorkspace*> room)
    show(t, f, <SnapshotWorkspace*> room, real, whole)


cdef public void model_step(
        const void* block, void* state, void* room, double* real, int32_t* whole) noexcept nogil:
    """One tick under the command in the inputs."""
    cdef const LanderTable* t = <const LanderTable*> block
    cdef LanderFlight* f = <LanderFlight*> state
    lander_step(
        t, floats_of(t), f, <SnapshotWorkspace*> room, real[THRUST], &real[TORQUE], whole[PHASE])
    show(t, f, <SnapshotWorkspace*> room, real, whole)
