# cython: linetrace=False
include "divert.pxi"
