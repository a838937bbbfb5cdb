/* farside_state_fits of any state; one that fits is flown on with: _tick, _plan, _wants_plan, _wants_scan. */
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
    static farside_room *room;
    input in = {data, data + size};
    const moment *from = &moments[draw_below(&in, moment_count)];
    farside_command command;
    if (!state)
        state = exactly(sizeof *state), room = exactly(sizeof *room);
    *state = from->state;
    draw_changes(&in, state, sizeof *state, 8);
    if (draw_byte(&in) % 8 == 1)
        draw_changes(&in, state, 64, 4);
    if (draw_byte(&in) % 16 == 1) {
        const size_t given = (size_t) (in.end - in.at);
        memcpy(state, in.at, given < sizeof *state ? given : sizeof *state);
    }
    if (!farside_state_fits(&mission_table, state)) {
        farside_plan(state, room);  /* answers what can be answered */
        return 0;
    }
    if (draw_byte(&in) % 4 == 1)
        farside_plan(state, room);
    for (int k = 0; k < 1 + draw_below(&in, 12); k++) {
        farside_estimate e = from->estimate;
        if (draw_byte(&in) % 4 == 1)
            draw_changes(&in, &e, sizeof e, 2);
        farside_tick(&mission_table, state, &e, from->tick + k, &command);
        if (farside_wants_plan(state))
            farside_plan(state, room);
        farside_wants_scan(state);
    }
    return 0;
}
