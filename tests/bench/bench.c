/* bench.c - processor time, the best of ten: a busy machine disturbs it least. */
#include "tests/bench/bench.h"

#include <stdio.h>
#include <time.h>

#define REFERENCE_STEPS 10000000u

static double reference_ns;

static double cpu_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static double best_of_ten(BenchRun *run, void *context, uint64_t count)
{
    double best = 0;

    for (int i = 0; i < 10; i++) {
        double begin = cpu_ns();
        double each;

        run(context, count);
        each = (cpu_ns() - begin) / (double)count;
        best = i == 0 || each < best ? each : best;
    }
    return best;
}

/* A chain of multiplications that nothing can shorten. */
static void reference_run(void *context, uint64_t count)
{
    uint64_t *sum = context;

    for (uint64_t i = 0; i < count; i++) {
        *sum = (*sum ^ i) * 0x9e3779b97f4a7c15u;
        *sum ^= *sum >> 32;
    }
}

void bench_begin(void)
{
    uint64_t sum = 1;

    reference_ns = best_of_ten(reference_run, &sum, REFERENCE_STEPS);
    printf("%-44s %10.2f ns  (checksum %016llx)\n", "reference step", reference_ns,
           (unsigned long long)sum);
    printf("%-44s %13s %14s %8s\n", "measure", "each", "a second", "ratio");
}

void bench_measure(const char *name, BenchRun *run, void *context, uint64_t count)
{
    double each_ns = best_of_ten(run, context, count);

    printf("%-44s %10.2f ns %14.0f %8.1f\n", name, each_ns, 1e9 / each_ns, each_ns / reference_ns);
    fflush(stdout);
}

double bench_reference_ns(void)
{
    return reference_ns;
}
