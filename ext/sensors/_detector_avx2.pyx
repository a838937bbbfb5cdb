# cython: linetrace=False
include "detector.pxi"
