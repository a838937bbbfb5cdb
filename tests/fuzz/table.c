/* farside_check, _start and _begin of any table; one that is passed is flown for some ticks. */
#include "flown.h"
#include "apollo.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void) argc, (void) argv;
    fly_landing(0);
    return 0;
}

static void seal_table(farside_table *t)
{
    t->size = sizeof *t;
    t->version = farside_version();
    t->checksum = fnv1a_of(2166136261u, &t->phases, sizeof *t - offsetof(farside_table, phases));
}

/* A table of any bytes: a short input leaves zeros behind it. */
static void fill_table(input *in, farside_table *t, int sealed)
{
    const size_t most = sizeof *t, given = (size_t) (in->end - in->at);
    memset(t, 0, sizeof *t);
    memcpy(t, in->at, given < most ? given : most);
    in->at = in->end;
    if (sealed)
        seal_table(t);
}

static void fly_table(input *in, const farside_table *t, farside_state *state)
{
    static farside_room room;
    const moment *from = &moments[draw_below(in, moment_count)];
    const double site[3] = {0.0, 0.0, 0.0};
    const int row = (int) (int8_t) draw_byte(in);
    farside_estimate e = from->estimate;
    farside_command command;
    PROMISE(farside_begin(state, t, row) == (row >= 0 && row < t->phases));
    farside_aim(state, site, draw_number(in, NAN), draw_below(in, 2));
    for (int k = draw_below(in, 32); k >= 0; k--) {
        farside_tick(t, state, &e, from->tick + 10L * k, &command);
        farside_tick(t, state, &e, from->tick + 400 - 10L * k, &command);
        command_holds(t, &command);
        e.r_site[2] -= 0.3;
        if (draw_byte(in) % 8 == 1)
            draw_changes(in, &e, sizeof e, 2);
        if (k == 0 && farside_wants_plan(state))
            farside_plan(state, &room);
        if (k == 9 && row % 2)
            farside_abort(state, t);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static farside_table *t;
    static farside_state *state;
    input in = {data, data + size};
    const unsigned how = draw_byte(&in);
    if (!t)
        t = exactly(sizeof *t), state = exactly(sizeof *state);
    PROMISE(farside_check(NULL) == FARSIDE_TABLE_MISSING);
    PROMISE(farside_state_size() == sizeof(farside_state));
    if (how % 4 == 0) {
        fill_table(&in, t, how & 4);
        farside_check(t);
        return 0;
    }
    *t = how & 8 ? apollo_table : mission_table;
    draw_changes(&in, t, sizeof *t, 12);
    seal_table(t);
    if (farside_check(t) == FARSIDE_TABLE_OK)
        fly_table(&in, t, state);
    return 0;
}
