/* A recorded descent through libfarside, each of its calls from an address of its own.
 *
 *     descent FOLDER          count: run it under callgrind; see callgrind.py
 *     descent FOLDER stack    print the bytes of stack that each call has written to
 *
 * callgrind keeps the instructions of a call, with all that it calls, by the address it was called
 * from. A block of assembler makes each call of BLOCK ticks once, at an address each, and callgrind
 * is asked for its counts behind every block: so the count of every single tick is had in one run.
 *
 * FOLDER holds what record.py writes. The commands are held against those of the flight, bit by bit.
 */
#define _XOPEN_SOURCE 600
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <valgrind/callgrind.h>

#include "farside.h"
#include "descent.h"

#define BLOCK 4096 /* ticks; of callgrind.py too */

enum { AIM, KEEP, FORGET, TIE, TIE_KEPT, FIX };

/* What came to the flight side between two ticks: before `tick`. */
typedef struct {
    int64_t tick;
    int32_t kind, final;
    double number[9];
} event;

/* A scan that was decided on before `tick`. */
typedef struct {
    int64_t tick, returns;
    double sensor[3], sigma_m, mass_kg, hovered_s;
} look;

/* What the flight made of it. */
typedef struct {
    double r_site[3], thrust_n, torque_nm[3];
} outcome;

static farside_measurements *measured;
static outcome *flown;
static event *events;
static look *looks;
static double *points; /* of all scans, one behind the other */
static long ticks, event_count, look_count, point_count;

static farside_state state;
static farside_room room;
static farside_estimate estimate;
static farside_command command;
static farside_navigation_estimate navigated;
static farside_avoid_map map;
static farside_avoid_memory memory;
static farside_avoid_decision decision;
static void *navigator, *workspace;

static long k, next_event, next_point, plans, scans, commands_off, estimates_off;
static unsigned char *planned;

/* The map kernels ask these which instruction sets there are: none, so that the counts are those of
 * plain x86-64 on every machine. They stand in for those of libgcc (cpuinfo.c). */
struct {
    unsigned vendor, type, subtype, features[1];
} __cpu_model;
unsigned __cpu_features2[1];
int __cpu_indicator_init(void);
int __cpu_indicator_init(void)
{
    return 0;
}

/* ---- one call each: nothing but the library's entry and its arguments ---------------------------- */

void one_update(void);
void one_scan(void);
void one_navigate(void);
void one_tick(void);
void one_plan(void);
void one_check(void);

static void take(const event *e)
{
    const farside_navigation_config *config = &descent_navigation;
    farside_map_fix fix;
    switch (e->kind) {
    case AIM:
        farside_aim(&state, e->number, e->number[3], e->final);
        break;
    case KEEP:
        farside_navigation_keep(config, navigator);
        break;
    case FORGET:
        farside_navigation_forget(navigator, (int64_t)e->number[0]);
        break;
    case TIE:
        farside_navigation_tie(config, navigator);
        break;
    case TIE_KEPT:
        farside_navigation_tie_kept(config, navigator, (int64_t)e->number[0], e->number[1]);
        break;
    case FIX:
        memcpy(&fix.place_m, &e->number[1], sizeof fix - sizeof fix.tick);
        fix.tick = (int64_t)e->number[0];
        farside_navigation_fix(navigator, &fix);
    }
}

void one_update(void)
{
    for (; next_event < event_count && events[next_event].tick == k; next_event++)
        take(&events[next_event]);
}

void one_scan(void)
{
    const look *l = &looks[scans];
    farside_avoid_scan scan = {0};
    farside_avoid_now now;
    if (scans == look_count || l->tick != k)
        return;
    scan.points = points + 3 * next_point;
    scan.count = l->returns;
    scan.sigma_m = l->sigma_m;
    scan.spacing_m = -1.0; /* as the mission's lidar has it from this height */
    memcpy(scan.sensor, l->sensor, sizeof scan.sensor);
    memcpy(now.r_site, l->sensor, sizeof now.r_site);
    now.mass_kg = l->mass_kg;
    now.hovered_s = l->hovered_s;
    farside_avoid_map_scan(workspace, &scan, &map);
    farside_avoid_decide(workspace, &memory, &scan, &map, &now, &decision);
    next_point += (long)l->returns;
    scans++;
}

void one_navigate(void)
{
    if (k == ticks)
        return;
    if (k > 0)
        farside_navigation_command(navigator, command.thrust_n, command.torque_nm);
    farside_navigate(&descent_navigation, navigator, &measured[k], k, &navigated);
    farside_navigation_read(&navigated, &estimate);
}

void one_tick(void)
{
    if (k < ticks)
        farside_tick(&descent_table, &state, &estimate, k, &command);
}

