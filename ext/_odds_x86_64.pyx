# cython: linetrace=False
include "odds.pxi"
