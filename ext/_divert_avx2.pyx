include "divert.pxi"
