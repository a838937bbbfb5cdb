/* One call from one moment of a landing: the cheapest harness, for many executions. */
#include "flown.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void) argc, (void) argv;
    fly_landing(0);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static farside_state state;
    input in = {data, data + size};
    const moment *from = &moments[draw_below(&in, moment_count)];
    farside_estimate e = from->estimate;
    farside_command command;
    double site[3];
    int64_t tick = from->tick;
    /* all but what only farside_plan reads */
    memcpy(&state, &from->state, sizeof state);
    switch (draw_byte(&in) % 8) {
    case 0: farside_abort(&state, &mission_table); break;
    case 1:
        for (int i = 0; i < 3; i++)
            site[i] = draw_number(&in, state.site[i]);
        farside_aim(&state, site, draw_number(&in, state.heading_rad), draw_below(&in, 2));
        break;
    case 2: farside_begin(&state, &mission_table, (int) (int8_t) draw_byte(&in)); break;
    case 3: tick = (int64_t) draw_word(&in, 8); break;
    case 4: tick += (int64_t) draw_word(&in, 2); break;
    default: break;
    }
    draw_changes(&in, &e, sizeof e, 6);
    farside_tick(&mission_table, &state, &e, tick, &command);
    command_holds(&mission_table, &command);
    PROMISE((unsigned) farside_wants_plan(&state) <= 1u && (unsigned) farside_wants_scan(&state) <= 1u);
    return 0;
}
