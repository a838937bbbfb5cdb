# cython: linetrace=False
include "lidar_frame.pxi"
