/* farside_tick, _plan, _abort, _aim, _begin in any order, from moments of a landing. */
#include "flown.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void) argc, (void) argv;
    fly_landing(0);
    return 0;
}

static void one_tick(input *in, farside_state *state, moment *now, int kind)
{
    farside_command command;
    farside_estimate e = now->estimate;
    if (kind == 0)
        draw_changes(in, &e, sizeof e, 4);
    farside_tick(&mission_table, state, &e, now->tick, &command);
    command_holds(&mission_table, &command);
    PROMISE(farside_state_fits(&mission_table, state));
    now->tick++;
    /* The lander goes where it is told, so that what follows is a flight and no jump. */
    now->estimate.accel_mps2 = fly(&now->lander, &command);
    if (isfinite(now->lander.r[0] + now->lander.v[2] + now->lander.q[0]))
        observe(&now->lander, &now->estimate);
}

static void jump_ahead(input *in, moment *now)
{
    const int64_t by = (int64_t) draw_word(in, 8);
    now->tick = draw_byte(in) % 2 ? by : now->tick + by % 1000;
    if (now->tick > INT64_MAX - 1000)
        now->tick = INT64_MAX - 1000;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static moment now;
    static farside_room room;
    static farside_state *state;
    input in = {data, data + size};
    int plans = 2; /* each takes as long as a thousand ticks */
    if (!state)
        state = exactly(sizeof *state);
    now = moments[draw_below(&in, moment_count)];
    *state = now.state;
    for (int k = 0; k < 48 && in.at < in.end; k++) {
        double site[3];
        switch (draw_byte(&in) % 12) {
        case 0: farside_abort(state, &mission_table); break;
        case 1:
            for (int i = 0; i < 3; i++)
                site[i] = draw_number(&in, state->site[i]);
            farside_aim(state, site, draw_number(&in, state->heading_rad), draw_below(&in, 2));
            break;
        case 2: farside_begin(state, &mission_table, (int) (int8_t) draw_byte(&in)); break;
        case 3:
            PROMISE(farside_wants_plan(state) == (farside_wants_plan(state) != 0));
            if (plans-- > 0)
                farside_plan(state, &room);
            break;
        case 4: jump_ahead(&in, &now); break;
        case 5: now.estimate.contact = draw_below(&in, 2); break;
        case 6: now.lander.v[draw_below(&in, 3)] += (double) (int8_t) draw_byte(&in); break;
        case 7: now.lander.w[draw_below(&in, 3)] += (double) (int8_t) draw_byte(&in) / 256.0; break;
        case 8:
            PROMISE((unsigned) farside_wants_scan(state) <= 1u);
            now.lander.mass_kg *= 1.0 - draw_byte(&in) / 512.0;
            break;
        case 9:
            for (int n = draw_below(&in, 64); n > 0; n--) {
                one_tick(&in, state, &now, 1);
                if (farside_wants_plan(state) && plans-- > 0)
                    farside_plan(state, &room);
            }
            break;
        default: one_tick(&in, state, &now, 0);
        }
    }
    return 0;
}
