/* What the harnesses found once, call by call: each is refused now (docs/fuzzing.md). */
#include "flown.h"
#include "small_avoid.h"

static void ticks_far_apart(void)
{
    static farside_state state;
    const int64_t far[] = {INT64_MIN, -(INT64_C(1) << 40) - 1, INT64_C(1) << 40, INT64_MAX};
    farside_command command;
    farside_start(&state, &mission_table);
    for (int k = 0; k < 4; k++) {
        farside_tick(&mission_table, &state, &mission_start, far[k], &command);
        PROMISE(command.status == FARSIDE_STATUS_BAD_INPUT);
    }
    farside_tick(&mission_table, &state, &mission_start, (INT64_C(1) << 40) - 1, &command);
    PROMISE(command.status != FARSIDE_STATUS_BAD_INPUT);
}

/* A step of 2^31 ticks and more: what a host's steps are counted in has 32 bits. */
static void steps_of_centuries(void)
{
    const int64_t far[] = {INT64_C(1) << 31, INT64_C(534664447668), (INT64_C(1) << 40) - 4};
    farside_command command;
    for (int k = 0; k < 3; k++) {
        static farside_state state;
        farside_start(&state, &mission_table);
        for (int64_t tick = 0; tick < 3; tick++)
            farside_tick(&mission_table, &state, &mission_start, tick, &command);
        farside_tick(&mission_table, &state, &mission_start, far[k], &command);
        PROMISE(farside_state_fits(&mission_table, &state));
        PROMISE(state.least_longer == 1 << 24 && state.step_ticks == 1);
        farside_tick(&mission_table, &state, &mission_start, far[k] + 1, &command);
        PROMISE(farside_state_fits(&mission_table, &state) && state.step_ticks == 1);
    }
}

/* Numbers of a braking solution that a state from outside holds: no count of steps comes of them. */
static void solutions_of_no_time(void)
{
    const double odd[] = {NAN, 0.0, -0.0, 5e-324, -1e300, INFINITY};
    farside_command command;
    for (int k = 0; k < 36; k++) {
        static farside_state state;
        farside_start(&state, &mission_table);
        for (int64_t tick = 0; tick < 3; tick++)
            farside_tick(&mission_table, &state, &mission_start, tick, &command);
        state.braking[k / 6] = odd[k % 6];
        for (int64_t tick = 3; tick < 300; tick++)
            farside_tick(&mission_table, &state, &mission_start, tick, &command);
        command_holds(&mission_table, &command);
    }
}

static void states_with_indices_of_their_own(void)
{
    static farside_state state;
    farside_start(&state, &mission_table);
    PROMISE(farside_state_fits(&mission_table, &state));
#define REFUSED(member, value)                                      \
    do {                                                            \
        farside_start(&state, &mission_table);                      \
        state.member = (value);                                     \
        PROMISE(!farside_state_fits(&mission_table, &state));       \
    } while (0)
    REFUSED(phase, -1);
    REFUSED(phase, mission_table.phases + 2);
    REFUSED(braking_part, 3);
    REFUSED(braking_part, -1);
    REFUSED(tick, INT64_MIN);
    REFUSED(late_ticks, INT64_MAX);
    REFUSED(abort.staged, 2);
    REFUSED(axis[2].off, INT32_MAX);
    REFUSED(planner.goal, 1 << 20);
    REFUSED(planner.asked.most_steps, INT32_MAX);
    REFUSED(planner.flown.e.unknowns, INT32_MIN);
    REFUSED(orbit.flown.tick, INT64_MAX);
}

/* A state whose row is none: what is held names a row, by which a host may index. */
static void rows_that_are_none(void)
{
    const int32_t rows[] = {-1, INT32_MIN, INT32_MAX, 16};
    farside_command command;
    for (int k = 0; k < 8; k++) {
        static farside_state state;
        farside_start(&state, &mission_table);
        farside_tick(&mission_table, &state, &mission_start, 0, &command);
        if (k > 3)
            memset(&state, k == 4 ? 255 : 127, sizeof state);
        state.phase = rows[k % 4];
        farside_tick(&mission_table, &state, &mission_start, 1, &command);
        command_holds(&mission_table, &command);
        PROMISE(command.status == FARSIDE_STATUS_BAD_INPUT && (unsigned) command.stage <= 1u);
    }
}

static void tables_of_endless_tries(void)
{
    static farside_table t;
    for (int k = 0; k < 4; k++) {
        int32_t *counts[] = {&t.counts.first_tries, &t.counts.stretch_tries, &t.counts.margin_tries,
                             &t.counts.constrained_tries};
        t = mission_table;
        *counts[k] = 10000;
        t.checksum = fnv1a_of(2166136261u, &t.phases, sizeof t - offsetof(farside_table, phases));
        PROMISE(farside_check(&t) == FARSIDE_TABLE_GAIN);
    }
}

static void scales_that_are_none_in_single_precision(void)
{
    farside_avoid_config c = disc_avoid;
    PROMISE(farside_avoid_check(&c) == FARSIDE_AVOID_OK);
    for (int k = 0; k < 2; k++) {
        uint32_t h;
        c.least_weight = k ? disc_avoid.least_weight : 1e-320;
        h = fnv1a_of(2166136261u, &c.rule, offsetof(farside_avoid_config, whole)
                     - offsetof(farside_avoid_config, rule));
        h = fnv1a_of(h, c.whole, (size_t) c.whole_count * sizeof *c.whole);
        c.checksum = fnv1a_of(h, c.real, (size_t) c.real_count * sizeof *c.real);
        PROMISE(farside_avoid_check(&c) == (k ? FARSIDE_AVOID_OK : FARSIDE_AVOID_BAD_CONFIG));
    }
}

