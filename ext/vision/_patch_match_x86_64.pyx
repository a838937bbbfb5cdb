# cython: linetrace=False
include "patch_match.pxi"
