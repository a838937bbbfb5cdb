# cython: linetrace=False
include "legs.pxi"
