/* One row of a mission's table under any law, with some of its numbers changed, flown for some ticks. */
#define LLVMFuzzerTestOneInput whole_table
#include "table.c"
#undef LLVMFuzzerTestOneInput
#include "slim.h"
#include "surveyor.h"
#include "blue_ghost.h"

enum { LAWS = FARSIDE_LAW_LEAST_HARM + 2 }; /* one of them is none */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const farside_table *const missions[] = {
        &mission_table, &apollo_table, &slim_table, &surveyor_table, &blue_ghost_table};
    static farside_table *t;
    static farside_state *state;
    input in = {data, data + size};
    farside_phase_row *row;
    if (!t)
        t = exactly(sizeof *t), state = exactly(sizeof *state);
    *t = *missions[draw_below(&in, 5)];
    row = &t->row[draw_below(&in, t->phases)];
    if (draw_byte(&in) % 4 != 0)
        row->law = draw_below(&in, LAWS);
    draw_changes(&in, row, sizeof *row, 3);
    draw_changes(&in, t, sizeof *t, 2);
    seal_table(t);
    if (farside_check(t) != FARSIDE_TABLE_OK)
        return 0;
    memset(state, 0, sizeof *state);
    fly_table(&in, t, state);
    return 0;
}
