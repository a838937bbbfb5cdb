/* farside_state_fits of a state of any numbers; one that fits is gone on with for one tick, and so is
 * one whose row is none: cheap. */
#include "flown.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void) argc, (void) argv;
    fly_landing(0);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static farside_state *state;
    input in = {data, data + size};
    const moment *from = &moments[draw_below(&in, moment_count)];
    farside_command command;
    if (!state)
        state = exactly(sizeof *state);
    memcpy(state, &from->state, sizeof *state);
    draw_changes(&in, state, sizeof *state, 6);
    if (draw_byte(&in) % 4 == 1)
        draw_changes(&in, state, 64, 4);    /* what says where in the flight it is */
    if (!farside_state_fits(&mission_table, state)) {
        if (state->phase < 0 || state->phase >= mission_table.phases + 2) {
            farside_tick(&mission_table, state, &from->estimate, from->tick + 1, &command);
            command_holds(&mission_table, &command);
            PROMISE((unsigned) command.stage <= 1u && command.link >= 0 && command.reason >= 0);
        }
        return 0;
    }
    switch (draw_byte(&in) % 8) {
    case 0: farside_abort(state, &mission_table); break;
    case 1: farside_aim(state, from->estimate.r_site, draw_number(&in, NAN), draw_below(&in, 2)); break;
    case 2: farside_begin(state, &mission_table, (int) (int8_t) draw_byte(&in)); break;
    default: break;
    }
    farside_tick(&mission_table, state, &from->estimate, from->tick + draw_byte(&in), &command);
    PROMISE((unsigned) farside_wants_plan(state) <= 1u && (unsigned) farside_wants_scan(state) <= 1u);
    return 0;
}
