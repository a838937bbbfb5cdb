/* farside_navigation_check, _seal and _start of any configuration and first estimate; a navigator
 * that begins is given some ticks. */
#include "flown.h"

enum { FLOATS = 1 << 12, SIDE = 1 << 14 };  /* of the tables; of the largest map that is none too large */
static float *tables[3];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void) argc, (void) argv;
    for (int k = 0; k < 3; k++) {
        tables[k] = exactly(FLOATS * sizeof(float));
        for (int i = 0; i < FLOATS; i++)
            tables[k][i] = k == 2 ? 1e-5f * (float) (i % 7 - 3) : 10.0f * (float) k + (float) (i % 5);
    }
    return 0;
}

/* Whether the tables that are said to be there are: what the caller promises. */
static int tables_there(const farside_navigation_config *c)
{
    int64_t nodes = 3;
    for (int i = 0; i < 3; i++) {
        if (c->field.count[i] > FLOATS)
            return 0;
        nodes *= c->field.count[i] > 0 ? c->field.count[i] : 0;
        if (nodes > FLOATS)
            return 0;
    }
    return (c->onboard.rows < 1 || c->onboard.cols < 1 || c->onboard.rows > SIDE
            || c->onboard.cols > SIDE || (int64_t) c->onboard.rows * c->onboard.cols <= FLOATS);
}

static void draw_tables(input *in, farside_navigation_config *c)
{
    c->onboard.rows = 1 + draw_below(in, 8);
    c->onboard.cols = 1 + draw_below(in, 8);
    for (int i = 0; i < 3; i++)
        c->field.count[i] = draw_byte(in) % 2 ? 4 + draw_below(in, 3) : 0;
    draw_changes(in, c, sizeof *c, 12);
    c->onboard.height_m = draw_byte(in) == 255 ? NULL : tables[0];
    c->onboard.sigma_m = draw_byte(in) == 255 ? NULL : tables[1];
    c->field.values = draw_byte(in) == 255 ? NULL : tables[2];
    if (draw_byte(in) == 1) {
        const float odd = (float) draw_number(in, 1.0);
        tables[draw_below(in, 3)][draw_below(in, 16)] = odd;
    }
}

static void navigate_some(input *in, const farside_navigation_config *c, void *navigator)
{
    lander l = placed(&mission_start), before = l;
    farside_command command = {0};
    farside_navigation_estimate e;
    command.thrust_n = mission_table.thrust_max_n;
    for (int64_t tick = 0; tick < 1 + draw_below(in, 24); tick++) {
        farside_measurements m;
        measure(&before, &l, &mission_navigation.setup, tick, &m);
        if (draw_byte(in) % 8 == 1)
            draw_changes(in, &m, sizeof m, 2);
        farside_navigate(c, navigator, &m, tick, &e);
        PROMISE(all_finite_of(e.r_site, 3) && all_finite_of(e.v_site, 3));
        PROMISE(all_finite_of(e.q_site_body, 4) && all_finite_of(e.position_sigma_m, 3));
        before = l;
        fly(&l, &command);
        if (draw_byte(in) % 8 == 1)
            l.r[2] -= 1000.0;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void *navigator;
    static farside_navigation_config *c;
    input in = {data, data + size};
    farside_initial_estimate first = mission_navigation_first;
    if (!navigator)
        navigator = exactly(farside_navigator_size()), c = exactly(sizeof *c);
    PROMISE(farside_navigation_check(NULL) == FARSIDE_NAVIGATION_BAD_CONFIG);
    *c = mission_navigation;
    draw_tables(&in, c);
    if (!tables_there(c))
        return 0;
    c->size = sizeof *c, c->version = farside_navigation_version();
    if (draw_byte(&in) != 255)
        farside_navigation_seal(c);
    if (draw_byte(&in) % 4 == 1)
        draw_changes(&in, &first, sizeof first, 3);
    if (farside_navigation_check(c) == FARSIDE_NAVIGATION_OK
            && farside_navigation_start(c, &first, navigator, farside_navigator_size()) == 0)
        navigate_some(&in, c, navigator);
    for (int k = 0; k < 3; k++)     /* numbers that were put into the tables are taken out again */
        for (int i = 0; i < 16; i++)
            tables[k][i] = k == 2 ? 1e-5f * (float) (i % 7 - 3) : 10.0f * (float) k + (float) (i % 5);
    return 0;
}
