/* farside_avoid_check, _workspace_size and _start of any configuration; one that is passed maps a scan. */
#include "scanned.h"

static void seal_avoid(farside_avoid_config *c)
{
    uint32_t h = fnv1a_of(2166136261u, &c->rule, offsetof(farside_avoid_config, whole)
                          - offsetof(farside_avoid_config, rule));
    h = fnv1a_of(h, c->whole, (size_t) c->whole_count * sizeof *c->whole);
    c->size = sizeof *c;
    c->version = farside_avoid_version();
    c->checksum = fnv1a_of(h, c->real, (size_t) c->real_count * sizeof *c->real);
}

/* The tables, in memory of their own; some of their numbers changed. */
static void draw_tables(input *in, farside_avoid_config *c)
{
    const size_t wholes = (size_t) c->whole_count, reals = (size_t) c->real_count;
    int32_t *whole = exactly(sizeof *whole * wholes);
    float *real = exactly(sizeof *real * reals);
    memcpy(whole, c->whole, sizeof *whole * wholes);
    memcpy(real, c->real, sizeof *real * reals);
    for (int n = draw_below(in, 6); n > 0; n--) {
        const size_t at = draw_word(in, 3) % wholes;
        whole[at] = draw_byte(in) % 2 ? (int32_t) draw_word(in, 4) : whole[at] + (int8_t) draw_byte(in);
    }
    for (int n = draw_below(in, 6); n > 0; n--) {
        const size_t at = draw_word(in, 3) % reals;
        real[at] = (float) draw_number(in, (double) real[at]);
    }
    c->whole = whole;
    c->real = real;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static farside_avoid_config *c;
    farside_avoid_memory memory = {0};
    input in = {data, data + size};
    const farside_avoid_config *from = draw_below(&in, 2) ? &legs_avoid : &disc_avoid;
    size_t bytes;
    if (!c)
        c = exactly(sizeof *c);
    PROMISE(farside_avoid_check(NULL) == FARSIDE_AVOID_BAD_CONFIG);
    *c = *from;
    draw_tables(&in, c);
    /* Counts and addresses behind the numbers: the tables are as long as they say, as is promised. */
    draw_changes(&in, c, offsetof(farside_avoid_config, whole_count), 10);
    if (draw_byte(&in) != 255)
        seal_avoid(c);
    bytes = farside_avoid_workspace_size(c);
    PROMISE((bytes > 0) == (farside_avoid_check(c) == FARSIDE_AVOID_OK));
    if (bytes > 0 && bytes <= WORKSPACE_MOST) {
        void *workspace = exactly(bytes);
        PROMISE(farside_avoid_start(c, workspace, bytes) == FARSIDE_AVOID_OK);
        scan_and_decide(&in, c, workspace, &memory);
        free(workspace);
    }
    free((void *) (uintptr_t) c->whole);
    free((void *) (uintptr_t) c->real);
    return 0;
}