void one_plan(void)
{
    if (k < ticks && farside_wants_plan(&state)) {
        planned[k] = 1;
        farside_plan(&state, &room);
    }
}

void one_check(void)
{
    if (k == ticks)
        return;
    plans += planned[k];
    estimates_off += memcmp(estimate.r_site, flown[k].r_site, sizeof estimate.r_site) != 0;
    commands_off += command.thrust_n != flown[k].thrust_n
                    || memcmp(command.torque_nm, flown[k].torque_nm, sizeof command.torque_nm);
    k++;
}

/* The calls of BLOCK ticks, in a line. */
void one_block(void);
__asm__(".text\n"
        ".globl one_block\n"
        ".type one_block, @function\n"
        "one_block:\n"
        "    sub $8, %rsp\n"
        ".rept " "4096" "\n"
        "    call one_scan\n"
        "    call one_update\n"
        "    call one_navigate\n"
        "    call one_tick\n"
        "    call one_plan\n"
        "    call one_check\n"
        ".endr\n"
        "    add $8, %rsp\n"
        "    ret\n"
        ".size one_block, . - one_block\n");

static void count(void)
{
    while (k < ticks) {
        one_block();
        CALLGRIND_DUMP_STATS;
    }
}

/* ---- the same on painted stacks, one for each kind of call --------------------------------------- */

#define STACK_BYTES (1 << 20)
#define PAINT 0xA5

static void on_stack(void (*call)(void), unsigned char *stack)
{
    static ucontext_t here, there;
    getcontext(&there);
    there.uc_stack.ss_sp = stack;
    there.uc_stack.ss_size = STACK_BYTES;
    there.uc_link = &here;
    makecontext(&there, call, 0);
    swapcontext(&here, &there);
}

static void paint(void)
{
    static const char *const name[] = {"scan", "update", "navigate", "tick", "plan"};
    void (*const call[])(void) = {one_scan, one_update, one_navigate, one_tick, one_plan};
    unsigned char *stack[5];
    for (int i = 0; i < 5; i++) {
        stack[i] = malloc(STACK_BYTES);
        memset(stack[i], PAINT, STACK_BYTES);
    }
    while (k < ticks) {
        for (int i = 0; i < 5; i++)
            on_stack(call[i], stack[i]);
        one_check();
    }
    for (int i = 0; i < 5; i++) {
        long clean = 0;
        while (clean < STACK_BYTES && stack[i][clean] == PAINT)
            clean++;
        printf("stack %s %ld\n", name[i], STACK_BYTES - clean);
        free(stack[i]);
    }
}

/* ---- files --------------------------------------------------------------------------------------- */

static void *whole(const char *folder, const char *name, size_t each, long *count_out)
{
    char path[4096];
    long size;
    void *all;
    FILE *file;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (!(file = fopen(path, "rb"))) {
        fprintf(stderr, "descent: cannot read %s\n", path);
        exit(2);
    }
    fseek(file, 0, SEEK_END);
    size = ftell(file);
    rewind(file);
    all = malloc((size_t)size + each);
    if (!all || (size_t)size % each || fread(all, 1, (size_t)size, file) != (size_t)size) {
        fprintf(stderr, "descent: %s is not whole\n", path);
        exit(2);
    }
    fclose(file);
    *count_out = (long)((size_t)size / each);
    return all;
}

static void begin(const char *folder)
{
    long rows;
    const size_t size = farside_navigator_size(), work = farside_avoid_workspace_size(&descent_avoid);
    measured = whole(folder, "measured", sizeof *measured, &ticks);
    flown = whole(folder, "flown", sizeof *flown, &rows);
    events = whole(folder, "events", sizeof *events, &event_count);
    looks = whole(folder, "looks", sizeof *looks, &look_count);
    points = whole(folder, "points", 3 * sizeof *points, &point_count);
    navigator = malloc(size);
    workspace = malloc(work);
    planned = calloc((size_t)ticks + 1, 1);
    if (rows != ticks || !navigator || !workspace || !planned
        || farside_state_size() != sizeof state || farside_check(&descent_table)
        || farside_navigation_start(&descent_navigation, &descent_navigation_first, navigator, size)
        || farside_avoid_start(&descent_avoid, workspace, work)) {
        fprintf(stderr, "descent: the library refuses the descent\n");
        exit(2);
    }
    farside_start(&state, &descent_table);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    begin(argv[1]);
    if (argc == 2)
        count();
    else
        paint();
    printf("ticks %ld\nplans %ld\nscans %ld\ncommands_off %ld\nestimates_off %ld\nevents_left %ld\n"
           "points_left %ld\n",
           ticks, plans, scans, commands_off, estimates_off, event_count - next_event,
           point_count - next_point);
    for (long at = 0; at < ticks; at++)
        if (planned[at])
            printf("planned %ld\n", at);
    return 0;
}
