# Limits, sensitivities and fits that the kernel of probabilities works by, and its reasons' bits.

cdef enum:
    DEVIATION = 0           # of the margins fitted
    LEGS_SLOPE = 1
    LEGS_RISE = 2
    MARGINS = 3


cdef struct Fit:            # farside.terrain.probability.Margin, field by field
    float scale
    float scale_x
    float scale_xx
    float bias
    float bias_x
    float bias_xx
    float bias_xxx
    float above
    float far
    float below


cdef struct ProbabilityModel:   # farside.ext.terrain.probability.ProbabilityModel
    float slope_deg
    float slope             # tangent
    float roughness_m
    float belly_m           # what the touchdown leaves of the clearance, in the mean
    float belly_sigma_m     # of what it takes
    float rest_tilt         # 1-sigma of the rest about the pads' plane on level ground, tangent
    float rest_per_slope    # the same, added in squares, per tangent of the plane
    bint yields             # whether any of the three is above 0
    float disc_arm_m        # 1 / tilt of the disc's plane per metre of noise
    float legs_radius_m
    float legs_arm_m        # 1 / tilt of a support plane per metre of noise
    float legs_planes       # that may tilt
    float legs_per_lift     # 1 / lift of a rise per metre of noise
    float legs_rises        # that may grow
    float cells             # under the footprint
    Fit fits[MARGINS]
    float noise_middle      # of ln(sigma / limit); least and greatest about it
    float noise_least
    float noise_most
    float correlation       # of a safe disc and safe legs
    unsigned short slope_bit    # of the reasons
    unsigned short rough_bit
    unsigned short unseen_bit
    unsigned short edge_bit
    unsigned short stand_slope_bit
    unsigned short belly_bit
    unsigned short uncertain_bit


cdef struct CellMaps:       # what was measured in every cell, and what is written
    Py_ssize_t cells
    const float* slope_deg
    const float* height_m   # roughness of the disc, or rise above the planes of the legs
    const float* typical_m  # noise: of all cells, or one for each
    const float* worst_m
    bint noise_per_cell
    float* probability
    float* bound
