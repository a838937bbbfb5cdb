# cython: linetrace=False
include "probability.pxi"
