# cython: linetrace=False
include "disc.pxi"
