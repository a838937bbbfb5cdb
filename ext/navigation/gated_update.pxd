"""A scalar measurement updates the filter where it is inside its gate: chi-square, 1 degree,
theory (7.10)."""

from farside.ext.navigation.health cimport gate
from farside.ext.navigation.health_records cimport Channel, HealthSetup
from farside.ext.navigation.state cimport Navigator
from farside.ext.navigation.update cimport Row, innovation_variance, update


cdef inline bint update_inside(
        Navigator* nav, const HealthSetup* health, Channel* c, const Row* H, double innovation,
        double R) noexcept nogil:
    """Note a sound report's innovation and its S; update where nu^2 / S is inside, and say so."""
    c.innovation = innovation
    c.S = innovation_variance(nav, H, R)
    if not gate(c, health, innovation * innovation / c.S, health.gate_1):
        return False
    update(nav, H, innovation, R)
    return True


cdef inline bint update_always(
        Navigator* nav, const HealthSetup* health, Channel* c, const Row* H, double innovation,
        double R) noexcept nogil:
    """The same without a gate: whatever a sound report says."""
    c.innovation = innovation
    c.S = innovation_variance(nav, H, R)
    if not gate(c, health, 0.0, 1.0):
        return False
    update(nav, H, innovation, R)
    return True
