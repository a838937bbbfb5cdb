include "stand.pxi"
