# cython: linetrace=False
include "ortho.pxi"
