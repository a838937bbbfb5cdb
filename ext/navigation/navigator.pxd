"""The navigator's turn: propagate to a tick, then take in what was measured there.

A multiplicative error-state Kalman filter about a strapdown (Sola, Quaternion kinematics for the
error-state Kalman filter, 2017, arXiv:1711.02508), with considered states (Zanetti & D'Souza,
Recursive implementations of the consider filter, J. Astronaut. Sci. 60, 2013), and the vehicle
relative to the site (Bishop & Crain; NTRS 20170009197).

    state.pxd           x: what is estimated, what is considered
    strapdown.pxd       x at 100 Hz from the increments
    bridge.pxd          x and P over a gap in the measurements
    covariance.pxd      F, Q and P = F P F' + Q at 10 Hz
    update.pxd          H, R, S, K: one scalar measurement
    relief.pxd          what the ground is off the map, from look to look
    altimeter.pxd, velocimeter.pxd, star_tracker.pxd    the measurements' models
    delayed.pxd, clones.pxd     estimates of a while ago
    health.pxd, silence.pxd     gates: what is believed, and why not
    height_vote.pxd     altimeter and touchdown sensor against each other
    thrust_model.pxd    thrust commanded, where the accelerometers are not believed
    accel_axis.pxd      the same of one of them alone
    accel_vote.pxd      both against the speeds over ground
    report.pxd          what guidance is told
"""

from libc.stdint cimport int64_t

from farside.ext.common.gravity_table cimport GRAVITY_EVERY, GravityTable, gravity_ahead
from farside.ext.common.measurements cimport Measurements
from farside.ext.common.types cimport TICK_HZ, Moon
from farside.ext.common.vector cimport vec_from, vec_to
from farside.ext.navigation.altimeter cimport update_height, update_range
from farside.ext.navigation.bridge cimport bridge_gap
from farside.ext.navigation.covariance cimport propagate_covariance
from farside.ext.navigation.delayed cimport rates_modelled, remember
from farside.ext.navigation.onboard_map cimport OnboardMap
from farside.ext.navigation.report cimport report
from farside.ext.navigation.rest cimport watch_rest
from farside.ext.navigation.silence cimport listen_to_all
from farside.ext.navigation.star_tracker cimport update_attitude
from farside.ext.navigation.state cimport COVARIANCE_EVERY, Navigator, NavigatorSetup
from farside.ext.navigation.strapdown cimport propagate_state
from farside.ext.navigation.velocimeter cimport update_velocity


cdef inline void navigate(
        Navigator* nav, const NavigatorSetup* setup, const OnboardMap* onboard_map,
        const Moon* moon, const GravityTable* field, const Measurements* m,
        int64_t tick) noexcept nogil:
    """The estimate at a tick, from the one before it and the measurements of this tick.

    `field` is what is known aboard of gravity beyond J2 and C22; NULL leaves it out.
    """
    cdef double dt = 1.0 / TICK_HZ
    if setup.bridges and nav.tick >= 0 and tick - nav.tick > 1:
        bridge_gap(nav, setup, moon, m, tick - nav.tick - 1)
    nav.tick = tick
    nav.attitude_apart = setup.attitude_apart
    if tick > 0:
        if field != NULL and (tick - 1) % GRAVITY_EVERY == 0:
            vec_to(
                gravity_ahead(field, vec_from(nav.r_site), vec_from(nav.v_site), dt),
                nav.field_site)
        propagate_state(nav, setup, moon, m, dt)
    if tick % COVARIANCE_EVERY == 0:
        propagate_covariance(nav, setup, moon)
        listen_to_all(nav, setup, moon, tick)
    if m.star_valid:
        update_attitude(nav, setup, moon, m, tick)
    # Where a gyro is refused the attitude is uncertain, and hills would be taken for turns.
    nav.attitude_apart = setup.attitude_apart or rates_modelled(nav)
    if m.range_valid:
        update_range(nav, setup, onboard_map, moon, m, tick)
    nav.attitude_apart = setup.attitude_apart
    nav.place_apart = setup.place_apart
    if m.velocity_valid:
        update_velocity(nav, setup, moon, m, tick)
    nav.place_apart = 0
    nav.attitude_apart = setup.attitude_apart or rates_modelled(nav)
    if m.height_valid:
        update_height(nav, setup, onboard_map, moon, m, tick)
    remember(nav, tick)
    watch_rest(nav, setup, moon, m, dt)
    report(nav, setup, onboard_map, moon, tick)
