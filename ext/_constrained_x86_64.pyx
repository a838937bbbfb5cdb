# cython: linetrace=False
include "constrained.pxi"
