# cython: linetrace=False
include "stand.pxi"
