/* farside_navigate once, from a moment of a landing, of any measurements at any tick: cheap. */
#include "flown.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void) argc, (void) argv;
    fly_landing(1);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void *navigator;
    input in = {data, data + size};
    const moment *from = &moments[draw_below(&in, moment_count)];
    farside_measurements m = from->measured;
    farside_navigation_estimate e;
    farside_estimate read;
    int64_t tick = from->tick + 1;
    if (!navigator)
        navigator = exactly(farside_navigator_size());
    memcpy(navigator, from->navigator, farside_navigator_size());
    draw_changes(&in, &m, sizeof m, 8);
    switch (draw_byte(&in) % 8) {
    case 0: tick = (int64_t) draw_word(&in, 8); break;
    case 1: tick += (int64_t) (int16_t) draw_word(&in, 2); break;
    default: break;
    }
    farside_navigate(&flown_config, navigator, &m, tick, &e);
    estimate_holds(&e);
    farside_navigation_read(&e, &read);
    return 0;
}
