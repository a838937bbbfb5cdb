# cython: linetrace=False
include "match.pxi"
