# Which limit a cell exceeds: bits written beside the probabilities, cell by cell.

from farside.ext.terrain.probability_model cimport ProbabilityModel


cdef inline void write_disc_reasons(
    const ProbabilityModel* model, Py_ssize_t n, const float* slope_deg, const float* roughness_m,
    const unsigned char* state, unsigned short* reasons
) noexcept nogil:
    """Write the reasons of the discs."""
    # Copies: what is written could be the members for all the compiler knows.
    cdef float steepest = model.slope_deg, roughest = model.roughness_m
    cdef unsigned short steep_bit = model.slope_bit, rough_bit = model.rough_bit
    cdef unsigned short unseen_bit = model.unseen_bit, edge_bit = model.edge_bit
    cdef Py_ssize_t k
    # NaN is above no limit: where a footprint is not whole only its state speaks.
    for k in range(n):
        reasons[k] = (
            (steep_bit if slope_deg[k] > steepest else 0)
            | (rough_bit if roughness_m[k] > roughest else 0)
            | (unseen_bit if state[k] == 1 else 0)
            | (edge_bit if state[k] == 2 else 0)
        )


cdef inline void select_for_legs(
    const ProbabilityModel* model, Py_ssize_t n, const unsigned char* inside,
    const unsigned char* known, const float* probability, float least, unsigned short* reasons,
    unsigned char* wanted
) noexcept nogil:
    """Mark where legs are off the map or over unseen ground, and where to compute them."""
    cdef Py_ssize_t k
    cdef unsigned short unseen_bit = model.unseen_bit, edge_bit = model.edge_bit, why
    cdef unsigned short missing = unseen_bit | edge_bit
    cdef bint blank
    for k in range(n):
        why = unseen_bit if inside[k] else edge_bit
        blank = (reasons[k] & missing) != 0
        reasons[k] |= 0 if blank | (known[k] != 0) else why
        wanted[k] = (not blank) & (known[k] != 0) & (probability[k] > least)


cdef inline void write_legs_reasons(
    const ProbabilityModel* model, Py_ssize_t n, const float* slope_deg, const float* rise_m,
    unsigned short* reasons
) noexcept nogil:
    """Join the reasons of the legs to those of the discs."""
    cdef float steepest = model.slope_deg, highest = model.belly_m
    cdef unsigned short steep_bit = model.stand_slope_bit, belly_bit = model.belly_bit
    cdef Py_ssize_t k
    for k in range(n):
        reasons[k] |= (
            (steep_bit if slope_deg[k] > steepest else 0)
            | (belly_bit if rise_m[k] > highest else 0)
        )


cdef inline void mark_uncertain(
    const ProbabilityModel* model, Py_ssize_t n, const float* probability, float least,
    unsigned short* reasons
) noexcept nogil:
    """Mark as uncertain what is known, but less probable than asked for."""
    cdef unsigned short missing = model.unseen_bit | model.edge_bit, bit = model.uncertain_bit
    cdef Py_ssize_t k
    for k in range(n):
        reasons[k] |= bit if (
            (probability[k] < least) & ((reasons[k] & missing) == 0)
        ) else 0
