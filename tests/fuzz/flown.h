/* A landing of the example's lander, kept at moments of it: where harnesses of flights begin.
 *
 * examples/c/navigate.c has the physics and the sensors; its main is not called.
 */
#ifndef FUZZ_FLOWN_H
#define FUZZ_FLOWN_H

#define main example_main
#include "../../examples/c/navigate.c"
#undef main

#include "input.h"

enum { MOMENTS = 128, SPACING = 700 };

typedef struct moment {
    farside_state state;
    farside_estimate estimate;
    farside_measurements measured;
    farside_command command;
    lander lander, before;
    int64_t tick;
    void *navigator;
} moment;

static moment moments[MOMENTS];
static int moment_count;
static farside_navigation_config flown_config;

static void keep_moment(const moment *now, const void *navigator)
{
    const size_t bytes = farside_navigator_size();
    if (moment_count == MOMENTS)
        return;
    moments[moment_count] = *now;
    if (navigator) {
        moments[moment_count].navigator = exactly(bytes);
        memcpy(moments[moment_count].navigator, navigator, bytes);
    }
    moment_count++;
}

/* Whether a moment of this tick is kept: often towards the end, where the rows are short. */
static int worth_keeping(const moment *now, int phase)
{
    return now->command.phase != phase || now->tick % SPACING == 1 || now->tick == 0;
}

/* Fly it; with navigation the autopilot sees what farside_navigate makes of noisy sensors. */
static void fly_landing(int with_navigation)
{
    static farside_room room;
    static moment now;
    static farside_navigation_estimate navigated;
    const double site[3] = {0.0, 0.0, 0.0};
    void *navigator = NULL;
    int phase = -1;
    now.lander = now.before = placed(&mission_start);
    now.estimate = mission_start;
    farside_start(&now.state, &mission_table);
    farside_aim(&now.state, site, NAN, 1);
    if (with_navigation) {
        navigator = exactly(farside_navigator_size());
        PROMISE(configure(&flown_config) == FARSIDE_NAVIGATION_OK);
        PROMISE(farside_navigation_start(
            &flown_config, &mission_navigation_first, navigator, farside_navigator_size()) == 0);
    }
    observe(&now.lander, &now.estimate);
    for (; height(&now.lander) > 0.0 && now.tick * TICK_S < LONGEST_S; now.tick++) {
        if (with_navigation) {
            measure(&now.before, &now.lander, &flown_config.setup, now.tick, &now.measured);
            farside_navigate(&flown_config, navigator, &now.measured, now.tick, &navigated);
        }
        farside_tick(&mission_table, &now.state, &now.estimate, now.tick, &now.command);
        if (farside_wants_plan(&now.state))
            farside_plan(&now.state, &room);
        if (with_navigation)
            farside_navigation_command(navigator, now.command.thrust_n, now.command.torque_nm);
        if (worth_keeping(&now, phase))
            keep_moment(&now, navigator);
        phase = now.command.phase;
        now.before = now.lander;
        now.estimate.accel_mps2 = fly(&now.lander, &now.command);
        observe(&now.lander, &now.estimate);
    }
    free(navigator);
    PROMISE(moment_count > 20 && height(&now.lander) <= 0.0);
}

/* Finite, inside the limits of engine and thrusters, and of a phase that there is. */
static void command_holds(const farside_table *t, const farside_command *c)
{
    const double most = fmax(t->thrust_max_n, t->upper.thrust_n);
    PROMISE(all_finite_of(c->direction_site, 3) && isfinite(c->heading_rad));
    PROMISE(all_finite_of(c->q_site_body, 4) && isfinite(c->time_to_go_s));
    PROMISE(c->thrust_n >= 0.0 && c->thrust_n <= most);
    for (int i = 0; i < 3; i++)
        PROMISE(fabs(c->torque_nm[i]) <= t->torque_limit[i]);
    PROMISE(c->phase >= 0 && c->phase < t->phases + 2);
    PROMISE(c->status >= FARSIDE_STATUS_OK && c->status <= FARSIDE_STATUS_COMPLETE);
}

/* Finite, but for a height that is none; of no more clones than there is room for. */
static void estimate_holds(const farside_navigation_estimate *e)
{
    PROMISE(all_finite_of(e->r_site, 3) && all_finite_of(e->v_site, 3));
    PROMISE(all_finite_of(e->q_site_body, 4) && all_finite_of(e->omega_body, 3));
    PROMISE(isfinite(e->mass_kg) && isfinite(e->accel_mps2) && !isinf(e->height_m));
    PROMISE(all_finite_of(e->filter_r_site, 3) && all_finite_of(e->gyro_bias, 3));
    PROMISE(all_finite_of(e->position_sigma_m, 3) && all_finite_of(e->velocity_sigma_mps, 3));
    PROMISE(e->clones >= 0 && e->clones <= FARSIDE_CLONES_MOST);
}

#endif
