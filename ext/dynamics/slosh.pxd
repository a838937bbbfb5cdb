"""Liquid that sloshes: a spring mass for the first lateral mode of each group of tanks.

Of a liquid of depth h in an upright cylinder of radius R under the acceleration a along it, with
xi = 1.8412, the first zero of J1' (Abramson, NASA SP-106, 1966, ch. 2 and 6; Dodge, SwRI, 2000):

    m_1 = m_liquid 2 tanh(xi h/R) / (xi h/R (xi^2 - 1))     mass that moves
    w^2 = a xi/R tanh(xi h/R)                               of a pendulum of length a/w^2
    z_1 = h - 2 R/xi tanh(xi h/2R)                          above the bottom of the tank

The masses move in the body's x and y and hold still along z, without small angles: with p_i the
place of mass i at rest from the lander's centre of mass, rho_i = p_i + (x_i, y_i, 0),

    f_i = -m_i (w_i^2 s_i + 2 zeta_i w_i s_i')      on the mass, along x and y; -f_i on the body

(the equations of both are in motion.pxd). A mass that comes to SLOSH_MOST of the radius, where a
linear mode ends, stops there without rebound; so does every mass when the ground is near.
Without thrust surface tension sigma alone pulls (SP-106, ch. 11, for a flat surface):

    w^2 = (a xi/R + sigma/density (xi/R)^3) tanh(xi h/R)
"""

from libc.math cimport sqrt

from farside.ext.common.elementary cimport exp_of
from farside.ext.dynamics.vehicle cimport Tank

cdef extern from *:
    """
    #define FARSIDE_XI 1.8411837813406593   /* first zero of the derivative of J1 */
    #define FARSIDE_SLOSH_MOST 0.5          /* of the radius: ours */
    #define FARSIDE_TENSION_M3PS2 3.0e-5    /* sigma/density: N2O4 1.9e-5, UDMH 3.0e-5 */
    """
    const double XI "FARSIDE_XI"
    const double SLOSH_MOST "FARSIDE_SLOSH_MOST"
    const double TENSION_M3PS2 "FARSIDE_TENSION_M3PS2"


cdef struct Slosh:
    # Each mass off its place of rest, and how fast [m, m/s, body]
    double x[2]             # MAX_TANKS
    double y[2]
    double u[2]
    double v[2]


cdef struct SloshMass:
    double mass_kg
    double z_m              # from the lander's centre of mass
    double per_m            # [1/m] w^2 less free_radps2, over the acceleration
    double free_radps2      # w^2 without acceleration
    double damping_twice    # 2 zeta
    double most_m


cdef struct TankNumbers:
    # What of a group of tanks is constant in flight
    double full             # xi h/R, full
    double most_kg          # of the moving mass, as h grows
    double bottom_m
    double depth_m
    double arm_m            # 2 R/xi
    double wave_pm          # xi/R
    double free_m2ps2       # free_radps2 over per_m
    double damping_ratio
    double most_m


cdef inline TankNumbers tank_numbers(const Tank* t) noexcept nogil:
    cdef TankNumbers n
    n.full = XI * t.depth_full_m / t.radius_m
    n.most_kg = t.liquid_full_kg * 2.0 / ((XI * XI - 1.0) * n.full)
    n.bottom_m = t.bottom_base_m
    n.depth_m = t.depth_full_m
    n.arm_m = 2.0 * t.radius_m / XI
    n.wave_pm = XI / t.radius_m
    n.free_m2ps2 = TENSION_M3PS2 * n.wave_pm * n.wave_pm
    n.damping_ratio = t.damping_ratio
    n.most_m = SLOSH_MOST * t.radius_m
    return n


cdef inline SloshMass slosh_mass(
    const TankNumbers* t, double share, double com_height_m
) noexcept nogil:
    """The spring mass of a group of tanks with a share of its liquid left."""
    cdef SloshMass m
    # tanh(x/2) = 1 - 2/(exp(x) + 1), tanh(x) = 2 t/(1 + t^2)
    cdef double half = 1.0 - 2.0 / (exp_of(t.full * share) + 1.0)
    cdef double whole = 2.0 * half / (1.0 + half * half)
    m.mass_kg = t.most_kg * whole
    m.z_m = t.bottom_m + t.depth_m * share - t.arm_m * half - com_height_m
    m.per_m = t.wave_pm * whole
    m.free_radps2 = t.free_m2ps2 * m.per_m
    m.damping_twice = 2.0 * t.damping_ratio
    m.most_m = t.most_m
    return m


cdef inline double damping_of(const SloshMass* m, double accel_mps2) noexcept nogil:
    """2 zeta w [rad/s] in an acceleration."""
    return m.damping_twice * sqrt(
        m.per_m * (accel_mps2 if accel_mps2 > 0.0 else 0.0) + m.free_radps2)
