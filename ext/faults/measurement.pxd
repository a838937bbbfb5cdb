"""Faults of measurements: between what the sensors say and what navigation reads.

    silent      no valid flag
    stuck       x = the last valid reading before the fault began, flag up
    zero        x = 0, flag up
    bias        x + a                   drift       x + a (t - t0)
    scale       a x                     sign        -x
    spike       x + a in one reading of ten
    noise       x + n, n of (k^2 - 1)^(1/2) sigma: k sigma in all
    saturated   x held to [-a, a], no flag
    pinned      x = a, flag up; an inertial axis says that it is saturated, too
    weak_echo   no valid flag where x > a
    late        the reading of a ticks ago; nothing in the first a ticks
    duplicated  every second reading is the one before it
    flag        valid where it is not, not valid where it is
    misaligned  the unit is turned by a about body y, and the record says that it is not

An attitude is turned: by a about the body axes that are its parts for bias, drift and spike (by
the rotation vector of them all where none is named), about body y where misaligned; its sign is
the conjugate's. The stream of a row is its own, so that no draw shifts a sensor's.
"""

from libc.stdint cimport int32_t, int64_t, uint32_t
from libc.string cimport memset

from farside.ext.common.elementary cimport SinCos, sincos_of
from farside.ext.common.measurements cimport (
    SATURATED_ACCEL, SATURATED_GYRO, VELOCITY_BEAMS, Measurements,
)
from farside.ext.common.random cimport Stream, normal, open_stream, uniform
from farside.ext.common.types cimport TICK_HZ, LanderState
from farside.ext.common.vector cimport (
    Quat, Vec3, axpy, clamp, dot, finite, norm, quat, quat_from, quat_mul, quat_to, quat_unit,
    rotate, rotate_back, scale, sub, unit as unit_vector, vec, vec_from, vec_to,
)
from farside.ext.faults.readings cimport Reading, put_reading, take_reading
from farside.ext.faults.table cimport (
    FAULTS_MAX, FAULT_STREAM, KIND_BIAS, KIND_DRIFT, KIND_DUPLICATED, KIND_FLAG, KIND_LATE,
    KIND_MISALIGNED, KIND_NOISE, KIND_PINNED, KIND_SATURATED, KIND_SCALE, KIND_SIGN,
    KIND_SILENT, KIND_SPIKE, KIND_STUCK, KIND_WEAK_ECHO, KIND_ZERO, LINES_MAX, LINE_TICKS,
    UNIT_ACCELEROMETER, UNIT_ALTIMETER, UNIT_CONTACT, UNIT_GYRO, UNIT_HEIGHT, UNIT_IMU,
    UNIT_STAR_TRACKER, UNIT_VELOCIMETER, FaultClock, FaultRow, FaultTable, NOT_BEGUN, active,
    clock_start, measures,
)
from farside.ext.ground.rays cimport cast_ray
from farside.ext.ground.surface cimport Ground
from farside.ext.sensors.records cimport SensorSetup


cdef struct DelayLine:
    Reading reading[LINE_TICKS]


cdef struct FaultState:
    FaultClock clock
    Stream stream[FAULTS_MAX]
    Reading held[FAULTS_MAX]        # last valid reading before a fault; of DUPLICATED, before this
    int32_t readings[FAULTS_MAX]    # since the fault began
    DelayLine line[LINES_MAX]
    int32_t computer                # computer.pxd


cdef struct TruthForFaults:
    const LanderState* state
    const Ground* ground
    const SensorSetup* sensors


cdef inline void faults_start(FaultState* s, const FaultTable* t) noexcept nogil:
    """Go to before tick 0; the state was cleared."""
    cdef int i
    clock_start(&s.clock)
    for i in range(t.count):
        s.stream[i] = open_stream(t.seed, 0, FAULT_STREAM + <uint32_t> t.row[i].slot)


cdef inline Quat turn_by(Vec3 by) noexcept nogil:
    """The rotation of a rotation vector of any size [rad]."""
    cdef SinCos half = sincos_of(0.5 * min(norm(by), 1e3))
    cdef Vec3 axis = unit_vector(by, vec(0.0, 1.0, 0.0))
    return quat(half.c, half.s * axis.x, half.s * axis.y, half.s * axis.z)


cdef inline Quat about_y(double angle) noexcept nogil:
    """How a unit is turned in its mount [rad]."""
    return turn_by(vec(0.0, angle, 0.0))


cdef inline void turn_attitude(Reading* r, Quat by) noexcept nogil:
    quat_to(quat_unit(quat_mul(quat_from(r.x), by)), r.x)


