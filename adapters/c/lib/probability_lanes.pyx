"""The kernel of probabilities for the C library, compiled for every instruction set (lanes.h)."""

include "farside/ext/terrain/probability.pxi"


cdef public void lanes_judge(
        const void* odds, int legs, Py_ssize_t n, const float* slope_deg, const float* height_m,
        const float* typical_m, const float* worst_m, float* chance, float* bound) noexcept nogil:
    """Judge n cells under one noise."""
    judge_all(
        <const Odds*> odds, legs, n, slope_deg, height_m, typical_m, worst_m, False, chance, bound)
