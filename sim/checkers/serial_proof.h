/* serial_proof.h - looks through all statements that were recorded, key by key, and turns those
 * that have no order into the shortest history that proves it. */
#pragma once

#include "sim/checkers/finding_list.h"
#include "sim/checkers/operation_log.h"
#include "sim/checkers/serial_order.h"

typedef struct SerialTotals {
    uint64_t statements; /* on keys with serial ones */
    uint64_t keys, keys_undecided, keys_impossible;
    uint64_t one_in; /* one key in so many was followed; 0: nothing was */
    SimTime ends;    /* later statements were not kept; SIM_NEVER: all were */
} SerialTotals;

/* Judges each key that has a serial statement; times of proofs count from `epoch`. */
SerialTotals serial_proof_find(const OperationLog *log, FindingList *findings, SimTime epoch);

/* Of statements that have no order: some of them that have none either, from which (but for a limit
 * on the search) none can be taken away. An array of Operation; caller frees. */
GArray *serial_proof_shorten(const Operation *rows, size_t count, SimTime ends);
