/* Scans of any returns, and decisions from any estimate, with configurations that are the mission's. */
#include "scanned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void *workspaces[3];
    static farside_avoid_config priced;
    static const farside_avoid_config *configs[3] = {&disc_avoid, &legs_avoid, &priced};
    farside_avoid_memory memory = {0};
    input in = {data, data + size};
    const int which = draw_below(&in, 3);
    if (!priced.size)
        priced = priced_avoid();
    const size_t bytes = farside_avoid_workspace_size(configs[which]);
    PROMISE(bytes > 0 && bytes < WORKSPACE_MOST);
    if (!workspaces[which]) {
        workspaces[which] = exactly(bytes);
        memset(workspaces[which], 0x5A, bytes);
        PROMISE(farside_avoid_map_scan(workspaces[which], &(farside_avoid_scan) {0},
                                       &(farside_avoid_map) {0}) == FARSIDE_AVOID_NOT_STARTED);
        PROMISE(farside_avoid_start(configs[which], workspaces[which], bytes - 1)
                == FARSIDE_AVOID_NOT_STARTED);
        PROMISE(farside_avoid_start(configs[which], workspaces[which], bytes) == FARSIDE_AVOID_OK);
    }
    if (draw_byte(&in) % 4 == 1)
        draw_changes(&in, &memory, sizeof memory, 6);
    for (int k = 0; k < 3 && in.at < in.end; k++)
        scan_and_decide(&in, configs[which], workspaces[which], &memory);
    return 0;
}
