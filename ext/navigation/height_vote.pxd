"""Altimeter and touchdown sensor: who is right about the height over ground.

Both see the height over the ground beneath, each with physics of its own, and so does the estimate,
which inertial unit and velocimeter carry on from the ranges that it has taken.

Two against one. Where both sensors are outside their gates, vote_after reports on end, and agree
with each other, to their noises, biases and the ground between the places they look at, the
estimate is wrong: the relief's variance grows by nu^2, both are taken back.

One against one. The touchdown sensor alone is outside its gate. A third voice is where it began to
be heard: that is at its range h_max, whatever it reads. Of the first VOTE_REPORTS reports of a
hearing it is counted at how many the reading was near the range, and at how many the estimate was,

    |reading - h_max| < s h_max,     |predicted - h_max| < s h_max + 3 sigma     s = onset_share

    reading near, estimate not      the estimate is wrong (an altimeter off by 50 m, a drift): the
                                    relief's variance grows by nu^2, the sensor is taken, and the
                                    altimeter is rejected until it agrees
    estimate near, reading not      the sensor is off: it stays rejected
    both or neither                 undecided: guidance is told both (report.pxd), and cuts off by
                                    the higher of the two

A touchdown sensor that has agreed AGREED reports before is the one that has changed.

A bias is no white noise: a rejected sensor that is off by the same each time may not be let in by a
growing R, which would average it down. So R grows for the touchdown sensor, and for an altimeter
where the touchdown sensor is believed, only where the ground may explain the innovation,
|nu| < 3 level_sigma_m. Beyond it either is taken back when it agrees.

Where the touchdown sensor should be heard by the estimate and never was, either it is dead or the
lander is higher than estimated: the height's sigma is then told as s h_max at least.
"""

from libc.math cimport fabs, sqrt
from libc.stdint cimport int64_t

from farside.ext.navigation._codes cimport (
    TRUST_BELIEVED, TRUST_DOUBTED, TRUST_REJECTED, TRUST_SILENT, VERDICT_ESTIMATE, VERDICT_NONE,
    VERDICT_SENSOR,
)
from farside.ext.navigation.health_records cimport CHANNEL_HEIGHT, CHANNEL_RANGE, Channel
from farside.ext.navigation.relief cimport detail_variance, height_beneath_variance
from farside.ext.navigation.state cimport (
    HEIGHT_BIAS, POSITION, RELIEF, HeightVote, Navigator, NavigatorSetup,
)


cdef enum:
    VOTE_REPORTS = 5        # of a hearing
    AGREED = 20             # reports: a second at 20 Hz
    RECENT_TICKS = 25       # of two reports that are held against each other


cdef inline double height_variance(const Navigator* nav) noexcept nogil:
    """Of the height over the ground that was last looked at [m^2]."""
    cdef int z = POSITION + 2
    return max(nav.P[z][z] - 2.0 * nav.P[z][RELIEF] + nav.P[RELIEF][RELIEF], 0.0)


cdef inline void hear_height(
        Navigator* nav, const NavigatorSetup* setup, double reading, double predicted,
        int64_t tick) noexcept nogil:
    """Count a report of the touchdown sensor, before it is tested."""
    cdef HeightVote* v = &nav.vote
    cdef const Channel* c = &nav.channel[CHANNEL_HEIGHT]
    cdef double near = setup.health.onset_share * setup.height_max_m
    if c.tick < 0 or tick - c.tick > setup.health.silent_ticks[CHANNEL_HEIGHT]:
        v.heard = v.sensor_near = v.estimate_near = v.agreed = 0
        v.verdict = VERDICT_NONE
    if v.heard >= VOTE_REPORTS:
        return
    v.heard += 1
    if fabs(reading - setup.height_max_m) < near:
        v.sensor_near += 1
    if fabs(predicted - setup.height_max_m) < near + 3.0 * sqrt(height_variance(nav)):
        v.estimate_near += 1


cdef inline void ramp_of_height(
        Navigator* nav, const NavigatorSetup* setup, double innovation) noexcept nogil:
    """Hold R of the touchdown sensor where no ground explains the innovation."""
    if not fabs(innovation) < 3.0 * setup.level_sigma_m:
        nav.channel[CHANNEL_HEIGHT].ramp = 1.0


