/* A lander in C that libfarside navigates and lands: noisy sensors over flat ground.
 *
 *     farside export mission chang-e-6 --c --out mission.h
 *     cc -O2 -I. navigate.c $(pkg-config --cflags --libs build/lib/farside.pc) -lm -o navigate && ./navigate
 *
 * The physics is the host's own: truth.h. So are the sensors below, all at the centre of mass. The
 * autopilot never sees the truth: it flies what farside_navigate makes of the measurements.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "farside.h"
#include "mission.h"
#include "truth.h"

/* Beams of altimeter and velocimeter, body: a head for braking, a head for the landing. */
static const double HEADS[2][3] = {{0.866025403784439, 0.0, -0.5}, {0.0, 0.0, -1.0}};
#define CANT 0.36 /* rad, of the velocimeter's three beams off its head */

static uint64_t word = 6;

/* A normal number: twelve uniform ones of a linear congruential generator. */
static double normal(void)
{
    double sum = -6.0;
    for (int i = 0; i < 12; i++) {
        word = word * 6364136223846793005u + 1442695040888963407u;
        sum += (double) (word >> 11) / 9007199254740992.0;
    }
    return sum;
}

static void to_site(const double q[4], const double b[3], double out[3])
{
    const double w = q[0], x = q[1], y = q[2], z = q[3];
    out[0] = (1 - 2 * (y * y + z * z)) * b[0] + 2 * (x * y - w * z) * b[1] + 2 * (x * z + w * y) * b[2];
    out[1] = 2 * (x * y + w * z) * b[0] + (1 - 2 * (x * x + z * z)) * b[1] + 2 * (y * z - w * x) * b[2];
    out[2] = 2 * (x * z - w * y) * b[0] + 2 * (y * z + w * x) * b[1] + (1 - 2 * (x * x + y * y)) * b[2];
}

static void to_body(const double q[4], const double s[3], double out[3])
{
    const double back[4] = {q[0], -q[1], -q[2], -q[3]};
    to_site(back, s, out);
}

static double dot3(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* How far a beam (site) is from the ground, a sphere; negative where it does not meet it. */
static double slant(const lander *l, const double beam[3])
{
    const double R = mission_table.radius_m, rho[3] = {l->r[0], l->r[1], l->r[2] + R};
    const double b = dot3(rho, beam), root = b * b - dot3(rho, rho) + R * R;
    return root < 0.0 ? -1.0 : -b - sqrt(root);
}

static int head_of(const lander *l)
{
    double a[3], b[3];
    to_site(l->q, HEADS[0], a);
    to_site(l->q, HEADS[1], b);
    return b[2] < a[2];
}

/* What the inertial unit feels over a tick that began at `before`. */
static void feel(const lander *before, const lander *l, farside_measurements *m)
{
    double turning[3];
    const double force = l->thrust_n / before->mass_kg;
    to_body(l->q, mission_table.omega_site, turning);
    for (int i = 0; i < 3; i++) {
        m->dv_body[i] = (i == 2 ? TICK_S * force : 0.0) + 3.4e-5 * normal();
        m->dtheta_body[i] = TICK_S * (l->w[i] + turning[i]) + 1.5e-7 * normal();
    }
}

/* A fix of the star tracker: the attitude against the site's axes of tick 0. */
static void see_stars(const lander *l, int64_t tick, farside_measurements *m)
{
    const double *w = mission_table.omega_site;
    const double size = sqrt(dot3(w, w)), half = 0.5 * size * tick * TICK_S, s = sin(half) / size;
    const double p[4] = {cos(half), s * w[0], s * w[1], s * w[2]};
    const double e[4] = {1.0, 1.2e-5 * normal(), 1.2e-5 * normal(), 1.2e-5 * normal()};
    double q[4], o[4];
    for (int k = 0; k < 2; k++) { /* o = p q_site_body, then that times the error */
        const double *a = k ? q : p, *b = k ? e : l->q;
        o[0] = a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3];
        o[1] = a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2];
        o[2] = a[0] * b[2] + a[2] * b[0] + a[3] * b[1] - a[1] * b[3];
        o[3] = a[0] * b[3] + a[3] * b[0] + a[1] * b[2] - a[2] * b[1];
        memcpy(q, o, sizeof q);
    }
    memcpy(m->q_inertial_body, q, sizeof q);
    m->star_valid = 1;
    m->star_tick = tick;
}

static void range_ground(
    const lander *l, const farside_navigator_setup *k, int64_t tick, farside_measurements *m)
{
    double beam[3];
    memcpy(m->range_direction, HEADS[head_of(l)], sizeof m->range_direction);
    to_site(l->q, m->range_direction, beam);
    m->range_m = slant(l, beam);
    if (m->range_m < 3.0 || m->range_m > k->range_max_m || beam[2] > -0.3)
        return;
    m->range_m += normal() * hypot(k->range_sigma_m, k->range_far_m * m->range_m / k->range_max_m);
    m->range_valid = 1;
    m->range_tick = tick;
}

