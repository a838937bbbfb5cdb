"""The lander's FMU: truth, sensors and navigation behind the functions of model.h.

Compiled alone and without Python: everything here is C once the linker has dropped the rest.
"""

from libc.stdint cimport int32_t, int64_t, uint32_t
from libc.string cimport memcpy

from farside.ext.guidance.records.command cimport Estimate
from farside.ext.ground.snapshot cimport SnapshotWorkspace, heights_valid
from farside.ext.ground.surface cimport Ground
from farside.ext.dynamics.plant cimport Plant
from farside.ext.loop.lander cimport lander_estimate, lander_height
from farside.ext.loop.lander_check cimport lander_sound
from farside.ext.loop.snapshot_lander cimport (
    SnapshotFlight, SnapshotLander, snapshot_lander_floats, snapshot_lander_ground,
    snapshot_lander_start, snapshot_lander_step, snapshot_lander_under, snapshot_lander_valid,
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
    HEIGHT_SIGMA = 37
    REALS = 38
    # integers and booleans
    PHASE = 0
    STAGE = 1
    HEIGHT_VALID = 2
    CONTACT = 3
    REST = 4
    STATUS = 5
    EMPTY = 6
    UNDER = 7
    WHOLES = 8
    # what model.h asks for
    MODEL_KIND = 2
    REAL_INPUTS = R_SITE
    WHOLE_INPUTS = HEIGHT_VALID
    # of the status
    FLYING = 0
    ON_GROUND = 1
    AT_REST = 2
    TIPPED = 3
    LOST = 4


cdef inline const float* floats_of(const void* block) noexcept nogil:
    return <const float*> ((<const SnapshotLander*> block) + 1)


cdef void show(
        const SnapshotLander* t, const float* behind, const SnapshotFlight* f,
        SnapshotWorkspace* work, double* real, int32_t* whole) noexcept nogil:
    """Put the flight into the outputs."""
    cdef Estimate e = lander_estimate(&f.lander)
    cdef const Ground* ground = snapshot_lander_ground(t, behind, f, work)
    cdef const Plant* plant = &f.lander.plant
    cdef bint measured = finite(e.height_m)
    memcpy(&real[R_SITE], e.r_site, sizeof(e.r_site))
    memcpy(&real[V_SITE], e.v_site, sizeof(e.v_site))
    memcpy(&real[Q_SITE_BODY], e.q_site_body, sizeof(e.q_site_body))
    memcpy(&real[OMEGA_BODY], e.omega_body, sizeof(e.omega_body))
    real[MASS] = e.mass_kg
    real[ACCEL] = e.accel_mps2
    real[HEIGHT] = e.height_m if measured else 0.0
    real[HEIGHT_SIGMA] = e.height_sigma_m
    memcpy(&real[TRUE_R], plant.state.r_site, sizeof(e.r_site))
    memcpy(&real[TRUE_V], plant.state.v_site, sizeof(e.v_site))
    memcpy(&real[TRUE_Q], plant.state.q_site_body, sizeof(e.q_site_body))
    memcpy(&real[TRUE_OMEGA], plant.state.omega_body, sizeof(e.omega_body))
    real[TRUE_MASS] = plant.state.mass_kg
    real[TRUE_HEIGHT] = lander_height(&t.lander, ground, &f.lander)
    real[TRUE_THRUST] = plant.engine.thrust_n
    real[PROPELLANT] = plant.engine_used_kg + plant.thruster_used_kg
    whole[HEIGHT_VALID] = measured
    whole[CONTACT] = e.contact
    whole[REST] = e.rest
    whole[EMPTY] = plant.empty
    whole[UNDER] = snapshot_lander_under(ground, f)
    if plant.lost:
        whole[STATUS] = LOST
    elif plant.tipped:
        whole[STATUS] = TIPPED
    elif plant.at_rest:
        whole[STATUS] = AT_REST
    elif plant.touched:
        whole[STATUS] = ON_GROUND
    else:
        whole[STATUS] = FLYING


ctypedef SnapshotLander ModelTable
ctypedef SnapshotFlight ModelState
ctypedef SnapshotWorkspace ModelWork

include "model.pxi"
include "plain.pxi"


cdef public int model_extent(uint32_t at) noexcept nogil:
    if (
            at == TORQUE or at == R_SITE or at == V_SITE or at == OMEGA_BODY
            or at == TRUE_R or at == TRUE_V or at == TRUE_OMEGA
    ):
        return 3
    return 4 if at == Q_SITE_BODY or at == TRUE_Q else 1


cdef public int model_fits(const void* block, size_t count) noexcept nogil:
    """Whether a block is a table of a lander with its map and its ground behind it."""
    cdef const SnapshotLander* t = <const SnapshotLander*> block
    if count < sizeof(SnapshotLander) or not snapshot_lander_valid(t):
        return 0
    if count != sizeof(SnapshotLander) + sizeof(float) * snapshot_lander_floats(t):
        return 0
    return heights_valid(floats_of(block), snapshot_lander_floats(t))


cdef public int model_state_fits(const void* block, const void* state) noexcept nogil:
    """Whether a flight can be gone on with; its patch of ground is looked at where it is cut."""
    cdef const SnapshotLander* t = <const SnapshotLander*> block
    return lander_sound(&t.lander, &(<const SnapshotFlight*> state).lander)


cdef public void model_begin(
        const void* block, const void* table, void* state, double* real,
        int32_t* whole) noexcept nogil:
    """Start values of the inputs: engine off."""
    real[THRUST] = real[TORQUE] = real[TORQUE + 1] = real[TORQUE + 2] = 0.0
    whole[PHASE] = whole[STAGE] = 0


cdef public void model_start(
        const void* block, const void* table, void* state, void* work, double* real,
        int32_t* whole) noexcept nogil:
    """Go to tick 0."""
    cdef const SnapshotLander* t = <const SnapshotLander*> table
    cdef SnapshotFlight* f = <SnapshotFlight*> state
    snapshot_lander_start(t, floats_of(block), f, <SnapshotWorkspace*> work)
    show(t, floats_of(block), f, <SnapshotWorkspace*> work, real, whole)


cdef public void model_step(
        const void* block, const void* table, void* state, void* work, double* real,
        int32_t* whole, int64_t ticks) noexcept nogil:
    """One tick under the command in the inputs."""
    cdef const SnapshotLander* t = <const SnapshotLander*> table
    cdef SnapshotFlight* f = <SnapshotFlight*> state
    snapshot_lander_step(
        t, floats_of(block), f, <SnapshotWorkspace*> work, real[THRUST], &real[TORQUE],
        whole[PHASE], whole[STAGE])
    show(t, floats_of(block), f, <SnapshotWorkspace*> work, real, whole)
