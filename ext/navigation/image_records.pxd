"""What a host hands to the navigator of an image: matches with the onboard map, pairs of features;
and a place on that map by other means.

A pixel is column and row, the centre of the first is (0, 0): ext/common/camera.pxd.
"""

from libc.stdint cimport int64_t


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


cdef struct PlaceFix:
    # A place on the onboard image map by other means than an image (place_fix.pxd)
    int64_t tick                # time tag
    double place_m[2]           # of the centre of mass: east, north on the map
    double axis[2]              # unit vector of the first principal axis: east, north
    double variance_m2[2]       # along it, and along the one 90 deg to its left
    double common_m2            # of it, that all such places share, each way
