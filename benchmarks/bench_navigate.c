/* farside_navigation_command and farside_navigate timed from C: recorded measurements, tick by tick.
 *
 *     bench_navigate MEASUREMENTS COMMANDS ROUNDS
 *
 * MEASUREMENTS is an array of farside_measurements, COMMANDS one of thrust [N] and torque [N m] told
 * for the tick that each ends. Of each tick the least time of all rounds counts,
 * so that what interrupts one of them does not. Prints the mean and the worst of the ticks [ns], the
 * tick of the worst, and what reading the clock takes.
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
    farside_measurements *measured;
    farside_navigation_estimate estimate;
    void *navigator = malloc(farside_navigator_size());
    int32_t *least;
    int64_t sum = 0, clock_ns = INT64_MAX;
    long size, worst = 0;
    double (*commands)[4];
    FILE *file, *told;

    if (argc != 4 || !(file = fopen(argv[1], "rb")) || !(told = fopen(argv[2], "rb")))
        return 2;
    fseek(file, 0, SEEK_END);
    size = ftell(file) / (long)sizeof *measured;
    rewind(file);
    measured = malloc((size_t)size * sizeof *measured);
    least = malloc((size_t)size * sizeof *least);
    commands = malloc((size_t)size * sizeof *commands);
    if (!navigator || !measured || !least || !commands
            || fread(measured, sizeof *measured, (size_t)size, file) != (size_t)size
            || fread(commands, sizeof *commands, (size_t)size, told) != (size_t)size)
        return 2;
    for (long k = 0; k < size; k++)
        least[k] = INT32_MAX;
    for (int round = 0; round < atoi(argv[3]); round++) {
        if (farside_navigation_start(&mission_navigation, &mission_navigation_first, navigator,
                                     farside_navigator_size()))
            return 2;
        for (long k = 0; k < size; k++) {
            const int64_t before = now_ns();
            int64_t took;
            farside_navigation_command(navigator, commands[k][0], &commands[k][1]);
            farside_navigate(&mission_navigation, navigator, &measured[k], k, &estimate);
            took = now_ns() - before;
            if (took < least[k])
                least[k] = (int32_t)took;
        }
    }
    for (int i = 0; i < 1000; i++) {
        const int64_t before = now_ns(), took = now_ns() - before;
        if (took < clock_ns)
            clock_ns = took;
    }
    for (long k = 0; k < size; k++) {
        sum += least[k];
        if (least[k] > least[worst])
            worst = k;
    }
    printf("%.1f %d %ld %ld\n", (double)sum / (double)size, least[worst], worst, (long)clock_ns);
    return 0;
}
