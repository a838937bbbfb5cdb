/* A lander in C that libfarside lands: a rigid body over flat ground, with perfect sensors.
 *
 *     farside export mission chang-e-6 --c --out mission.h
 *     cc -O2 -I. land.c $(pkg-config --cflags --libs build/lib/farside.pc) -lm -o land && ./land
 *
 * The physics is the host's own: truth.h.
 */
#include <math.h>
#include <stdio.h>

#include "farside.h"
#include "mission.h"
#include "truth.h"

int main(void)
{
    static farside_room room;
    static farside_state state; /* some kilobytes: not every stack has them */
    const double site[3] = {0.0, 0.0, 0.0};
    farside_estimate estimate = mission_start;
    farside_command command;
    lander l = placed(&mission_start);
    int64_t tick = 0;
    int phase = -1, fault;

    if (farside_state_size() != sizeof state) {
        fprintf(stderr, "land: farside.h is not that of the library\n");
        return 2;
    }
    if ((fault = farside_check(&mission_table)) != FARSIDE_TABLE_OK) {
        fprintf(stderr, "land: the library refuses the mission: %d\n", fault);
        return 2;
    }
    farside_start(&state, &mission_table);
    farside_aim(&state, site, NAN, 1); /* no map is made: land at the site */
    observe(&l, &estimate);

    for (; height(&l) > 0.0 && tick * TICK_S < LONGEST_S; tick++) {
        farside_tick(&mission_table, &state, &estimate, tick, &command);
        if (farside_wants_plan(&state))
            farside_plan(&state, &room);
        if (command.phase != phase) {
            phase = command.phase;
            printf("%7.2f s  phase %d at %9.1f m, %8.2f m/s up\n", tick * TICK_S, phase,
                   height(&l), l.v[2]);
        }
        estimate.accel_mps2 = fly(&l, &command);
        observe(&l, &estimate);
    }
    return touched_down(&l, tick);
}
