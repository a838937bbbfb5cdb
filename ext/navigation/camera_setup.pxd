"""What is known aboard of a camera: its lens, how it is mounted and how well that is known."""

from libc.stdint cimport int32_t

from farside.ext.common.camera cimport PinholeModel


cdef enum:
    CAMERAS = 2                 # that the navigator takes images of
    IMAGE_MOST = 512            # matches or pairs of one image


cdef struct CameraSetup:
    double axes_body[9]         # rows: x (right), y (down) and z (forward) of the camera, body
    double place_m[3]           # of the lens: base frame where placed, else from the centre of mass
    double turn_rad             # of the mounting, about each axis, 1 sigma
    PinholeModel lens
    int32_t placed
    int32_t spare               # 0: no byte of a table is padding


cdef struct ImageSetup:
    # Of [navigation] in the mission file: mission/navigation.py has why. The first are doubles.
    double map_sigma_m[3]       # of the image map against the site: east, north, up
    double shift_px             # that all matches of an image share
    double gate                 # of each match and of all of an image, in deviations
    double share                # of an image's matches that must agree
    double search_m             # from the estimate, in which matches may agree with each other
    double drift_mps            # by which refused images may drift apart and still agree
    double search_mps           # off the estimated speed, in which pairs may agree
    double relief_share         # of the height: ground of a pair off the level ground beneath
    double slope                # of the ground that two images see
    int32_t least               # matches that must agree
    int32_t vote                # refused images that agree with each other outvote the estimate
