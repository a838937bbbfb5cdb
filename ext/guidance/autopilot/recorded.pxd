"""The estimate that a recorded tick flew by."""

from farside.ext.common.telemetry cimport Row
from farside.ext.guidance.records.command cimport Estimate


cdef inline void estimate_of_row(const Row* row, Estimate* e) noexcept nogil:
    """The estimate that a row of telemetry holds."""
    cdef int k
    for k in range(3):
        e.r_site[k] = row.est_r_site[k]
        e.v_site[k] = row.est_v_site[k]
        e.omega_body[k] = row.est_omega_body[k]
    for k in range(4):
        e.q_site_body[k] = row.est_q_site_body[k]
    e.mass_kg = row.est_mass_kg
    e.accel_mps2 = row.est_accel_mps2
    e.height_m = row.est_height_m
    e.height_sigma_m = row.est_height_sigma_m
    e.contact = (row.flags >> 4) & 1
    e.rest = (row.flags >> 5) & 1
