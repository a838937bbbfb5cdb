"""The true lander in numbers: what was built, not what the flight side believes.

Filled once in set-up (farside.dynamics.vehicle), constant in flight. Dispersed values are in it.
Body frame: z along the thrust, origin at the centre of mass. Base frame: the same axes, origin at
the centre of the plane of the uncrushed footpads, under the geometric axis.
"""

from farside.ext.common.vector cimport Vec3, axpy, clamp, sub, vec_from


cdef enum:
    MAX_LEGS = 8
    MAX_POINTS = 32     # footpads first, then points of the body


cdef struct Vehicle:
    double mass_full_kg             # at the start of the descent
    double mass_dry_kg              # usable propellant gone
    double inertia_full_kgm2[3]     # principal, about the centre of mass
    double inertia_dry_kgm2[3]
    double com_height_full_m        # above the plane of the footpads
    double com_height_dry_m
    double com_offset_m[2]          # centre of mass off the thrust axis, body x and y

    double thrust_max_n             # what may be commanded
    double thrust_min_n
    double thrust_scale             # true thrust over commanded
    double exhaust_mps              # true Isp times standard gravity
    double lag_s                    # of the first-order answer to the throttle
    int ignition_ticks              # from the command to the first thrust

    double large_torque_nm          # one couple of 150 N thrusters: two forces at the arm
    double small_torque_nm          # one couple of 10 N thrusters
    double large_flow_kgps          # propellant of one couple
    double small_flow_kgps
    int large_pulse_ticks           # shortest burn
    int small_pulse_ticks

    int legs
    double pad_radius_m
    double stroke_m                 # most that a leg can crush
    double crush_force_n            # per leg, along the leg
    double stiffness_npm            # per leg, before it crushes
    double damping_nspm             # per leg
    double friction                 # pad or body on regolith
    double body_stiffness_npm       # of a point of the body, and of a leg crushed to its stop
    double body_damping_nspm
    int belly_points                # after the footpads: the nozzle's rim
    int points                      # footpads, belly and the rest of the body together
    double point_base_m[96]         # 3 x MAX_POINTS, base frame


cdef inline double propellant_share(const Vehicle* v, double mass_kg) noexcept nogil:
    """The share of usable propellant left, in [0, 1]."""
    cdef double usable = v.mass_full_kg - v.mass_dry_kg
    if usable <= 0.0:
        return 0.0
    return clamp((mass_kg - v.mass_dry_kg) / usable, 0.0, 1.0)


cdef inline Vec3 inertia_of(const Vehicle* v, double share) noexcept nogil:
    """Principal moments of inertia [kg m^2, body], linear in the propellant left."""
    cdef Vec3 full = vec_from(&v.inertia_full_kgm2[0])
    cdef Vec3 dry = vec_from(&v.inertia_dry_kgm2[0])
    return axpy(share, sub(full, dry), dry)


cdef inline double com_height_of(const Vehicle* v, double mass_kg) noexcept nogil:
    """Height of the centre of mass above the plane of the footpads [m]."""
    cdef double share = propellant_share(v, mass_kg)
    return v.com_height_dry_m + share * (v.com_height_full_m - v.com_height_dry_m)
