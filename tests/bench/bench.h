/* bench.h - what each measure of speed is: nanoseconds an operation, and their ratio to a step of a
 * fixed loop that is timed right before, since machines differ and a ratio differs less. Both are
 * medians of several runs. All rows go to one JSON file; a program that runs again replaces its
 * rows. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct Bench Bench;

#define BENCH_RUNS 7 /* of which the median is taken */

/* Reads the rows of the file that the first argument names (build/bench.json without one), if there
 * is one. A second argument is a word: only what has it in its name is measured. */
Bench *bench_begin(int argc, char **argv);

/* Writes the file. What main returns. Frees `bench`. */
int bench_end(Bench *bench);

/* Whether it is to be measured: bench_measure looks itself, others ask. */
bool bench_wants(const Bench *bench, const char *name);

/* Does `count` operations. */
typedef void BenchRun(void *context, uint64_t count);

/* Times `run` (once to warm up, then BENCH_RUNS times) and adds a row. `goal_ns` is what an
 * operation may take on a core of 3.6 GHz, 0 for no goal. */
void bench_measure(Bench *bench, const char *name, double goal_ns, BenchRun *run, void *context,
                   uint64_t count);

/* Adds a row of `count` runs that were timed elsewhere: what each took, and a step of the fixed
 * loop beside it. */
void bench_add(Bench *bench, const char *name, double goal_ns, const double *each_ns,
               const double *reference_ns, unsigned count);

/* Adds a row of another unit, smaller is better; its ratio is the value itself. */
void bench_add_value(Bench *bench, const char *name, double goal, double value, const char *unit);

/* One more figure in the row added last. */
void bench_note(Bench *bench, const char *key, double value);

/* Nanoseconds of one step of the fixed loop, now. */
double bench_reference_ns(void);

/* The middle one, or the mean of both middle ones. */
double bench_median(const double *values, unsigned count);