cdef inline void ramp_of_range(
        Navigator* nav, const NavigatorSetup* setup, double innovation) noexcept nogil:
    """Hold R of an altimeter that the touchdown sensor contradicts, and no ground explains."""
    cdef const Channel* c = &nav.channel[CHANNEL_HEIGHT]
    if (nav.vote.verdict == VERDICT_SENSOR or nav.vote.agreed >= AGREED) and (
            c.trust == TRUST_BELIEVED and not fabs(innovation) < 3.0 * setup.level_sigma_m):
        nav.channel[CHANNEL_RANGE].ramp = 1.0


cdef inline void forget_height(Navigator* nav, double by_m) noexcept nogil:
    """The estimate of the height may be wrong by so much: the relief takes it."""
    nav.P[RELIEF][RELIEF] += by_m * by_m


cdef inline void take_back(Channel* c) noexcept nogil:
    c.outside = 0
    c.trust = TRUST_BELIEVED
    c.ramp = 1.0


cdef inline bint both_agree(
        const Navigator* nav, const NavigatorSetup* setup, int64_t tick) noexcept nogil:
    """Whether both sensors are outside their gates, and of one mind."""
    cdef const Channel* a = &nav.channel[CHANNEL_RANGE]
    cdef const Channel* b = &nav.channel[CHANNEL_HEIGHT]
    # Both count how much higher the lander stands than was expected.
    cdef double differ = a.innovation - b.innovation
    cdef double east = nav.range_seen_m[0] - nav.seen_m[0]
    cdef double north = nav.range_seen_m[1] - nav.seen_m[1]
    cdef double R = (
        setup.range_sigma_m * setup.range_sigma_m + setup.range_bias_m * setup.range_bias_m
        + setup.height_sigma_m * setup.height_sigma_m + nav.P[HEIGHT_BIAS][HEIGHT_BIAS]
        + detail_variance(setup, sqrt(east * east + north * north), 0.0))
    return (
        a.outside >= setup.health.vote_after and differ * differ < setup.health.gate_1 * R
        and tick - a.tick < RECENT_TICKS and tick - b.tick < RECENT_TICKS)


cdef inline void vote(Navigator* nav, const NavigatorSetup* setup, int64_t tick) noexcept nogil:
    """Settle a height that is disputed; after each report of the touchdown sensor."""
    cdef Channel* a = &nav.channel[CHANNEL_RANGE]
    cdef Channel* b = &nav.channel[CHANNEL_HEIGHT]
    cdef HeightVote* v = &nav.vote
    cdef int most = VOTE_REPORTS // 2
    if b.trust == TRUST_BELIEVED and b.ramp == 1.0:
        v.agreed = min(v.agreed + 1, AGREED)
        if v.agreed >= AGREED and v.verdict == VERDICT_NONE:
            v.verdict = VERDICT_ESTIMATE
    if b.outside < setup.health.vote_after:
        return
    if both_agree(nav, setup, tick):
        forget_height(nav, b.innovation)
        take_back(a)
        take_back(b)
    elif v.verdict == VERDICT_NONE and v.heard >= VOTE_REPORTS and v.sensor_near > most and (
            v.estimate_near <= most):
        forget_height(nav, b.innovation)
        take_back(b)
        a.trust = TRUST_REJECTED
        a.inside = 0
        v.verdict = VERDICT_SENSOR
    elif v.verdict == VERDICT_NONE and v.estimate_near > most and v.sensor_near <= most:
        v.verdict = VERDICT_ESTIMATE


cdef inline bint undecided(const Navigator* nav) noexcept nogil:
    """Whether the touchdown sensor contradicts the estimate, and neither is known to be wrong."""
    cdef const Channel* c = &nav.channel[CHANNEL_HEIGHT]
    return nav.vote.verdict == VERDICT_NONE and nav.vote.heard > 0 and (
        c.trust == TRUST_DOUBTED or c.trust == TRUST_REJECTED
        or (c.trust == TRUST_BELIEVED and c.ramp > 1.0))


cdef inline double told_sigma(const Navigator* nav, const NavigatorSetup* setup) noexcept nogil:
    """1 sigma [m] of the height over ground against the level of what is aimed at."""
    cdef const Channel* c = &nav.channel[CHANNEL_HEIGHT]
    cdef double sigma = sqrt(
        height_beneath_variance(nav) + setup.level_sigma_m * setup.level_sigma_m)
    if c.trust == TRUST_SILENT and c.believed + c.refused == 0:
        return max(sigma, setup.health.onset_share * setup.height_max_m)
    return sigma