static void images_of_no_time(void)
{
    static farside_motion_pair pairs[8];
    static farside_navigation_estimate e;
    const farside_initial_estimate *first = &mission_navigation_first;
    const int64_t far[][2] = {{INT64_MIN, INT64_MAX}, {-1, 0}, {0, 0}, {INT64_MAX, INT64_MIN}};
    const size_t bytes = farside_navigator_size();
    const lander l = placed(&mission_start);
    farside_measurements m;
    void *navigator = exactly(bytes);
    PROMISE(configure(&flown_config) == FARSIDE_NAVIGATION_OK);
    PROMISE(farside_navigation_start(&flown_config, first, navigator, bytes) == 0);
    measure(&l, &l, &flown_config.setup, 0, &m);
    farside_navigate(&flown_config, navigator, &m, 0, &e);
    for (int k = 0; k < 4; k++)
        PROMISE(farside_navigation_motion(&flown_config, navigator, 0, far[k], pairs, 8)
                == FARSIDE_FIX_UNFIT);
    free(navigator);
}

/* One tick's increments of another time: left out, and nothing is held against what comes after. */
static void increments_of_no_time(void)
{
    const int64_t far[] = {INT64_MIN, -64, 1 << 20, INT64_MAX, 101, 51};
    const size_t bytes = farside_navigator_size();
    void *navigator = exactly(bytes);
    PROMISE(configure(&flown_config) == FARSIDE_NAVIGATION_OK);
    for (int k = 0; k < 6; k++) {
        lander l = placed(&mission_start), before = l;
        farside_command c = {0};
        farside_navigation_estimate e;
        farside_measurements m;
        PROMISE(farside_navigation_start(
            &flown_config, &mission_navigation_first, navigator, bytes) == 0);
        c.thrust_n = mission_table.thrust_max_n;
        for (int64_t tick = 0; tick < 300; tick++) {
            measure(&before, &l, &flown_config.setup, tick, &m);
            m.imu_tick = tick == 100 ? far[k] : tick;
            farside_navigation_command(navigator, c.thrust_n, c.torque_nm);
            farside_navigate(&flown_config, navigator, &m, tick, &e);
            estimate_holds(&e);
            PROMISE(tick != 100 || !!(e.left_out & FARSIDE_LEFT_IMU) == (k < 5));
            before = l;
            fly(&l, &c);
        }
        PROMISE(e.status == FARSIDE_NAVIGATION_OK && e.trust[6] == FARSIDE_TRUST_BELIEVED);
        PROMISE(farside_navigation_fits(navigator, bytes));
    }
    free(navigator);
}

/* A navigator as it comes back from a file: whole, short, and with every word in turn another. */
static void navigators_with_indices_of_their_own(void)
{
    const size_t bytes = farside_navigator_size();
    const int32_t odd[] = {INT32_MIN, -70000, -1, 1000, INT32_MAX};
    char *navigator = exactly(bytes), *other = exactly(bytes);
    farside_navigation_estimate e;
    farside_measurements m;
    lander l = placed(&mission_start);
    int refused = 0;
    PROMISE(configure(&flown_config) == FARSIDE_NAVIGATION_OK);
    PROMISE(farside_navigation_start(
        &flown_config, &mission_navigation_first, navigator, bytes) == 0);
    PROMISE(farside_navigation_fits(navigator, bytes));
    for (int64_t tick = 0; tick < 12; tick++) {
        measure(&l, &l, &flown_config.setup, tick, &m);
        farside_navigate(&flown_config, navigator, &m, tick, &e);
    }
    farside_navigation_keep(&flown_config, navigator);
    PROMISE(farside_navigation_fits(navigator, bytes) && !farside_navigation_fits(NULL, bytes));
    PROMISE(!farside_navigation_fits(navigator, bytes - 8));
    /* each tick that is kept, and what says how large the filter is */
    memcpy(other, navigator, bytes);
    for (size_t at = 0; at < bytes; at += 8) {
        const int64_t least = INT64_MIN;
        memcpy(other + at, &least, 8);
        refused += !farside_navigation_fits(other, bytes);
        memcpy(other + at, navigator + at, 8);
    }
    PROMISE(refused > 90);
    for (size_t at = 0; at < 10 * (bytes / 4); at += 2 + at % 7) {
        memcpy(other, navigator, bytes);
        memcpy(other + at / 10 * 4, &odd[at % 5], 4);
        if (at % 10 > 4 && at / 10 % 2 == 0)     /* a whole number of 64 bits */
            memset(other + at / 10 * 4 + 4, odd[at % 5] < 0 ? 255 : 0, 4);
        if (!farside_navigation_fits(other, bytes))
            continue;
        for (int64_t tick = 0; tick < 24; tick++)
            farside_navigate(&flown_config, other, &m, tick, &e);
        farside_navigation_forget(other, 11);
        farside_navigation_tie(&flown_config, other);
    }
    free(navigator), free(other);
}

int main(void)
{
    ticks_far_apart();
    steps_of_centuries();
    solutions_of_no_time();
    states_with_indices_of_their_own();
    rows_that_are_none();
    tables_of_endless_tries();
    scales_that_are_none_in_single_precision();
    images_of_no_time();
    increments_of_no_time();
    navigators_with_indices_of_their_own();
    puts("refused");
    return 0;
}
