# cython: linetrace=False
include "disc_kernel.pxi"
