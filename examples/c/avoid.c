/* A lander in C that maps the ground from its hover, picks a site without rocks, and lands there.
 *
 *     farside export mission chang-e-6 --c --out mission.h
 *     cc -O2 -I. avoid.c $(pkg-config --cflags --libs build/lib/farside.pc) -lm -o avoid && ./avoid
 *     ./avoid SEED                        # other rocks
 *     ./avoid returns.txt EAST NORTH UP   # map returns (three numbers a line) seen from a place [m]
 *
 * The ground is a plain with rocks; physics and sensors are the host's own, see truth.h.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "farside.h"
#include "mission.h"
#include "truth.h"

enum { ROCKS = 400, ACROSS = 431, ALONG = 493, MOST = 1000000 };
#define FIELD_M 70.0      /* rocks lie in a square of this half width about the nominal site */
#define NOISE_M 0.01      /* of a return, 1 sigma */

static struct rock { double x, y, radius; } rocks[ROCKS];
static unsigned long long seed;

/* Numbers of 0 to 1: a linear congruence, its high bits (Knuth's MMIX). */
static double drawn(void)
{
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    return (double)(seed >> 11) / 9007199254740992.0;
}

static void lay_rocks(void)
{
    for (int i = 0; i < ROCKS; i++) {
        rocks[i].x = FIELD_M * (2.0 * drawn() - 1.0);
        rocks[i].y = FIELD_M * (2.0 * drawn() - 1.0);
        rocks[i].radius = 0.15 + 0.45 * drawn() * drawn();
    }
}

static double ground(double x, double y)
{
    double up = 0.0;
    for (int i = 0; i < ROCKS; i++) {
        const double dx = x - rocks[i].x, dy = y - rocks[i].y;
        const double left = rocks[i].radius * rocks[i].radius - dx * dx - dy * dy;
        if (left > 0.0)
            up = fmax(up, sqrt(left));
    }
    return up;
}

/* Look straight down: a return for every beam, in site axes. */
static int64_t look_down(const lander *l, double *points)
{
    int64_t n = 0;
    for (int i = 0; i < ALONG; i++)
        for (int j = 0; j < ACROSS; j++, n++) {
            const double u = tan((29.0 * j / (ACROSS - 1) - 14.5) * 0.017453292519943295);
            const double v = tan((33.0 * i / (ALONG - 1) - 16.5) * 0.017453292519943295);
            const double noise = NOISE_M * (drawn() + drawn() + drawn() + drawn() - 2.0) * 1.732;
            points[3 * n] = l->r[0] + u * l->r[2];
            points[3 * n + 1] = l->r[1] + v * l->r[2];
            points[3 * n + 2] = ground(points[3 * n], points[3 * n + 1]) + noise;
        }
    return n;
}

static void print_sites(const farside_avoid_map *map)
{
    printf("status %d, returns %.2f m apart\n", map->status, map->spacing_m);
    for (int k = 0; k < map->count; k++) {
        const farside_avoid_site *s = &map->sites[k];
        printf("  site %d: %7.2f m east, %7.2f m north, slope %.1f deg, %.2f m rough, "
               "clear for %.2f m, safe with %.4f%s\n",
               k + 1, s->east_m, s->north_m, s->slope_deg, s->roughness_m, s->clearance_m,
               s->probability, s->least_bad ? ", the least bad" : "");
    }
}

static int map_file(char **argv, void *workspace, double *points, farside_avoid_map *map)
{
    farside_avoid_scan scan = {0};
    FILE *file = fopen(argv[1], "r");
    if (file == NULL) {
        fprintf(stderr, "avoid: cannot read %s\n", argv[1]);
        return 2;
    }
    while (scan.count < MOST
           && fscanf(file, "%lf %lf %lf", points + 3 * scan.count, points + 3 * scan.count + 1,
                     points + 3 * scan.count + 2) == 3)
        scan.count++;
    fclose(file);
    scan.points = points;
    for (int i = 0; i < 3; i++) {
        char *end;
        scan.sensor[i] = strtod(argv[2 + i], &end);
        if (end == argv[2 + i] || *end != 0) {
            fprintf(stderr, "avoid: %s is no number of metres\n", argv[2 + i]);
            return 2;
        }
    }
    scan.sigma_m = NOISE_M;
    scan.spacing_m = -1.0;
    farside_avoid_map_scan(workspace, &scan, map);
    print_sites(map);
    return map->status > FARSIDE_AVOID_LEAST_BAD;
}

