# cython: linetrace=False
include "probability_kernel.pxi"