static void see_speed(
    const lander *l, const farside_navigator_setup *k, int64_t tick, farside_measurements *m)
{
    const double *head = HEADS[head_of(l)];
    const double side[3] = {-head[2], 0.0, head[0]};
    m->velocity_tick = tick;
    for (int i = 0; i < 3; i++) {
        const double about = 2.0943951023931953 * i;
        double *b = m->velocity_direction[i], beam[3], far;
        for (int j = 0; j < 3; j++)
            b[j] = cos(CANT) * head[j] + sin(CANT) * (cos(about) * side[j] + sin(about) * (j == 1));
        to_site(l->q, b, beam);
        far = slant(l, beam);
        if (far < 0.0 || far > k->beam_max_m || beam[2] > -0.3)
            continue;
        m->velocity_mps[i] = dot3(l->v, beam) + 1.2 * k->beam_sigma_mps * normal();
        m->velocity_valid |= 1 << i;
    }
}

static void measure(
    const lander *before, const lander *l, const farside_navigator_setup *k, int64_t tick,
    farside_measurements *m)
{
    memset(m, 0, sizeof *m);
    feel(before, l, m);
    m->imu_tick = tick;
    if (tick % 20 == 0) see_stars(l, tick, m);
    if (tick % 10 == 0) range_ground(l, k, tick, m);
    if (tick % 5 == 0) see_speed(l, k, tick, m);
    if (tick % 2 == 0 && height(l) < 50.0) {
        m->height_m = height(l) + k->height_sigma_m * normal();
        m->height_valid = 1;
        m->height_tick = tick;
    }
}

/* The mission's navigator for this host's world: level ground, central gravity, sensors in the
 * middle. What is changed by hand is sealed anew. */
static int configure(farside_navigation_config *c)
{
    static const float level = 0.0f, sure = 5.0f;
    *c = mission_navigation;
    c->moon.j2 = c->moon.c22 = 0.0;
    memset(c->field.count, 0, sizeof c->field.count);
    c->field.values = NULL;
    c->onboard.rows = c->onboard.cols = 1;
    c->onboard.height_m = &level;
    c->onboard.sigma_m = &sure;
    memset(c->setup.placed, 0, sizeof c->setup.placed);
    memset(c->setup.place_m, 0, sizeof c->setup.place_m);
    if (farside_navigation_seal(c) != FARSIDE_NAVIGATION_OK)
        return FARSIDE_NAVIGATION_BAD_CONFIG;
    return farside_navigation_check(c);
}

static void compare(const lander *l, const farside_navigation_estimate *n)
{
    farside_estimate truth;
    observe(l, &truth);
    printf("%7.2f s  %8.1f m up: off by %6.2f m up (3 sigma %6.2f), %7.4f m/s across (3 sigma %7.4f)\n",
           n->tick * TICK_S, truth.height_m, n->filter_r_site[2] - truth.r_site[2],
           3.0 * n->position_sigma_m[2],
           hypot(n->v_site[0] - truth.v_site[0], n->v_site[1] - truth.v_site[1]),
           3.0 * hypot(n->velocity_sigma_mps[0], n->velocity_sigma_mps[1]));
}

int main(void)
{
    static farside_room room;
    static farside_state state;
    static farside_navigation_config config;
    const double site[3] = {0.0, 0.0, 0.0};
    farside_initial_estimate first = mission_navigation_first;
    farside_navigation_estimate navigated = {0};
    farside_measurements measured;
    farside_estimate estimate;
    farside_command command = {0};
    lander l = placed(&mission_start), before = l;
    const size_t bytes = farside_navigator_size();
    void *navigator = malloc(bytes);
    int64_t tick = 0;
    int phase = -1;

    first.r_site[0] += 60.0; /* what is known of the start is not the truth */
    first.r_site[2] -= 80.0;
    first.v_site[1] += 0.1;
    if (configure(&config) != FARSIDE_NAVIGATION_OK
            || farside_navigation_start(&config, &first, navigator, bytes) != 0) {
        fprintf(stderr, "navigate: the library refuses the navigator\n");
        free(navigator);
        return 2;
    }
    farside_start(&state, &mission_table);
    farside_aim(&state, site, NAN, 1); /* no map is made: land at the site */

    for (; height(&l) > 0.0 && tick * TICK_S < LONGEST_S; tick++) {
        measure(&before, &l, &config.setup, tick, &measured);
        farside_navigate(&config, navigator, &measured, tick, &navigated);
        farside_navigation_read(&navigated, &estimate);
        farside_tick(&mission_table, &state, &estimate, tick, &command);
        if (farside_wants_plan(&state))
            farside_plan(&state, &room);
        if (command.phase != phase || tick % 20000 == 0) {
            compare(&l, &navigated);
            /* From the end of braking on places count from here, as on a map that is made here: what
             * is learnt later of the way so far then moves no target. */
            if (command.phase != phase && command.phase > 0)
                farside_navigation_tie(&config, navigator);
            phase = command.phase;
        }
        farside_navigation_command(navigator, command.thrust_n, command.torque_nm);
        before = l;
        fly(&l, &command);
    }
    compare(&l, &navigated);
    free(navigator);
    return touched_down(&l, tick);
}
