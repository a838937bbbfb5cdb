/* A lander in C that libfarside lands: a rigid body over flat ground, with perfect sensors.
 *
 *     farside export mission chang-e-6 --c --out mission.h
 *     cc -O2 -I. land.c $(pkg-config --cflags --libs build/lib/farside.pc) -lm -o land && ./land
 *
 * The physics is the host's own: truth.h.
 */
#include <math.h>
#include <stdio.h>

#include "digest.h"
#include "farside.h"
#include "mission.h"
#include "truth.h"

/* Every number of a command into the digest of all commands. */
static uint64_t noted(uint64_t h, const farside_command *c)
{
    const int32_t whole[] = {c->phase, c->status, c->link, c->reason, c->stage, c->abort};
    h = digest_reals(h, c->direction_site, 3);
    h = digest_reals(h, &c->heading_rad, 1);
    h = digest_reals(h, c->q_site_body, 4);
    h = digest_reals(h, &c->thrust_n, 1);
    h = digest_reals(h, c->torque_nm, 3);
    h = digest_reals(h, &c->time_to_go_s, 1);
    for (int i = 0; i < 6; i++)
        h = digest_bits(h, (uint32_t) whole[i]);
    return h;
}

int main(void)
{
    static farside_room room;
    static farside_state state; /* some kilobytes: not every stack has them */
    const double site[3] = {0.0, 0.0, 0.0};
    farside_estimate estimate = mission_start;
    farside_command command;
    lander l = placed(&mission_start);
    int64_t tick = 0;
    uint64_t digest = DIGEST_START;
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
        digest = noted(digest, &command);
        if (farside_wants_plan(&state))
            farside_plan(&state, &room);
        if (command.phase != phase) {
            phase = command.phase;
            printf("%7.2f s  phase %d at %9.1f m, %8.2f m/s up\n", tick * TICK_S, phase,
                   height(&l), climb(&l));
        }
        estimate.accel_mps2 = fly(&l, &command);
        observe(&l, &estimate);
    }
    printf("%ld commands, digest %08lx%08lx\n", (long) tick, (unsigned long) (digest >> 32),
           (unsigned long) (digest & 0xffffffffu));
    return touched_down(&l, tick);
}
