/* Every entry of the navigator but its check, in any order, from moments of a landing. */
#include "flown.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void) argc, (void) argv;
    fly_landing(1);
    return 0;
}

static int64_t draw_tick(input *in, int64_t tick)
{
    switch (draw_byte(in) % 4) {
    case 0: return tick;
    case 1: return tick - (int64_t) draw_byte(in);
    case 2: return tick + (int64_t) (int8_t) draw_byte(in);
    default: return (int64_t) draw_word(in, 8);
    }
}

static void one_tick(input *in, void *navigator, moment *now)
{
    farside_navigation_estimate e;
    farside_estimate read;
    farside_measurements m;
    const int64_t tick = ++now->tick;
    measure(&now->before, &now->lander, &flown_config.setup, tick, &m);
    draw_changes(in, &m, sizeof m, 4);
    farside_navigate(&flown_config, navigator, &m, draw_tick(in, tick), &e);
    estimate_holds(&e);
    farside_navigation_read(&e, &read);
    now->command.thrust_n *= 1.0 + draw_byte(in) / 1024.0;
    now->before = now->lander;
    fly(&now->lander, &now->command);
}

/* A sensor that is off by the same for some seconds: what is believed of it changes. */
static void stay_off(input *in, void *navigator, moment *now)
{
    double off[(offsetof(farside_measurements, contact)) / sizeof(double)] = {0};
    const size_t count = sizeof off / sizeof *off;
    const size_t at = draw_byte(in) % count, next = draw_byte(in) % count;
    farside_navigation_estimate e;
    off[at] = draw_number(in, 1e-3), off[next] += draw_number(in, 1e-3);
    for (int ticks = 8 * draw_byte(in) + 1; ticks > 0; ticks--) {
        farside_measurements m;
        double *x = (double *) (void *) &m;
        const int64_t tick = ++now->tick;
        measure(&now->before, &now->lander, &flown_config.setup, tick, &m);
        for (size_t k = 0; k < 6; k++)
            x[k] += off[k];
        for (size_t k = 8; k < count; k++)  /* behind the flags */
            x[k] += off[k];
        if (next % 2)
            farside_navigation_command(navigator, now->command.thrust_n, now->command.torque_nm);
        farside_navigate(&flown_config, navigator, &m, tick, &e);
        estimate_holds(&e);
        now->before = now->lander;
        fly(&now->lander, &now->command);
    }
}

/* The pose of the last image that was kept, and its tick: pairs begin there. */
static lander pictured;
static int64_t pictured_tick;

static const farside_camera_setup *camera_of(int camera)
{
    return camera == 1 ? &flown_config.setup.camera_2 : &flown_config.setup.camera_1;
}

/* The lens and a direction of the camera's, site. */
static void look(
    const lander *l, const farside_camera_setup *c, const double ray[3], double at[3], double out[3])
{
    double body[3];
    for (int i = 0; i < 3; i++)
        body[i] = c->axes_body[i] * ray[0] + c->axes_body[3 + i] * ray[1] + c->axes_body[6 + i] * ray[2];
    to_site(l->q, body, out);
    to_site(l->q, c->place_m, at);
    for (int i = 0; i < 3; i++)
        at[i] += l->r[i];
}

/* Level ground under pixel k of a grid of 6 by 7; 0 where the ray does not come down. */
static int ground_of(
    const lander *l, const farside_camera_setup *c, int k, double pixel[2], double place[3])
{
    const double *f = c->lens.focal_px, *m = c->lens.centre_px;
    double at[3], ray[3];
    const int row = k / 6;
    pixel[0] = c->lens.columns * (k % 6 + 0.7) / 6.4;
    pixel[1] = c->lens.rows * (row + 0.6) / 7.2;
    const double way[3] = {(pixel[0] - m[0]) / f[0], (pixel[1] - m[1]) / f[1], 1.0};
    look(l, c, way, at, ray);
    for (int i = 0; i < 3; i++)
        place[i] = at[i] + (ray[2] < -0.02 ? -at[2] / ray[2] : 0.0) * ray[i];
    return ray[2] < -0.02;
}

/* Where a place is seen; a place behind the camera in no image. */
static void pixel_of(
    const lander *l, const farside_camera_setup *c, const double place[3], double pixel[2])
{
    double at[3], d[3], body[3], seen[3] = {0.0, 0.0, 0.0};
    look(l, c, seen, at, d);
    for (int i = 0; i < 3; i++)
        d[i] = place[i] - at[i];
    to_body(l->q, d, body);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            seen[i] += c->axes_body[3 * i + j] * body[j];
    for (int i = 0; i < 2; i++)
        pixel[i] = seen[2] > 0.0
            ? c->lens.centre_px[i] + c->lens.focal_px[i] * seen[i] / seen[2] : -1.0;
}

static void see_landmarks(input *in, void *navigator, const moment *now)
{
    const int count = draw_below(in, 43), told = draw_byte(in) % 16 == 1 ? -count : count;
    const int camera = draw_below(in, 4);
    farside_landmark *seen = exactly(sizeof *seen * (size_t) count);
    for (int k = 0; k < count; k++) {
        seen[k] = (farside_landmark) {{0}, {0}, {1.0, 0.0, 1.0}, 1.0};
        ground_of(&now->lander, camera_of(camera - 1), k, seen[k].pixel, seen[k].place_site);
    }
    if (count)
        draw_changes(in, seen, sizeof *seen * (size_t) count, 20);
    farside_navigation_landmarks(
        &flown_config, navigator, camera - 1, draw_tick(in, now->tick), seen, told);
    free(seen);
}

