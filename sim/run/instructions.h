/* instructions.h - how many instructions of user mode this process executes: the processor's own
 * counter by perf_event_open, which repeats to a thousandth where wall time does not. Virtual
 * machines and containers often have none. */
#pragma once

#include <stdint.h>

/* Begins to count. -1 when the counter cannot be read: errno says why. */
int instructions_begin(void);

/* Since the begin; 0 for -1. */
uint64_t instructions_read(int counter);

/* Why they cannot be counted here, in words, or NULL when they can. Caller frees. */
char *instructions_doubt(void);
