# cython: linetrace=False
include "horizon_kernel.pxi"
