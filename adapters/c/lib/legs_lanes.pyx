"""The legs' kernel for the C library, compiled once for every instruction set (lanes.h)."""

include "farside/ext/terrain/legs.pxi"


cdef public void lanes_load_legs(void* work, const float* level, double relief_m) noexcept nogil:
    load_ground(<LegsWorkspace*> work, level, relief_m)


cdef public void lanes_map_legs(
        void* work, const unsigned char* wanted, double limit_m, double band_m,
        float** maps) noexcept nogil:
    cdef LegsMaps out
    out.slope_worst_deg = maps[0]
    out.slope_best_deg = maps[1]
    out.heading_best = maps[2]
    out.rise_worst_m = maps[3]
    out.rise_best_m = maps[4]
    map_legs(<LegsWorkspace*> work, wanted, limit_m, band_m, &out)
