"""What a tick leaves in the telemetry: truth, estimate and command, but the true height."""

from libc.stdint cimport uint8_t
from libc.string cimport memset

from farside.ext.common.telemetry cimport Row
from farside.ext.guidance.autopilot.records cimport AutopilotState, couples_byte
from farside.ext.guidance.records.command cimport Estimate, GuidanceCommand
from farside.ext.loop.lander cimport LanderFlight
from farside.ext.loop.navigation_row cimport record_navigation
from farside.ext.navigation._codes cimport TRUST_BELIEVED
from farside.ext.navigation.health_records cimport CHANNEL_RANGE


cdef inline void record_tick(
        Row* row, const LanderFlight* f, const AutopilotState* s, const GuidanceCommand* command,
        const Estimate* e) noexcept nogil:
    """All columns but `guided` and `height_m`."""
    cdef int i
    row.tick = <int> f.tick
    row.phase = <uint8_t> command.phase
    row.status = <uint8_t> command.status
    row.flags = <uint8_t> (
        (1 if f.plant.touched else 0) | (2 if f.plant.at_rest else 0)
        | (4 if s.has_site else 0)
        | (8 if f.navigator.channel[CHANNEL_RANGE].trust != TRUST_BELIEVED else 0)
        | (16 if e.contact else 0) | (32 if e.rest else 0))
    row.sensors = <uint8_t> (
        (1 if f.measured.star_valid else 0) | (2 if f.measured.range_valid else 0)
        | (4 if f.measured.velocity_valid else 0) | (8 if f.measured.height_valid else 0))
    for i in range(3):
        row.r_site[i] = f.plant.state.r_site[i]
        row.v_site[i] = f.plant.state.v_site[i]
        row.omega_body[i] = f.plant.state.omega_body[i]
        row.est_r_site[i] = e.r_site[i]
        row.est_v_site[i] = e.v_site[i]
        row.est_omega_body[i] = e.omega_body[i]
        row.direction_site[i] = command.direction_site[i]
        row.cmd_torque_nm[i] = command.torque_nm[i]
        row.target_site[i] = s.site[i]
    for i in range(4):
        row.q_site_body[i] = f.plant.state.q_site_body[i]
        row.est_q_site_body[i] = e.q_site_body[i]
        row.cmd_q_site_body[i] = command.q_site_body[i]
    row.mass_kg = f.plant.state.mass_kg
    row.thrust_n = f.plant.engine.thrust_n
    row.est_mass_kg = e.mass_kg
    row.est_accel_mps2 = e.accel_mps2
    row.est_height_m = e.height_m
    row.est_height_sigma_m = e.height_sigma_m
    row.cmd_heading_rad = command.heading_rad
    row.cmd_thrust_n = command.thrust_n
    row.time_to_go_s = command.time_to_go_s
    row.range_m = f.navigator.last_range_m
    row.link = <uint8_t> command.link
    row.reason = <uint8_t> command.reason
    row.shed = <uint8_t> s.shed
    row.couples = <uint8_t> couples_byte(s.couples)
    row.abort = <uint8_t> command.abort
    memset(row.spare, 0, sizeof(row.spare))
    record_navigation(row, &f.navigator)
