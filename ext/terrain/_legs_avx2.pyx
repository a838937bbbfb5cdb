# cython: linetrace=False
include "legs_kernel.pxi"
