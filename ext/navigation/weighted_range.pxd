"""A range taken by a fixed weight, as the first landers' computers did: no covariance is asked.

The ground is level with the site everywhere. With alt the altitude of the beam's end over the
site's by the estimate, h = rho c - nu that of the lander, up the vertical there and w the weight,

    nu = -alt,     r <- r + w nu up     where |nu| < range_gate_share h          (1)

and nothing else is corrected: no speed, no attitude, no relief, no covariance (Bennett, NASA
TN D-6846: Apollo's landing radar; its weight fell with the altitude, though).
"""

from libc.stdint cimport int64_t

from farside.ext.common.measurements cimport SATURATED_RANGE, Measurements
from farside.ext.common.vector cimport Vec3, scale, vec_to
from farside.ext.navigation._codes cimport TRUST_REJECTED
from farside.ext.navigation.health cimport gate, refuse, report_is_sound
from farside.ext.navigation.health_records cimport CHANNEL_RANGE, Channel
from farside.ext.navigation.state cimport Navigator, NavigatorSetup
from farside.ext.navigation.update cimport add_to


cdef inline bint weigh_range(
        Navigator* nav, const NavigatorSetup* setup, const Measurements* m, double nu,
        Vec3 up, double cosine, int64_t tick) noexcept nogil:
    """(1); return whether the range was taken. Its innovation is told against a third of the gate.
    """
    cdef Channel* c = &nav.channel[CHANNEL_RANGE]
    cdef double[3] dr
    cdef double most = setup.range_gate_share * (m.range_m * cosine - nu)
    if not report_is_sound(
            c, &setup.health, m.range_m, m.range_m + nu / cosine,
            setup.range_sigma_m * setup.range_sigma_m, m.saturated & SATURATED_RANGE, tick):
        return False
    if setup.latch_range and c.trust == TRUST_REJECTED:
        refuse(c, TRUST_REJECTED)
        return False
    c.innovation = nu
    c.S = most * most / 9.0
    if not gate(c, &setup.health, nu * nu, most * most):
        return False
    vec_to(scale(setup.range_weight * nu, up), dr)
    add_to(nav.r_site, dr)
    add_to(nav.corrected_r, dr)
    return True
