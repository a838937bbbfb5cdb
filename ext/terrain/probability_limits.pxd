# The limits, sensitivities and fits of the kernel of probabilities, and the reasons that it writes.

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


cdef struct Odds:           # farside.ext.terrain.probability.OddsLayout
    float slope_deg
    float slope             # tangent
    float roughness_m
    float belly_m
    float disc_arm_m        # 1 / tilt of the disc's plane per metre of noise
    float legs_radius_m
    float legs_arm_m        # 1 / tilt of a resting plane per metre of noise
    float legs_planes       # that may tilt
    float legs_share        # 1 / lift
    float legs_rises        # that may grow
    float cells
    Fit fits[MARGINS]
    float middle
    float quietest
    float noisiest
    float together
    unsigned short slope_bit    # of the reasons
    unsigned short rough_bit
    unsigned short unseen_bit
    unsigned short edge_bit
    unsigned short stand_slope_bit
    unsigned short belly_bit
    unsigned short unsure_bit
