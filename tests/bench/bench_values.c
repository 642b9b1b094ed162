/* bench_values.c - what draws and histograms cost. */
#include "sim/base/draw.h"
#include "sim/base/histogram.h"
#include "tests/bench/bench.h"

#define VALUES 1000000u

typedef struct Values {
    Draw law;
    Rng rng;
    int64_t sum;
    Histogram *histogram;
} Values;

static void words_run(void *context, uint64_t count)
{
    Values *values = context;

    for (uint64_t i = 0; i < count; i++) {
        values->sum += (int64_t)(rng_next(&values->rng) >> 32);
    }
}

static void spans_run(void *context, uint64_t count)
{
    Values *values = context;

    for (uint64_t i = 0; i < count; i++) {
        values->sum += draw_span(values->law, &values->rng);
    }
}

static void exponential_run(void *context, uint64_t count)
{
    Values *values = context;

    for (uint64_t i = 0; i < count; i++) {
        values->sum += draw_exponential_span(2 * SIM_MS, &values->rng);
    }
}

/* Values of eight octaves, as latencies are. */
static void histogram_run(void *context, uint64_t count)
{
    Values *values = context;

    for (uint64_t i = 0; i < count; i++) {
        uint64_t bits = rng_next(&values->rng);

        histogram_add(values->histogram, (int64_t)(bits >> (36 + (bits & 7))));
    }
}

static void measure(Bench *bench, const char *name, BenchRun *run, const char *law)
{
    Values values = {.histogram = histogram_new()};

    g_assert_true(law == NULL || draw_parse(&values.law, DRAW_SPAN, law, NULL));
    rng_init(&values.rng, 1, "bench/values");
    bench_measure(bench, name, 0, run, &values, VALUES);
    draw_clear(&values.law);
    histogram_free(values.histogram);
}

int main(int argc, char **argv)
{
    Bench *bench = bench_begin(argc, argv);

    measure(bench, "random word", words_run, NULL);
    measure(bench, "draw exponential", exponential_run, NULL);
    measure(bench, "draw exponential law", spans_run, "exponential(mean=2ms)");
    measure(bench, "draw lognormal law", spans_run, "lognormal(median=2ms, p99=40ms)");
    measure(bench, "draw gamma law", spans_run, "gamma(shape=2, mean=2ms)");
    measure(bench, "draw mixture law", spans_run,
            "mixture(0.9: uniform(1ms, 3ms), 0.1: pareto(min=5ms, shape=2.5))");
    measure(bench, "histogram add", histogram_run, NULL);
    return bench_end(bench);
}
