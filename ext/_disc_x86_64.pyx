include "disc.pxi"
