/* bench.h - what each measure of speed prints: nanoseconds an operation, operations a second, and
 * the ratio to a fixed loop, since machines differ and a ratio differs less. */
#pragma once

#include <stdint.h>

/* Does `count` operations. */
typedef void BenchRun(void *context, uint64_t count);

/* Measures the fixed loop that the ratios are to. Once, first. */
void bench_begin(void);

/* Times `run` (the best of ten) and prints one line. */
void bench_measure(const char *name, BenchRun *run, void *context, uint64_t count);

/* Nanoseconds of one step of that loop. */
double bench_reference_ns(void);
