# cython: linetrace=False
include "build.pxi"
