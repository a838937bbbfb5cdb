include "constrained.pxi"
