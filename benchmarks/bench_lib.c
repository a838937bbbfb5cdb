/* libfarside timed from C: recorded estimates through the tick, by phase.
 *
 *     bench_lib ESTIMATES ROUNDS
 *
 * ESTIMATES is an array of farside_estimate. The clock is read where a phase ends and about each
 * planning call, never about a tick. Prints, of each phase, its number, law and ticks, the least
 * time of all rounds for its ticks [ns], its plans, and the least time of all rounds for those [ns].
 */
#define _POSIX_C_SOURCE 199309L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "farside.h"
#include "mission.h"

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

int main(int argc, char **argv)
{
    static farside_room room;
    static farside_state state;
    const double site[3] = {0.0, 0.0, 0.0};
    int64_t best[FARSIDE_MAX_PHASES], best_plan[FARSIDE_MAX_PHASES];
    long ticks[FARSIDE_MAX_PHASES], plans[FARSIDE_MAX_PHASES], size;
    farside_estimate *estimates;
    farside_command command;
    FILE *file;

    if (argc != 3 || farside_check(&mission_table) != 0 || !(file = fopen(argv[1], "rb")))
        return 2;
    fseek(file, 0, SEEK_END);
    size = ftell(file) / (long)sizeof *estimates;
    rewind(file);
    estimates = malloc((size_t)size * sizeof *estimates);
    if (!estimates || fread(estimates, sizeof *estimates, (size_t)size, file) != (size_t)size)
        return 2;
    for (int p = 0; p < FARSIDE_MAX_PHASES; p++)
        best[p] = best_plan[p] = INT64_MAX;
    for (int round = 0; round < atoi(argv[2]); round++) {
        int64_t spent[FARSIDE_MAX_PHASES] = {0}, planning[FARSIDE_MAX_PHASES] = {0}, since;
        int phase = 0;
        for (int p = 0; p < FARSIDE_MAX_PHASES; p++)
            ticks[p] = plans[p] = 0;
        farside_start(&state, &mission_table);
        farside_aim(&state, site, NAN, 1);
        since = now_ns();
        for (long k = 0; k < size; k++) {
            farside_tick(&mission_table, &state, &estimates[k], k, &command);
            ticks[command.phase]++;
            if (command.phase != phase) {
                const int64_t now = now_ns();
                spent[phase] += now - since;
                since = now;
                phase = command.phase;
            }
            if (farside_wants_plan(&state)) {
                const int64_t before = now_ns();
                int64_t took;
                farside_plan(&state, &room);
                took = now_ns() - before;
                planning[phase] += took;
                plans[phase]++;
                since += took;
            }
        }
        spent[phase] += now_ns() - since;
        for (int p = 0; p < FARSIDE_MAX_PHASES; p++) {
            if (spent[p] < best[p])
                best[p] = spent[p];
            if (planning[p] < best_plan[p])
                best_plan[p] = planning[p];
        }
    }
    for (int p = 0; p < mission_table.phases; p++)
        printf("%d %d %ld %lld %ld %lld\n", p, (int)mission_table.row[p].law, ticks[p],
               (long long)best[p], plans[p], (long long)best_plan[p]);
    free(estimates);
    return 0;
}
