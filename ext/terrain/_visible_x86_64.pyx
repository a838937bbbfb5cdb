# cython: linetrace=False
include "visible_kernel.pxi"
