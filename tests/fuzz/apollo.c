/* As flight.c, of Apollo 11: its rows, its engine's throttle, its ascent stage. */
#include "apollo_mission.h" /* in the place of mission.h, whose guard it has */
#include "flight.c"
