# cython: linetrace=False
include "bowls.pxi"