/* Scan, map, decide and aim. */
static void avoid(const lander *l, farside_state *state, void *workspace, double *points,
                  farside_avoid_memory *memory, double hovered_s)
{
    static farside_avoid_map map;
    farside_avoid_scan scan = {0};
    farside_avoid_now now;
    farside_avoid_decision decision;
    scan.points = points;
    scan.count = look_down(l, points);
    scan.sigma_m = NOISE_M;
    scan.spacing_m = -1.0; /* as the mission's lidar has it from this height */
    for (int i = 0; i < 3; i++)
        scan.sensor[i] = now.r_site[i] = l->r[i];
    now.mass_kg = l->mass_kg;
    now.hovered_s = hovered_s;
    farside_avoid_map_scan(workspace, &scan, &map);
    print_sites(&map);
    farside_avoid_decide(workspace, memory, &scan, &map, &now, &decision);
    printf("  %s, %.2f m away (reason %d)\n",
           decision.action == FARSIDE_AVOID_LAND ? "land" : "scan again", decision.divert_m,
           decision.reason);
    farside_aim(state, decision.aim, decision.heading_rad, decision.action == FARSIDE_AVOID_LAND);
}

static int land(void *workspace, double *points)
{
    static farside_room room;
    static farside_state state;
    static farside_avoid_memory memory; /* zeros */
    farside_estimate estimate = mission_start;
    farside_command command;
    lander l = placed(&mission_start);
    int64_t tick = 0, hover = -1;
    double highest = 0.0;

    farside_start(&state, &mission_table);
    observe(&l, &estimate);
    for (; height(&l) > 0.0 && tick * TICK_S < LONGEST_S; tick++) {
        farside_tick(&mission_table, &state, &estimate, tick, &command);
        if (farside_wants_plan(&state))
            farside_plan(&state, &room);
        if (farside_wants_scan(&state)) {
            if (hover < 0)
                hover = tick;
            printf("%7.2f s  scan from %.1f m\n", tick * TICK_S, height(&l));
            avoid(&l, &state, workspace, points, &memory, (tick - hover) * TICK_S);
        }
        estimate.accel_mps2 = fly(&l, &command);
        observe(&l, &estimate);
    }
    for (int i = -50; i <= 50; i++)
        for (int j = -50; j <= 50; j++)
            if (i * i + j * j <= 2500)
                highest = fmax(highest, ground(l.r[0] + 0.05 * i, l.r[1] + 0.05 * j));
    printf("highest rock under the lander: %.2f m\n", highest);
    return touched_down(&l, tick) || highest > mission_avoid.roughness_m;
}

int main(int argc, char **argv)
{
    static farside_avoid_map map;
    const size_t size = farside_avoid_workspace_size(&mission_avoid);
    void *workspace = malloc(size);
    double *points = malloc(3 * sizeof(double) * MOST);
    int answer = 2;
    seed = argc == 2 ? strtoull(argv[1], NULL, 10) : 1;
    if (workspace == NULL || points == NULL || farside_check(&mission_table) != FARSIDE_TABLE_OK
        || farside_avoid_start(&mission_avoid, workspace, size) != FARSIDE_AVOID_OK) {
        fprintf(stderr, "avoid: the library refuses the mission, or there is too little memory\n");
    } else if (argc == 5) {
        answer = map_file(argv, workspace, points, &map);
    } else {
        lay_rocks();
        answer = land(workspace, points);
    }
    free(points);
    free(workspace);
    return answer;
}
