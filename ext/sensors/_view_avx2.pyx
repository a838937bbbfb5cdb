# cython: linetrace=False
include "view_frame.pxi"
