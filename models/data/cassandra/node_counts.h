/* node_counts.h - what `nodetool` counts from the start of the process on. Private to this folder.
 */
#pragma once

#include <stdint.h>

/* Counters when the process started: those that `nodetool` prints count from then on. */
typedef struct NodeCounts {
    uint64_t mutations, replica_reads, requests, mutations_dropped, reads_dropped;
    uint64_t digest_mismatches, read_repairs_done, read_repairs_dropped;
    uint64_t increments_led, counters_dropped, responses_taken, responses_dropped;
    uint64_t background_repairs, read_repairs_attempted;
} NodeCounts;
