"""The disc kernel for the C library, compiled once for every instruction set (lanes.h)."""

include "farside/ext/terrain/disc.pxi"


cdef public void lanes_load_disc(
        void* disc, const float* level, const unsigned char* unseen, double quantum_m,
        double relief_m, int any_unseen) noexcept nogil:
    load_heights(<Disc*> disc, level, unseen, quantum_m, relief_m, any_unseen)


cdef public void lanes_map_disc(
        const void* disc, double cell_x_m, double cell_y_m, float* slope_deg, float* roughness_m,
        unsigned char* state) noexcept nogil:
    map_discs(<const Disc*> disc, cell_x_m, cell_y_m, -1.0, slope_deg, roughness_m, state)
