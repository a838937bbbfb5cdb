include "odds.pxi"
