/* farside_avoid_decide of any memory, sites and estimate, over a map with slopes. */
#include "scanned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void *workspace;
    static float *slopes, *roughness;
    farside_avoid_memory memory = {0};
    farside_avoid_map map = {0};
    farside_avoid_scan scan = {0};
    farside_avoid_now now = {{3.0, -2.0, 100.0}, 2000.0, 1.0};
    farside_avoid_decision decision;
    input in = {data, data + size};
    const size_t cells = (size_t) disc_avoid.rows * (size_t) disc_avoid.cols;
    if (!workspace) {
        const size_t bytes = farside_avoid_workspace_size(&disc_avoid);
        workspace = exactly(bytes);
        PROMISE(farside_avoid_start(&disc_avoid, workspace, bytes) == FARSIDE_AVOID_OK);
        slopes = exactly(cells * sizeof *slopes), roughness = exactly(cells * sizeof *roughness);
    }
    map.count = draw_below(&in, 6);
    map.rows = disc_avoid.rows, map.cols = disc_avoid.cols;
    map.cell_m = disc_avoid.cell_m;
    for (int k = 0; k < map.count; k++)
        map.sites[k] = (farside_avoid_site) {
            .east_m = 2.0 * k - 4.0, .north_m = 1.0 - k, .slope_deg = 3.0, .roughness_m = 0.1,
            .clearance_m = 2.0, .score = 0.9 - 0.1 * k, .probability = 0.99 - 0.2 * k};
    for (size_t k = 0; k < cells; k++)      /* a side that is worse than the others */
        slopes[k] = (float) (k % 24), roughness[k] = 0.02f * (float) (k % 7);
    map.slope_deg = slopes, map.roughness_m = roughness;
    scan.sensor[2] = 100.0;
    draw_changes(&in, &memory, sizeof memory, 6);
    draw_changes(&in, map.sites, sizeof map.sites, 6);
    draw_changes(&in, &now, sizeof now, 3);
    draw_changes(&in, scan.sensor, sizeof scan.sensor, 2);
    if (draw_byte(&in) % 4 == 1)
        slopes[draw_word(&in, 2) % cells] = (float) draw_number(&in, 1.0);
    if (draw_byte(&in) == 1)
        map.slope_deg = NULL;
    const int mapped = map.count > 0 && map.slope_deg && isfinite(scan.sensor[0])
        && isfinite(scan.sensor[1]);
    for (int k = 0; k < 4; k++) {
        farside_avoid_decide(workspace, &memory, &scan, &map, &now, &decision);
        PROMISE(decision.action == FARSIDE_AVOID_LAND || decision.action == FARSIDE_AVOID_SCAN_AGAIN);
        PROMISE((decision.reason == FARSIDE_AVOID_NO_MAP) == !mapped);  /* else nothing is tried */
    }
    return 0;
}
