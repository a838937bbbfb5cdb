"""Legs and body on the ground: crush, damping, friction.

A footpad hangs on its leg, along body z or as the leg is mounted. From the pad's rest place, moved
up the leg by what has crushed, its depth d in the ground makes an elastic and damped push along the
normal of the ground,

    N = k d + c d'    while N cos(tilt of the leg) is under the crush force,

theory (6.4), beyond which the leg crushes at the rate that keeps N there, for good, up to its
stroke; then it stands on a stop as stiff as the body, on yielding ground too. Points of the body
push in the same way without crushing.

Under a pad the ground yields (Bekker 1969; Carrier, Olhoeft & Mendell, Lunar Sourcebook, 1991,
9.1): sunk by z it bears

    N = area (k_c/b + k_phi) z^n        b: radius of the pad

theory (6.5), and sinks further, for good, at the rate that keeps N there. Whichever of leg and
ground is weaker gives way. A pad that comes down elsewhere, more than its radius away, finds fresh
ground.

Friction is Coulomb's, with a bristle (Cundall & Strack, Geotechnique 29, 1979): a spring from the
place where the point took hold. Where the spring would pull harder than mu N the hold slides along,
so that a lander at rest on a slope stays where it is, theory (6.6), and slides above that angle.

The ground under a point is taken once a tick as a facet: for a pad the slope across its disc,
lifted on to the highest of five points, as a pad on a ball joint stands on a rock.
"""

from farside.ext.common.elementary cimport pow_of
from farside.ext.ground.surface cimport Ground, clearance
from farside.ext.common.vector cimport (
    Quat, Vec3, add, axpy, clamp, cross, dot, norm, rotate, scale, sub, unit, vec, vec_from,
)
from farside.ext.dynamics.motion cimport Motion
from farside.ext.dynamics.plant_faults cimport PlantFaults, share_left
from farside.ext.dynamics.vehicle cimport Vehicle

cdef extern from *:
    """
    #define FARSIDE_FACET_RADIUS_M 0.1  /* of the ground under a point of the body */
    #define FARSIDE_DEPTH_MOST_M 0.5    /* the most that a push counts: crashes go deeper */
    """
    const double FACET_RADIUS_M "FARSIDE_FACET_RADIUS_M"
    const double DEPTH_MOST_M "FARSIDE_DEPTH_MOST_M"


cdef struct Facet:
    # The ground as a plane, for one tick
    Vec3 at                 # [m, site]
    Vec3 normal             # unit, site
    double gap_m            # along the normal, from the ground to `at`


cdef struct Touch:
    # One point that can touch the ground, and its memory
    Facet facet
    bint near               # within reach of the ground in this tick
    bint touching
    Vec3 hold               # [m, site] where the bristle took hold
    double crush_m          # of a leg, for good
    double sunk_m           # of the ground under a pad, for good
    Vec3 sunk_at            # [m, site] where
    double depth_m          # elastic, in the ground
    double stretch_m        # of the bristle
    double push_n           # along the normal


cdef struct Contacts:
    Touch touch[32]         # MAX_POINTS: footpads first
    unsigned int pads_now   # a bit for each pad on the ground
    unsigned int pads_ever
    unsigned int body_now   # a bit for each point of the belly and body
    bint belly_struck       # the nozzle's rim has touched
    bint body_struck        # a corner of the body has touched


cdef struct Wrench:
    Vec3 force_site         # [N]
    Vec3 torque_site        # [N m] about the centre of mass


cdef inline Vec3 point_from_com(
    const Vehicle* v, const Touch* t, int i, Vec3 com
) noexcept nogil:
    """A point of the lander [m, body], its centre of mass at com [m, base].

    A crushed leg's pad is moved along the leg by its crush.
    """
    cdef Vec3 p = sub(vec_from(&v.point_base_m[3 * i]), com)
    if t.crush_m > 0.0:
        p = axpy(t.crush_m, vec_from(&v.leg_body[3 * i]), p)
    return p


cdef inline double lower(double a, double b) noexcept nogil:
    return a if a < b else b


