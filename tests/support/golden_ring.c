/* golden_ring.c - the ring that the reference figures were computed on. */
#include "tests/support/golden_ring.h"

const uint32_t golden_rtt_us[GOLDEN_SITES][GOLDEN_SITES] = {
    {300, 44300, 92600, 84500, 104600}, {44300, 300, 113200, 98900, 123300},
    {92600, 113200, 300, 16100, 8300},  {84500, 98900, 16100, 300, 20300},
    {104600, 123300, 8300, 20300, 300},
};

static const char *const names[GOLDEN_NODES] = {
    "DC01-1", "DC01-2", "DC01-3", "DC01-4", "DC02-1", "DC02-2", "DC02-3",
    "DC02-4", "DC03-1", "DC03-2", "DC03-3", "DC03-4", "DCB1-1", "DCB1-2",
    "DCB1-3", "DCB1-4", "DCB2-1", "DCB2-2", "DCB2-3", "DCB2-4",
};

Ring *golden_ring_new(void)
{
    static const uint32_t factors[GOLDEN_SITES] = {3, 3, 3, 1, 1};
    RingNode nodes[GOLDEN_NODES];
    uint64_t state = 1;
    Ring *ring;

    for (guint i = 0; i < GOLDEN_NODES; i++) {
        nodes[i] = (RingNode){.site = (uint16_t)(i / 4), .rack = 0};
    }
    ring = ring_new(nodes, GOLDEN_NODES, factors, GOLDEN_SITES);
    ring_draw_tokens(ring, 32, &state);
    ring_close(ring);
    return ring;
}

const char *golden_ring_name(guint node)
{
    return names[node];
}
