"""The main engine: ignition, throttle valve, lag, flow and noise.

Over a tick the command holds, and with it the target of a first-order lag, T' = (target - T) / lag:

    T(t) = target + e exp(-t/lag)       e: thrust less target at the start of the tick

The flow is T / c with 1/c linear in the thrust, 1/c = a + b T (a specific impulse that falls
towards the least thrust), so that what is used has a closed form too, with d = exp(-t/lag):

    integral of T       = target t + e lag (1 - d)
    integral of T^2     = target^2 t + 2 target e lag (1 - d) + e^2 lag (1 - d^2) / 2

The valve stands at whole steps and moves no faster than its rate once the engine is lit; it is set
before ignition. An overshoot at ignition decays exponentially. Noise of the thrust is first-order
Gauss-Markov, held over a tick; it acts on the force, not on the flow.
"""

from libc.math cimport floor, sqrt

from farside.ext.common.elementary cimport exp_of
from farside.ext.common.random cimport Stream, normal, open_stream
from farside.ext.common.vector cimport clamp
from farside.ext.dynamics.plant_faults cimport PlantFaults, share_left
from farside.ext.dynamics.vehicle cimport Vehicle

cdef enum:
    NOISE_STREAM = 1000         # of the thrust; no other source of a flight has it


cdef struct EngineState:
    double thrust_n             # true, now, without its noise
    double throttle_n           # that the valve stands at; 0 before the first
    int ignition_left           # ticks to the first thrust
    bint burning                # on, or igniting
    bint lit                    # has given thrust since it was switched on
    double overshoot            # share above the command now
    double noise                # share of the thrust, now
    Stream draws                # of the noise
    # constants of a flight
    double flow_spnm            # a [s/m]: flow at no thrust, for each newton
    double flow_spnm_per_n      # b [s/(m N)]
    double overshoot_decay      # in a tick
    double noise_decay
    double noise_drive          # 1 sigma of what a tick adds


cdef struct Engine:
    # Thrust over a tick
    double target_n
    double excess_n             # thrust less target at the start of the tick
    double lag_s
    double noise                # share of the thrust


cdef inline double decay_in(double h, double time_s) noexcept nogil:
    """exp(-h/time), 0 without a time."""
    return exp_of(-h / time_s) if time_s > 0.0 else 0.0


cdef inline void engine_start(EngineState* s, const Vehicle* v, double h) noexcept nogil:
    """Set the constants of an engine whose state is all 0."""
    cdef double span = v.thrust_max_n - v.thrust_min_n
    cdef double slow = 1.0 / v.exhaust_mps
    if span > 0.0 and v.exhaust_least_mps > 0.0:
        s.flow_spnm_per_n = (slow - 1.0 / v.exhaust_least_mps) / span
    s.flow_spnm = slow - s.flow_spnm_per_n * v.thrust_max_n
    s.overshoot_decay = decay_in(h, v.overshoot_s)
    if v.noise_share > 0.0 and v.noise_hz > 0.0:
        s.noise_decay = exp_of(-6.283185307179586 * v.noise_hz * h)
        s.noise_drive = v.noise_share * sqrt(1.0 - s.noise_decay * s.noise_decay)
    s.draws = open_stream(v.noise_key, 0, NOISE_STREAM)


cdef inline double engine_used(
    const EngineState* s, const Engine* e, double t, double decay
) noexcept nogil:
    """Propellant [kg] that the engine takes in the first t seconds of a tick."""
    cdef double once = e.target_n * t + e.excess_n * e.lag_s * (1.0 - decay)
    if s.flow_spnm_per_n == 0.0:
        return s.flow_spnm * once
    return s.flow_spnm * once + s.flow_spnm_per_n * (
        e.target_n * (once + e.excess_n * e.lag_s * (1.0 - decay))
        + 0.5 * e.excess_n * e.excess_n * e.lag_s * (1.0 - decay * decay))


cdef inline double valve(
    EngineState* s, const Vehicle* v, double throttle_n, double h
) noexcept nogil:
    """Where the throttle valve stands in this tick [N]."""
    cdef double at = clamp(throttle_n, v.thrust_min_n, v.thrust_max_n)
    cdef double most
    if v.throttle_step_n > 0.0:
        at = clamp(
            v.throttle_step_n * floor(at / v.throttle_step_n + 0.5),
            v.thrust_min_n, v.thrust_max_n)
    if v.throttle_rate_nps > 0.0 and s.lit:
        most = v.throttle_rate_nps * h
        at = clamp(at, s.throttle_n - most, s.throttle_n + most)
    return at


cdef inline double target_of(
    EngineState* s, const Vehicle* v, const PlantFaults* failed, double throttle_n, double h
) noexcept nogil:
    """What the thrust of a burning engine tends to in this tick [N]."""
    cdef double target
    if s.ignition_left > 0:
        s.ignition_left -= 1
        return 0.0
    if not (failed.throttle_stuck and s.throttle_n > 0.0):
        s.throttle_n = valve(s, v, throttle_n, h)
    if not s.lit:
        s.lit = True
        s.overshoot = v.overshoot
    target = v.thrust_scale * s.throttle_n * share_left(failed.thrust_loss)
    if s.overshoot != 0.0:
        target *= 1.0 + s.overshoot
        s.overshoot *= s.overshoot_decay
        if -1e-30 < s.overshoot < 1e-30:
            s.overshoot = 0.0       # before the decay reaches denormal numbers
    return 0.0 if failed.engine_out else target


cdef inline Engine command_engine(
    EngineState* s, const Vehicle* v, const PlantFaults* failed, bint empty, double throttle_n,
    double h
) noexcept nogil:
    """Switch and throttle the engine at the start of a tick."""
    cdef Engine e
    e.target_n = 0.0
    if empty or not throttle_n > 0.0:
        s.burning = s.lit = False
    elif not s.burning and not failed.no_start:
        s.burning = True
        s.ignition_left = v.ignition_ticks
    if s.burning:
        e.target_n = target_of(s, v, failed, throttle_n, h)
    elif s.thrust_n < 1e-9:
        s.thrust_n = 0.0        # before the decay reaches denormal numbers
    if not v.lag_s > 0.0:
        s.thrust_n = e.target_n
    e.excess_n = s.thrust_n - e.target_n
    e.lag_s = v.lag_s
    if s.noise_drive > 0.0 and (s.thrust_n > 0.0 or e.target_n > 0.0):
        s.noise = s.noise_decay * s.noise + s.noise_drive * normal(&s.draws)
    e.noise = s.noise
    return e
