/* Hazard avoidance in small: what both its harnesses do with a workspace that has begun.
 *
 * small_avoid.h holds configurations of a mission with small maps, for a disc and for legs.
 */
#ifndef FUZZ_SCANNED_H
#define FUZZ_SCANNED_H

#include "farside.h"
#include "input.h"
#include "small_avoid.h"

enum { WORKSPACE_MOST = 1 << 24 };

/* The disc's configuration, which ranks by the host's costs. */
static inline farside_avoid_config priced_avoid(void)
{
    farside_avoid_config c = disc_avoid;
    uint32_t h;
    c.rank_by_cost = 1;
    h = fnv1a_of(2166136261u, &c.rule, offsetof(farside_avoid_config, whole)
                 - offsetof(farside_avoid_config, rule));
    h = fnv1a_of(h, c.whole, (size_t) c.whole_count * sizeof *c.whole);
    c.checksum = fnv1a_of(h, c.real, (size_t) c.real_count * sizeof *c.real);
    return c;
}

/* Points over the map: a plain with a rock; some of them changed. */
static double *draw_points(input *in, int *count)
{
    const int side = 2 + draw_below(in, 20);
    const double apart = 0.1 + draw_byte(in) / 100.0, tilt = (int8_t) draw_byte(in) / 256.0;
    double *points = exactly(sizeof *points * 3u * (size_t) (side * side));
    *count = side * side;
    for (int i = 0; i < side; i++)
        for (int j = 0; j < side; j++) {
            double *p = points + 3 * (i * side + j);
            p[0] = apart * (j - side / 2);
            p[1] = apart * (i - side / 2);
            p[2] = tilt * p[0] + (i % 9 == 4 && j % 9 == 4 ? 0.4 : 0.0);
        }
    draw_changes(in, points, sizeof *points * 3u * (size_t) (side * side), 24);
    return points;
}

static void decision_holds(const farside_avoid_decision *d)
{
    PROMISE(d->action == FARSIDE_AVOID_LAND || d->action == FARSIDE_AVOID_SCAN_AGAIN);
    PROMISE(all_finite_of(d->aim, 3));
}

static void scan_and_decide(
    input *in, const farside_avoid_config *c, void *workspace, farside_avoid_memory *memory)
{
    static farside_avoid_map map;
    farside_avoid_now now = {{0.0, 0.0, 100.0}, 2000.0, 1.0};
    farside_avoid_decision decision;
    farside_avoid_scan scan = {0};
    int count;
    double *points = draw_points(in, &count);
    float *cost = NULL;
    scan.count = count;
    scan.sensor[2] = 100.0;
    scan.sigma_m = 0.01;
    scan.spacing_m = -1.0;
    scan.cost_scale_kg = 1.0;
    draw_changes(in, &scan.sensor, sizeof(double) * 5, 3);
    scan.points = draw_byte(in) == 255 ? NULL : points;
    if (draw_byte(in) == 254)
        scan.count = (int64_t) draw_word(in, 8) % (count + 1);
    if (draw_byte(in) % 4 == 1) {
        const size_t cells = (size_t) c->rows * (size_t) c->cols;
        PROMISE(cells > 0);
        cost = exactly(sizeof *cost * cells);
        for (size_t k = 0; k < cells; k++)
            cost[k] = (float) (k % 11);
        cost[draw_word(in, 2) % cells] = (float) draw_number(in, 1.0);
        scan.cost_kg = cost;
        scan.cost_scale_kg = draw_number(in, 1.0);
    }
    if (draw_byte(in) % 4 == 2)
        scan.ground_m = draw_number(in, 0.0), scan.ground_sigma_m = draw_number(in, 0.3);
    farside_avoid_map_scan(workspace, &scan, &map);
    PROMISE(isfinite(map.lowered_m) && map.lowered_m >= 0.0 && isfinite(map.ground_m));
    PROMISE(map.count >= 0 && map.count <= 5);
    for (int k = 0; k < map.count; k++)
        PROMISE(isfinite(map.sites[k].east_m) && isfinite(map.sites[k].north_m)
                && isfinite(map.sites[k].height_m));
    draw_changes(in, &now, sizeof now, 3);
    farside_avoid_decide(workspace, memory, &scan, &map, &now, &decision);
    if (all_finite_of(now.r_site, 3) && all_finite_of(scan.sensor, 3))
        decision_holds(&decision);
    free(points);
    free(cost);
}

#endif