cdef inline Facet facet_under(
    const Ground* ground, Vec3 p, double centre_m, double radius_m
) noexcept nogil:
    """The ground under a disc at p [site], whose centre is centre_m above it (radially)."""
    cdef Facet f
    cdef double east = clearance(ground, vec(p.x + radius_m, p.y, p.z))
    cdef double west = clearance(ground, vec(p.x - radius_m, p.y, p.z))
    cdef double north = clearance(ground, vec(p.x, p.y + radius_m, p.z))
    cdef double south = clearance(ground, vec(p.x, p.y - radius_m, p.z))
    cdef Vec3 up = unit(vec(p.x, p.y, p.z + ground.radius_m), vec(0.0, 0.0, 1.0))
    # gradient of the clearance: along x and y from the rim, along z the cosine of the radial
    cdef Vec3 g = vec(0.5 * (east - west) / radius_m, 0.5 * (north - south) / radius_m, up.z)
    cdef double steep = norm(g)
    # the lowest clearance over the plane is the highest ground
    cdef double gap = lower(
        centre_m, lower(
            lower(east - g.x * radius_m, west + g.x * radius_m),
            lower(north - g.y * radius_m, south + g.y * radius_m)))
    f.at = p
    if steep > 1e-6:
        f.normal = scale(1.0 / steep, g)
        f.gap_m = gap / steep
    else:
        f.normal = up
        f.gap_m = gap
    return f


cdef inline bint find_facets(
    Contacts* c, const Vehicle* v, const PlantFaults* failed, const Ground* ground, Vec3 r, Quat q,
    Vec3 com, double reach_m
) noexcept nogil:
    """Take the ground under every point as a facet; whether any point is within reach_m of it."""
    cdef bint any_near = False
    cdef double gap, radius
    cdef Touch* t
    cdef Vec3 p
    cdef int i
    for i in range(v.points):
        t = &c.touch[i]
        if i < v.legs and failed.leg_gone[i]:
            t.near = False
            release(t)
            continue
        radius = v.pad_radius_m if i < v.legs else FACET_RADIUS_M
        p = add(r, rotate(q, point_from_com(v, t, i, com)))
        gap = clearance(ground, p)
        # a rock under the rim may stand higher than the ground under the centre
        t.near = False
        if gap < reach_m + 5.0 * radius:
            t.facet = facet_under(ground, p, gap, radius)
            t.near = t.facet.gap_m < reach_m
        if t.near:
            any_near = True
        else:
            release(t)
    return any_near


cdef inline void release(Touch* t) noexcept nogil:
    t.touching = False
    t.depth_m = 0.0
    t.stretch_m = 0.0
    t.push_n = 0.0


cdef inline double bearing_of(const Vehicle* v, double sunk_m) noexcept nogil:
    """What the ground under a pad bears [N] when sunk so far."""
    if v.bearing_exponent == 1.0:
        return v.bearing_npmn * sunk_m
    return v.bearing_npmn * pow_of(sunk_m, v.bearing_exponent) if sunk_m > 0.0 else 0.0


cdef inline double leg_push(
    Touch* t, const Vehicle* v, double crush_n, double stroke_m, double closing_mps,
    double along, double h
) noexcept nogil:
    """Push of the ground on a footpad along its normal [N]; the weaker of leg and ground yields.

    crush_n [N] is the crushing force along the leg, stroke_m the most that it can crush; along is
    the share of the normal that lies along the leg. A leg more than 60 deg off the normal does not
    crush: it would relieve less depth than it takes up, and across it none.
    """
    cdef double cosine = clamp(along, 0.5, 1.0)
    cdef double crushing = crush_n / cosine
    cdef double elastic = v.stiffness_npm * t.depth_m
    cdef double damping = v.damping_nspm
    cdef double push, bears
    cdef bint stopped = not t.crush_m < stroke_m or along < 0.5
    if stopped and elastic > crushing:
        damping += v.body_damping_nspm
        elastic += v.body_stiffness_npm * (t.depth_m - crushing / v.stiffness_npm)
    push = elastic + damping * closing_mps
    if v.bearing_npmn > 0.0:
        bears = bearing_of(v, t.sunk_m)
        if bears < crushing or stopped:
            if push > bears:
                t.sunk_m += yielding(damping, elastic, closing_mps, bears) * h
                push = bears
            return push
    if not stopped and push > crushing:
        t.crush_m += clamp(
            yielding(damping, elastic, closing_mps, crushing) * h / cosine,
            0.0, stroke_m - t.crush_m)
        push = crushing
    return push