static void see_motion(input *in, void *navigator, const moment *now)
{
    const int count = draw_below(in, 43), camera = draw_below(in, 3);
    int64_t ticks[2];
    farside_motion_pair *pairs = exactly(sizeof *pairs * (size_t) count);
    for (int k = 0; k < count; k++) {
        double place[3];
        pairs[k] = (farside_motion_pair) {{0}, {0}, {1.0, 0.0, 1.0}, 0.0, 1.0};
        ground_of(&pictured, camera_of(camera), k, pairs[k].pixel_from, place);
        pixel_of(&now->lander, camera_of(camera), place, pairs[k].pixel_to);
    }
    if (count)
        draw_changes(in, pairs, sizeof *pairs * (size_t) count, 20);
    ticks[0] = draw_tick(in, pictured_tick), ticks[1] = draw_tick(in, now->tick);
    farside_navigation_motion(&flown_config, navigator, camera, ticks, pairs, count);
    free(pairs);
}

static void see_place(input *in, void *navigator, const moment *now)
{
    const double *r = now->lander.r;
    farside_map_fix fix = {now->tick, {r[0], r[1]}, {1.0, 0.0}, {25.0, 25.0}, 16.0, 0.0};
    farside_place_fix place = {now->tick, {r[0], r[1]}, {1.0, 0.0}, {400.0, 400.0}, 100.0};
    if (draw_byte(in) % 2) {
        draw_changes(in, &fix, sizeof fix, 3);
        farside_navigation_fix(navigator, &fix);
    } else {
        draw_changes(in, &place, sizeof place, 3);
        farside_navigation_place(&flown_config, navigator, &place);
    }
}

/* A command, also one of no engine; the ticks that follow have it too. */
static void tell(input *in, void *navigator, const moment *now)
{
    farside_command told = now->command;
    const int whole = draw_byte(in) % 4;
    draw_changes(in, &told, sizeof told, 2);
    farside_navigation_command(navigator, told.thrust_n, whole ? told.torque_nm : NULL);
}

static void start_anew(input *in, void *navigator, moment *now)
{
    farside_initial_estimate first = mission_navigation_first;
    draw_changes(in, &first, offsetof(farside_initial_estimate, P), 2);
    draw_changes(in, &first, sizeof first, 2);
    if (farside_navigation_start(&flown_config, &first, navigator, farside_navigator_size()) == 0)
        now->tick = -1;
}

static void read_covariance(input *in, const void *navigator)
{
    const size_t count = draw_byte(in) % 4 ? (size_t) FARSIDE_STATES * FARSIDE_STATES : draw_word(in, 2) % 9000;
    double *P = exactly(sizeof *P * count);
    const int n = farside_navigation_covariance(navigator, P, count);
    PROMISE(n >= 0 && n <= FARSIDE_STATES && (size_t) n * (size_t) n <= count);
    for (int i = 0; i < n; i++)
        PROMISE(P[i * n + i] >= 0.0);
    free(P);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void *navigator;
    static moment now;
    input in = {data, data + size};
    if (!navigator)
        navigator = exactly(farside_navigator_size());
    now = moments[draw_below(&in, moment_count)];
    memcpy(navigator, now.navigator, farside_navigator_size());
    pictured = now.before, pictured_tick = now.tick - 1;
    flown_config.setup.range_weight = 0.0;
    for (int k = 0; k < 32 && in.at < in.end; k++) {
        const unsigned call = draw_byte(&in);
        if (call >= 250) {      /* another rule for ranges; what is kept may come back from a file */
            flown_config.setup.range_weight = call % 2 ? 0.25 : 0.0;
            PROMISE(farside_navigation_fits(navigator, farside_navigator_size()));
        }
        switch (call % 16) {
        case 0:
            farside_navigation_keep(&flown_config, navigator);
            pictured = now.lander, pictured_tick = now.tick;
            break;
        case 1: farside_navigation_forget(navigator, draw_tick(&in, now.tick)); break;
        case 2: farside_navigation_tie(&flown_config, navigator); break;
        case 3: {
            const int64_t tick = draw_tick(&in, now.tick);
            farside_navigation_tie_kept(&flown_config, navigator, tick, draw_number(&in, 1.0));
            break;
        }
        case 4: see_place(&in, navigator, &now); break;
        case 5: case 6: see_landmarks(&in, navigator, &now); break;
        case 7: case 8: see_motion(&in, navigator, &now); break;
        case 9: start_anew(&in, navigator, &now); break;
        case 10: read_covariance(&in, navigator); break;
        case 11: now.lander.r[draw_below(&in, 3)] += 10.0 * (int8_t) draw_byte(&in); break;
        case 12: now.tick += draw_below(&in, 128); break;
        case 13: stay_off(&in, navigator, &now); break;
        case 14: tell(&in, navigator, &now); break;
        default: one_tick(&in, navigator, &now);
        }
    }
    return 0;
}
