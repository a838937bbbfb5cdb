"""What a host hands to the navigator of an image: matches with the onboard map, pairs of features.

A pixel is column and row, the centre of the first is (0, 0): ext/common/camera.pxd.
"""


cdef struct Landmark:
    # A place of the onboard image map, seen in an image (landmark.pxd)
    double place_site[3]        # on the map's ground [m]
    double pixel[2]
    double variance_px2[3]      # of the match: column, column with row, row
    double height_variance_m2   # of the map's ground there, beside what is off all over


cdef struct MotionPair:
    # Ground that is seen in two images (motion.pxd)
    double pixel_from[2]        # in the first
    double pixel_to[2]          # found again in the second
    double variance_px2[3]      # of that: column, column with row, row
    double above_m              # the ground there above that beneath the lander, where known
    double above_variance_m2    # of it, beside relief_share of the height
