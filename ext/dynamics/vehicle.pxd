"""The true lander in numbers: what was built, not what the flight side believes.

Filled once in set-up (farside.dynamics.vehicle), constant in flight. Dispersed values are in it.
Body frame: z along the thrust, origin at the centre of mass. Base frame: the same axes, origin at
the centre of the plane of the uncrushed footpads, under the geometric axis.
"""

from libc.stdint cimport int64_t, uint64_t

from farside.ext.common.retro cimport Retro, retro_loaded_kg
from farside.ext.common.vector cimport Vec3, axpy, clamp, sub, vec, vec_from


cdef enum:
    MAX_LEGS = 8
    MAX_POINTS = 32     # footpads first, then points of the body
    MAX_TANKS = 2       # groups of like tanks whose liquid sloshes


cdef struct Tank:
    # Like upright cylinders side by side, taken as one (slosh.pxd)
    double liquid_full_kg           # in all of them
    double radius_m                 # of one
    double depth_full_m             # of the liquid
    double bottom_base_m            # height of the bottom above the plane of the footpads
    double damping_ratio            # of the first mode


cdef struct Vehicle:
    double mass_full_kg             # at the start of the descent
    double mass_dry_kg              # usable propellant gone
    double inertia_full_kgm2[3]     # moments about body x, y, z through the centre of mass
    double inertia_dry_kgm2[3]
    double com_height_full_m        # above the plane of the footpads
    double com_height_dry_m
    double com_offset_m[2]          # centre of mass off the geometric axis, body x and y, full
    double com_shift_m[2]           # what the offset is more by, dry
    double products_full_kgm2[3]    # elements xy, xz, yz of the tensor of inertia
    double products_dry_kgm2[3]

    double thrust_max_n             # what may be commanded
    double thrust_min_n
    double thrust_scale             # true thrust over commanded
    double exhaust_mps              # true Isp times standard gravity, at full thrust
    double exhaust_least_mps        # at thrust_min_n
    double lag_s                    # of the first-order answer to the throttle
    int64_t ignition_ticks          # from the command to the first thrust
    double thrust_axis_body[3]      # unit vector along the thrust
    double thrust_at_base_m[3]      # where it acts: the throat
    double throttle_step_n          # commands are rounded to it; 0 is none
    double throttle_rate_nps        # most that the throttle moves; 0 is no limit
    double overshoot                # share above the command when it ignites
    double overshoot_s              # time constant in which that decays
    double noise_share              # 1 sigma of the thrust
    double noise_hz                 # band of it, first order
    uint64_t noise_key              # of its stream
    double cluster_radius_m         # of the circle that like engines stand on; 0: one engine
    double differential_share       # of full thrust, that one departs from their mean at most

    Retro retro                     # a motor that is dropped; none where it has no mass

    double large_torque_nm          # one couple of 150 N thrusters: two forces at the arm
    double small_torque_nm          # one couple of 10 N thrusters
    double large_flow_kgps          # propellant of one couple
    double small_flow_kgps
    int large_pulse_ticks           # shortest burn
    int small_pulse_ticks
    double large_arm_m
    double small_arm_m
    double large_rise_s             # time constant of their thrust
    double small_rise_s
    double imbalance[3]             # of a couple's two thrusters: difference over sum, each axis

    int64_t tanks                   # groups that slosh: none, or MAX_TANKS
    Tank tank[2]                    # MAX_TANKS

    int64_t legs                    # 64 bits, as all that a double follows: no padding
    double pad_radius_m
    double stroke_m[8]              # MAX_LEGS: most that each can crush
    double crush_force_n[8]         # of each leg, along it
    double leg_body[24]             # 3 x MAX_LEGS: unit vectors from the pad into the body
    double stiffness_npm            # per leg, before it crushes
    double damping_nspm             # per leg
    double friction                 # pad or body on regolith
    double bearing_npmn             # of the ground under a pad at 1 m of sinkage; 0: rigid
    double bearing_exponent         # strength grows as sinkage to this power
    double body_stiffness_npm       # of a point of the body, and of a leg crushed to its stop
    double body_damping_nspm
    int belly_points                # after the footpads: the nozzle's rim
    int points                      # footpads, belly and the rest of the body together
    double point_base_m[96]         # 3 x MAX_POINTS, base frame
    double rest_body[3]             # what points up as it rests; z: it is made to stand


cdef inline double propellant_share(const Vehicle* v, double mass_kg) noexcept nogil:
    """The share of usable propellant left, in [0, 1]."""
    cdef double usable = v.mass_full_kg - v.mass_dry_kg
    if usable <= 0.0:
        return 0.0
    return clamp((mass_kg - v.mass_dry_kg) / usable, 0.0, 1.0)


cdef inline Vec3 inertia_of(const Vehicle* v, double share) noexcept nogil:
    """Moments of inertia [kg m^2, body], linear in the propellant left."""
    cdef Vec3 full = vec_from(&v.inertia_full_kgm2[0])
    cdef Vec3 dry = vec_from(&v.inertia_dry_kgm2[0])
    return axpy(share, sub(full, dry), dry)


cdef inline Vec3 moments_at(const Vehicle* v, double mass_kg, double share) noexcept nogil:
    """Moments of inertia [kg m^2, body] with a motor that is still aboard.

    The motor is what the mass is beyond the lander's; its moments go with it.
    """
    cdef Vec3 own = inertia_of(v, share)
    cdef double left
    if mass_kg <= v.mass_full_kg or not v.retro.case_kg > 0.0:
        return own
    left = min((mass_kg - v.mass_full_kg) / retro_loaded_kg(&v.retro), 1.0)
    return axpy(left, vec_from(&v.retro.inertia[0]), own)


cdef inline Vec3 products_of(const Vehicle* v, double share) noexcept nogil:
    """Elements xy, xz and yz of the tensor of inertia [kg m^2, body], linear as the moments."""
    cdef Vec3 full = vec_from(&v.products_full_kgm2[0])
    cdef Vec3 dry = vec_from(&v.products_dry_kgm2[0])
    return axpy(share, sub(full, dry), dry)


cdef inline Vec3 com_in_base(const Vehicle* v, double share) noexcept nogil:
    """The centre of mass [m, base], linear in the propellant left, liquid at rest."""
    cdef double gone = 1.0 - share
    return vec(
        v.com_offset_m[0] + gone * v.com_shift_m[0],
        v.com_offset_m[1] + gone * v.com_shift_m[1],
        v.com_height_dry_m + share * (v.com_height_full_m - v.com_height_dry_m))


cdef inline double com_height_of(const Vehicle* v, double mass_kg) noexcept nogil:
    """Height of the centre of mass above the plane of the footpads [m]."""
    cdef double share = propellant_share(v, mass_kg)
    return v.com_height_dry_m + share * (v.com_height_full_m - v.com_height_dry_m)


cdef inline Vec3 com_of(const Vehicle* v, double mass_kg) noexcept nogil:
    """The centre of mass at a mass [m, base]."""
    return com_in_base(v, propellant_share(v, mass_kg))