cdef inline Vec3 along_axes(uint32_t parts, double x, double y, double z) noexcept nogil:
    """A rotation vector about the body axes of some parts."""
    return vec(x if parts & 1 else 0.0, y if parts & 2 else 0.0, z if parts & 4 else 0.0)


cdef inline void add_to(Reading* r, int32_t unit, uint32_t parts, double x) noexcept nogil:
    """Add to the numbers of some parts; an attitude is turned about their axes."""
    cdef int j
    if unit == UNIT_STAR_TRACKER:
        turn_attitude(r, turn_by(along_axes(parts, x, x, x)))
        return
    for j in range(r.numbers):
        if parts >> j & 1:
            r.x[j] += x


cdef inline void add_noise(
        const FaultRow* row, const TruthForFaults* truth, Stream* stream, Reading* r,
        uint32_t parts) noexcept nogil:
    """Add normal deviates; all are drawn, so that a part's do not depend on the others."""
    cdef double n[6]
    cdef int j
    cdef Vec3 turn, boresight
    if row.unit == UNIT_STAR_TRACKER:
        for j in range(3):
            n[j] = normal(stream)
        boresight = vec_from(truth.sensors.star_boresight)
        turn = vec(n[0], n[1], n[2])
        turn = axpy(
            (row.value[0] - row.value[1]) * dot(boresight, turn), boresight,
            scale(row.value[1], turn))
        turn_attitude(r, turn_by(along_axes(parts, turn.x, turn.y, turn.z)))
        return
    for j in range(r.numbers):
        n[j] = row.value[1 if row.unit == UNIT_IMU and j > 2 else 0] * normal(stream)
        if parts >> j & 1:
            r.x[j] += n[j]


cdef inline void misalign_beam(
        const FaultRow* row, const TruthForFaults* truth, Reading* r) noexcept nogil:
    """The altimeter's range along the beam as it truly is: by how much the ranges differ."""
    cdef Quat q = quat_from(truth.state.q_site_body)
    cdef Vec3 at = vec_from(truth.state.r_site)
    cdef Vec3 beam = vec_from(&r.x[1])
    cdef Vec3 turned = rotate(about_y(row.value[0]), beam)
    cdef double most = truth.sensors.range_max_m
    cdef double said, true_m
    if not r.valid:
        return
    said = cast_ray(truth.ground, at, rotate(q, beam), most)
    true_m = cast_ray(truth.ground, at, rotate(q, turned), most)
    if finite(said) and finite(true_m):
        r.x[0] += true_m - said
    else:
        r.valid = 0


cdef inline void misalign(
        const FaultRow* row, const TruthForFaults* truth, Reading* r,
        uint32_t parts) noexcept nogil:
    """Read as the unit does that is turned in its mount."""
    cdef Quat turn = about_y(row.value[0])
    cdef Vec3 v, b
    cdef double cosine
    cdef double x[6]
    cdef int j
    if row.unit == UNIT_STAR_TRACKER:
        turn_attitude(r, turn)
    elif row.unit == UNIT_ALTIMETER:
        misalign_beam(row, truth, r)
    elif row.unit == UNIT_HEIGHT:
        # Over level ground: a slant range
        cosine = turn.w * turn.w - turn.y * turn.y
        if cosine > 0.05:
            r.x[0] /= cosine
        else:
            r.valid = 0
    elif row.unit == UNIT_VELOCIMETER:
        v = rotate_back(
            quat_from(truth.state.q_site_body), vec_from(truth.state.v_site))
        for j in range(VELOCITY_BEAMS):
            if parts >> j & 1:
                b = vec_from(&r.x[VELOCITY_BEAMS + 3 * j])
                r.x[j] += dot(sub(rotate(turn, b), b), v)
    else:
        # What a turned unit calls x is R x of the body
        vec_to(rotate_back(turn, vec_from(r.x)), x)
        vec_to(rotate_back(turn, vec_from(&r.x[3])), &x[3])
        for j in range(r.numbers):
            if parts >> j & 1:
                r.x[j] = x[j]


cdef inline void change_sign(Reading* r, int32_t unit, uint32_t parts) noexcept nogil:
    cdef int j
    for j in range(r.numbers):
        if parts >> j & 1 and not (unit == UNIT_STAR_TRACKER and j == 0):
            r.x[j] = -r.x[j]


cdef inline void give_held(
        const Reading* held, Reading* r, uint32_t parts) noexcept nogil:
    """Give an old reading for some parts: whole where it is all of the unit."""
    cdef int j
    for j in range(r.numbers):
        if parts >> j & 1:
            r.x[j] = held.x[j]
    r.valid = (r.valid & ~parts) | (held.valid & parts)


cdef inline uint32_t failing_numbers(const FaultRow* row) noexcept nogil:
    """The numbers that a fault may change: an attitude's fail together, its parts are axes."""
    return <uint32_t> -1 if row.unit == UNIT_STAR_TRACKER else row.parts


