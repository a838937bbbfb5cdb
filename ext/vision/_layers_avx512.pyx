# cython: linetrace=False
include "layers.pxi"