cdef inline double yielding(
    double damping_nspm, double elastic_n, double closing_mps, double held_n
) noexcept nogil:
    """The rate [m/s] at which leg or ground gives way, so that k d + c d' stays at a force."""
    if damping_nspm > 0.0:
        closing_mps -= (held_n - elastic_n) / damping_nspm
    return closing_mps if closing_mps > 0.0 else 0.0


cdef inline Vec3 ground_on_point(
    Touch* t, const Vehicle* v, int i, double crush_n, Vec3 p, Vec3 velocity, Vec3 axis, double h
) noexcept nogil:
    """Force of the ground on point i [N, site]; velocity [m/s, site].

    Of a leg crush_n is the crushing force along it [N], axis the unit vector into the body [site].
    """
    cdef bint leg = i < v.legs
    cdef Vec3 n = t.facet.normal
    cdef double depth = -t.facet.gap_m - dot(n, sub(p, t.facet.at))
    cdef Vec3 moved
    cdef double closing = -dot(n, velocity)
    cdef double k = v.stiffness_npm if leg else v.body_stiffness_npm
    cdef double c = v.damping_nspm if leg else v.body_damping_nspm
    cdef double pull, most
    cdef Vec3 stretch, friction
    if t.sunk_m > 0.0:
        if not t.touching:
            moved = sub(p, t.sunk_at)
            if dot(moved, moved) > v.pad_radius_m * v.pad_radius_m:
                # of a pit that it is still in, what is there: the depth below makes no jump
                t.sunk_m = lower(t.sunk_m, depth if depth > 0.0 else 0.0)
        depth -= t.sunk_m
    if not depth > 0.0:
        release(t)
        return vec(0.0, 0.0, 0.0)
    if not t.touching:
        t.touching = True
        t.hold = p
    t.depth_m = lower(depth, DEPTH_MOST_M)
    if leg:
        t.sunk_at = p
        t.push_n = leg_push(
            t, v, crush_n, v.stroke_m[i], closing, dot(axis, n), h)
    else:
        t.push_n = k * t.depth_m + c * closing
    if t.push_n < 0.0:
        t.push_n = 0.0
    # bristle: -k s - c s', no more than mu N, both in the plane of the facet
    stretch = sub(p, t.hold)
    stretch = axpy(-dot(n, stretch), n, stretch)
    friction = axpy(-k, stretch, scale(-c, axpy(closing, n, velocity)))
    pull = norm(friction)
    most = v.friction * t.push_n
    if pull > most:
        friction = scale(most / pull, friction)
    t.stretch_m = norm(stretch)
    if k * t.stretch_m > most:
        stretch = scale(most / (k * t.stretch_m), stretch)
        t.hold = sub(p, stretch)
        t.stretch_m = most / k
    return axpy(t.push_n, n, friction)


cdef inline Wrench ground_on_lander(
    Contacts* c, const Vehicle* v, const PlantFaults* failed, const Motion* s, Vec3 spin_site,
    Vec3 com, double h
) noexcept nogil:
    """Force and torque of the ground over a substep h; spin_site [rad/s] relative to the site."""
    cdef Wrench out
    cdef Vec3 zero = vec(0.0, 0.0, 0.0)
    cdef Vec3 axis = zero, arm, force
    cdef double crush = 0.0
    cdef Touch* t
    cdef int i
    out.force_site = zero
    out.torque_site = zero
    c.pads_now = 0
    c.body_now = 0
    for i in range(v.points):
        t = &c.touch[i]
        if not t.near:
            continue
        arm = rotate(s.q, point_from_com(v, t, i, com))
        if i < v.legs:
            axis = rotate(s.q, vec_from(&v.leg_body[3 * i]))
            crush = v.crush_force_n[i] * share_left(failed.leg_loss[i])
        force = ground_on_point(
            t, v, i, crush, add(s.r, arm), add(s.v, cross(spin_site, arm)), axis, h)
        if not t.touching:
            continue
        out.force_site = add(out.force_site, force)
        out.torque_site = add(out.torque_site, cross(arm, force))
        if i < v.legs:
            c.pads_now |= <unsigned int> 1 << i
        else:
            c.body_now |= <unsigned int> 1 << i
            if i < v.legs + v.belly_points:
                c.belly_struck = True
            else:
                c.body_struck = True
    c.pads_ever |= c.pads_now
    return out