cdef inline void delay(
        const FaultRow* row, FaultState* s, int64_t since, int64_t tick, Reading* r) noexcept nogil:
    """Give the reading of so many ticks ago; before the first has come through, nothing."""
    cdef DelayLine* line = &s.line[row.line]
    cdef int64_t ticks = <int64_t> (row.value[0] + 0.5)
    cdef Reading old
    line.reading[tick % LINE_TICKS] = r[0]
    memset(&old, 0, sizeof(Reading))
    old.tag = r.tag
    if since >= ticks:
        old = line.reading[(tick - ticks) % LINE_TICKS]
    if failing_numbers(row) == <uint32_t> -1:
        r[0] = old      # with the tick at which it was true
    else:
        give_held(&old, r, row.parts)


cdef inline void fail_reading(
        const FaultRow* row, FaultState* s, int i, int64_t since, const TruthForFaults* truth,
        Reading* r) noexcept nogil:
    """Spoil a reading that is due, `since` ticks after the beginning; all kinds but LATE."""
    cdef uint32_t parts = failing_numbers(row)
    cdef uint32_t flags = parts if row.unit == UNIT_CONTACT else (
        parts & ((<uint32_t> 1 << r.numbers) - 1))
    cdef Reading now = r[0]
    cdef int kind = row.kind
    cdef int j
    s.readings[i] += 1
    if kind == KIND_SILENT:
        r.valid &= ~parts
    elif kind == KIND_STUCK:
        give_held(&s.held[i], r, parts)
    elif kind == KIND_ZERO or kind == KIND_PINNED:
        for j in range(r.numbers):
            if parts >> j & 1:
                r.x[j] = row.value[0] if kind == KIND_PINNED else 0.0
        r.valid |= flags
    elif kind == KIND_BIAS:
        add_to(r, row.unit, row.parts, row.value[0])
    elif kind == KIND_DRIFT:
        add_to(r, row.unit, row.parts, row.value[0] * since / TICK_HZ)
    elif kind == KIND_SCALE:
        for j in range(r.numbers):
            if parts >> j & 1:
                r.x[j] *= row.value[0]
    elif kind == KIND_SPIKE:
        if uniform(&s.stream[i]) < 0.1:
            add_to(r, row.unit, row.parts, row.value[0])
            if row.unit == UNIT_CONTACT:
                r.valid |= flags
    elif kind == KIND_NOISE:
        add_noise(row, truth, &s.stream[i], r, row.parts)
    elif kind == KIND_SATURATED:
        for j in range(r.numbers):
            if parts >> j & 1:
                r.x[j] = clamp(r.x[j], -row.value[0], row.value[0])
    elif kind == KIND_WEAK_ECHO:
        if r.x[0] > row.value[0]:
            r.valid &= ~parts
    elif kind == KIND_DUPLICATED:
        if s.readings[i] % 2 == 0:
            give_held(&s.held[i], r, parts)
        else:
            s.held[i] = now
    elif kind == KIND_SIGN:
        change_sign(r, row.unit, parts)
    elif kind == KIND_FLAG:
        r.valid ^= flags
    elif kind == KIND_MISALIGNED:
        misalign(row, truth, r, parts)


cdef inline void fail_measurements(
        const FaultTable* t, FaultState* s, const TruthForFaults* truth, int64_t tick,
        Measurements* m) noexcept nogil:
    """Apply every fault of a measurement that is on at a tick, in the order of the rows."""
    cdef const FaultRow* row
    cdef Reading r
    cdef bint on
    cdef int i
    for i in range(t.count):
        row = &t.row[i]
        if not measures(row.unit):
            continue
        on = active(t, &s.clock, i, tick)
        if not on and (row.kind != KIND_STUCK or s.clock.begun[i] != NOT_BEGUN):
            continue
        r = take_reading(row.unit, truth.sensors, m, tick)
        if not on:
            # What it will be stuck at
            if r.reports and (r.valid or row.unit == UNIT_CONTACT):
                s.held[i] = r
            continue
        if row.kind == KIND_LATE:
            delay(row, s, tick - s.clock.begun[i], tick, &r)
        elif r.reports:
            fail_reading(row, s, i, tick - s.clock.begun[i], truth, &r)
        else:
            continue
        put_reading(row.unit, &r, m)
        if row.kind == KIND_PINNED and row.unit == UNIT_ACCELEROMETER:
            m.saturated |= SATURATED_ACCEL * (row.parts & 7)
        elif row.kind == KIND_PINNED and row.unit == UNIT_GYRO:
            m.saturated |= SATURATED_GYRO * (row.parts & 7)
