# cython: linetrace=False
include "corners.pxi"
