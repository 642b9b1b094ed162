/* honesty.c - the long form of the honesty tests: whether every type of interval has the truth
 * within as often as it says, whether what cannot be known is refused, and whether nothing is
 * called a difference where none is. Usage: honesty [REPETITIONS [JOBS [SEED [ONLY]]]]; prints a
 * table, of ONLY the intervals whose system or method has this in its name, and its progress on
 * standard error. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/rng.h"
#include "sim/results/judge/precision.h"
#include "tests/support/honesty.h"

enum {
    SPARE = 50,         /* one repetition more for so many, in the place of refused ones */
    PAIRS = 200,        /* of the same with itself */
    ORDERED = 1000,     /* independent values for an interval by ranks */
    SEQUENTIAL_S = 3000 /* one replication of the sequential procedure */
};

#define CONFIDENCE 0.95

/* What one repetition yields. */
typedef struct Row {
    double low[HONESTY_FIGURES], high[HONESTY_FIGURES];
    bool is_reliable[HONESTY_FIGURES];
} Row;

typedef struct Subject Subject;
typedef void SubjectMeasure(const Subject *subject, uint64_t seed, Row *row);

/* One type of interval on one system. */
struct Subject {
    const HonestyCase *test;
    const char *name, *method;
    SubjectMeasure *measure;
    guint figures; /* in use, from the first on */
    double truth[HONESTY_FIGURES];
};

typedef struct Plan {
    guint repetitions, jobs;
    uint64_t seed;
    const char *only; /* NULL: everything */
    guint failures;
} Plan;

/* --- what is measured ----------------------------------------------------------------------- */

static void keep(Row *row, guint figure, const Estimate *estimate)
{
    row->low[figure] = estimate->low;
    row->high[figure] = estimate->high;
    row->is_reliable[figure] = estimate->is_reliable;
}

static void measure_replications(const Subject *subject, uint64_t seed, Row *row)
{
    Estimate figures[HONESTY_FIGURES];

    honesty_estimate(subject->test, subject->test->duration_s, HONESTY_REPLICATIONS, seed,
                     CONFIDENCE, figures);
    for (guint i = 0; i < HONESTY_FIGURES; i++) {
        keep(row, i, &figures[i]);
    }
}

static void measure_long_run(const Subject *subject, uint64_t seed, Row *row)
{
    Estimate figures[HONESTY_FIGURES];

    honesty_estimate(subject->test, subject->test->long_s, 1, seed, CONFIDENCE, figures);
    for (guint i = 0; i < HONESTY_FIGURES; i++) {
        keep(row, i, &figures[i]);
    }
}

/* The mean to 3 %, with as many replications as that takes. */
static void measure_sequential(const Subject *subject, uint64_t seed, Row *row)
{
    Estimate figures[HONESTY_FIGURES];
    guint done = 0;
    guint next = HONESTY_REPLICATIONS;

    while (next > done) {
        done = next;
        honesty_estimate(subject->test, SEQUENTIAL_S, done, seed, CONFIDENCE, figures);
        figures[HONESTY_MEAN].replications = done;
        next = isnan(figures[HONESTY_MEAN].value)
                   ? done
                   : estimate_next_for_half(&figures[HONESTY_MEAN],
                                            0.03 / 1.03 * fabs(figures[HONESTY_MEAN].value), 200);
    }
    keep(row, 0, &figures[HONESTY_MEAN]);
}

/* The same queue with a service that is 2 % shorter: B - A. */
static const HonestyCase faster = {
    .name = "M/M/1 with a service of 0.98 s",
    .queueing = "{ 'sources': { 'in': { 'interarrival': 'exponential(mean=2s)', 'to': 'a' } }, "
                "'stations': { 'a': { 'service': 'exponential(mean=980ms)' } } }",
    .metric = "station_sojourn{station:a}",
    .warmup_s = 200,
};
#define FASTER_BY (0.98 / (1 - 0.49) - 2)
#define COMPARED_S 3000.0

static void measure_pairs(const Subject *subject, uint64_t seed, bool is_common, Row *row)
{
    double a[HONESTY_FIGURES * HONESTY_REPLICATIONS];
    double b[HONESTY_FIGURES * HONESTY_REPLICATIONS];
    uint64_t other = is_common ? seed : seed + 500000;
    Comparison comparison;

    honesty_each(subject->test, COMPARED_S, HONESTY_REPLICATIONS, seed, a);
    honesty_each(&faster, COMPARED_S, HONESTY_REPLICATIONS, other, b);
    comparison =
        is_common ? estimate_compare_paired(a, b, HONESTY_REPLICATIONS, CONFIDENCE)
                  : estimate_compare(a, HONESTY_REPLICATIONS, b, HONESTY_REPLICATIONS, CONFIDENCE);
    keep(row, 0, &comparison.difference);
}

static void measure_paired(const Subject *subject, uint64_t seed, Row *row)
{
    measure_pairs(subject, seed, true, row);
}

static void measure_welch(const Subject *subject, uint64_t seed, Row *row)
{
    measure_pairs(subject, seed, false, row);
}

static int compare_numbers(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return left < right ? -1 : left > right ? 1 : 0;
}

static void draw_sorted(uint64_t seed, double *values, size_t count)
{
    Rng rng;

    rng_init(&rng, seed, "independent");
    for (size_t i = 0; i < count; i++) {
        values[i] = -log(rng_uniform(&rng));
    }
    qsort(values, count, sizeof *values, compare_numbers);
}

static void measure_ranks(const Subject *subject, uint64_t seed, Row *row)
{
    double values[ORDERED];
    Estimate estimate;

    (void)subject;
    draw_sorted(seed, values, ORDERED);
    estimate = estimate_quantile_of_sorted(values, ORDERED, 0.95, CONFIDENCE);
    keep(row, 0, &estimate);
}

/* --- many repetitions ----------------------------------------------------------------------- */

/* Every `jobs`-th repetition; each row goes down the pipe behind its index. */
static void work(const Plan *plan, const Subject *subject, guint total, guint job, int pipe_end)
{
    for (guint i = job; i < total; i += plan->jobs) {
        struct {
            guint index;
            Row row;
        } message;

        memset(&message, 0, sizeof message);
        message.index = i;
        subject->measure(subject, plan->seed + i, &message.row);
        if (write(pipe_end, &message, sizeof message) != (ssize_t)sizeof message) {
            _exit(1);
        }
    }
    _exit(0);
}

static void read_rows(const Subject *subject, guint total, int pipe_end, Row *rows)
{
    struct {
        guint index;
        Row row;
    } message;

    for (guint seen = 0; read(pipe_end, &message, sizeof message) == (ssize_t)sizeof message;) {
        rows[message.index] = message.row;
        seen++;
        if (seen % 20 == 0 || seen == total) {
            fprintf(stderr, "\r%s, %s: %u of %u  ", subject->name, subject->method, seen, total);
        }
    }
    fputc('\r', stderr);
}

static void repeat(const Plan *plan, const Subject *subject, guint total, Row *rows)
{
    int ends[2];
    bool is_good = pipe(ends) == 0;

    fflush(stdout);
    for (guint job = 0; is_good && job < plan->jobs; job++) {
        pid_t pid = fork();

        is_good = pid >= 0;
        if (pid == 0) {
            close(ends[0]);
            work(plan, subject, total, job, ends[1]);
        }
    }
    if (is_good) {
        close(ends[1]);
        read_rows(subject, total, ends[0], rows);
        close(ends[0]);
    }
    for (int status; wait(&status) > 0;) {
        is_good = is_good && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    if (!is_good) {
        fprintf(stderr, "honesty: %s, %s: a process failed\n", subject->name, subject->method);
        exit(1);
    }
}

/* The first `repetitions` that gave an interval count. */
static HonestyCount count_rows(const Plan *plan, const Subject *subject, guint figure,
                               const Row *rows, guint total)
{
    HonestyCount count = {.given = 0};

    for (guint i = 0; i < total && count.given < plan->repetitions; i++) {
        Estimate estimate = {.low = rows[i].low[figure],
                             .high = rows[i].high[figure],
                             .is_reliable = rows[i].is_reliable[figure]};

        honesty_count(&count, &estimate, subject->truth[figure]);
    }
    return count;
}

static void print_count(Plan *plan, const Subject *subject, guint figure, const HonestyCount *count)
{
    guint least;
    guint most;
    bool is_good;

    honesty_bounds(plan->repetitions, &least, &most);
    is_good =
        count->given == plan->repetitions && count->covered >= least && count->covered <= most;
    plan->failures += is_good ? 0 : 1;
    printf("| %s | %s | %s | %.5g | %u of %u | %.1f %% | %u | %u | %s |\n", subject->name,
           subject->method, honesty_figures[figure], subject->truth[figure], count->covered,
           count->given, count->given > 0 ? 100 * count->width / count->given : 0.0,
           count->doubtful, count->refused, is_good ? "ok" : "OUT OF BOUNDS");
    fflush(stdout);
}

static void try_subject(Plan *plan, const Subject *subject)
{
    guint total = plan->repetitions + (plan->repetitions + SPARE - 1) / SPARE + 4;
    g_autofree Row *rows = g_new0(Row, total);

    if (plan->only != NULL && strstr(subject->name, plan->only) == NULL &&
        strstr(subject->method, plan->only) == NULL) {
        return;
    }
    repeat(plan, subject, total, rows);
    for (guint i = 0; i < subject->figures; i++) {
        HonestyCount count = count_rows(plan, subject, i, rows, total);

        print_count(plan, subject, i, &count);
    }
}

static void try_cases(Plan *plan)
{
    for (const HonestyCase *test = honesty_cases; test->name != NULL; test++) {
        Subject replications = {.test = test,
                                .name = test->name,
                                .method = "10 replications",
                                .measure = measure_replications,
                                .figures = HONESTY_FIGURES};
        Subject long_run = replications;

        memcpy(replications.truth, test->truth, sizeof replications.truth);
        memcpy(long_run.truth, test->truth, sizeof long_run.truth);
        long_run.method = "one long run";
        long_run.measure = measure_long_run;
        try_subject(plan, &replications);
        try_subject(plan, &long_run);
    }
}

static void try_others(Plan *plan)
{
    const Subject subjects[] = {
        {&honesty_cases[0], "M/M/1 at 50 %", "replications until 3 %", measure_sequential, 1, {2}},
        {&honesty_cases[0],
         "M/M/1, service 2 % shorter",
         "difference, common luck",
         measure_paired,
         1,
         {FASTER_BY}},
        {&honesty_cases[0],
         "M/M/1, service 2 % shorter",
         "difference, Welch",
         measure_welch,
         1,
         {FASTER_BY}},
        {NULL, "1,000 independent values", "p95 by ranks", measure_ranks, 1, {-log(0.05)}},
    };

    for (guint i = 0; i < G_N_ELEMENTS(subjects); i++) {
        try_subject(plan, &subjects[i]);
    }
}

/* --- refusals ------------------------------------------------------------------------------- */

static void try_refusals(Plan *plan)
{
    printf("\n| what cannot be known | figure | what is said | |\n| --- | --- | --- | --- |\n");
    for (const HonestyRefusal *refusal = honesty_refusals; refusal->test.name != NULL; refusal++) {
        g_autofree char *words = honesty_words(refusal, plan->seed);
        bool is_good = g_str_has_prefix(words, refusal->words);

        plan->failures += is_good ? 0 : 1;
        printf("| %s | %s | %s | %s |\n", refusal->test.name, honesty_figures[refusal->figure],
               words, is_good ? "ok" : "NOT REFUSED");
    }
}

/* --- the same with itself ------------------------------------------------------------------- */

/* One row of differences of a case with itself, of luck that differs. */
static void measure_same(const Subject *subject, uint64_t seed, Row *row)
{
    double a[HONESTY_FIGURES * HONESTY_REPLICATIONS];
    double b[HONESTY_FIGURES * HONESTY_REPLICATIONS];

    honesty_each(subject->test, COMPARED_S, HONESTY_REPLICATIONS, 2 * seed, a);
    honesty_each(subject->test, COMPARED_S, HONESTY_REPLICATIONS, 2 * seed + 1, b);
    for (guint i = 0; i < HONESTY_FIGURES; i++) {
        Comparison comparison = estimate_compare(a + i * HONESTY_REPLICATIONS, HONESTY_REPLICATIONS,
                                                 b + i * HONESTY_REPLICATIONS, HONESTY_REPLICATIONS,
                                                 ESTIMATE_ALARM_CONFIDENCE);

        keep(row, i, &comparison.difference);
    }
}

static void try_same(Plan *plan)
{
    Subject subject = {.test = &honesty_cases[0],
                       .name = "M/M/1 at 50 %",
                       .method = "the same with itself",
                       .measure = measure_same};
    g_autofree Row *rows = g_new0(Row, PAIRS);
    guint alarms = 0;

    repeat(plan, &subject, PAIRS, rows);
    for (guint i = 0; i < PAIRS * HONESTY_FIGURES; i++) {
        Comparison comparison = {
            .difference = {.low = rows[i / HONESTY_FIGURES].low[i % HONESTY_FIGURES],
                           .high = rows[i / HONESTY_FIGURES].high[i % HONESTY_FIGURES]}};
        ComparisonVerdict verdict = estimate_judge(&comparison, 0, true);

        alarms += verdict == COMPARISON_BETTER || verdict == COMPARISON_WORSE ? 1 : 0;
    }
    plan->failures += alarms * 100 > PAIRS * HONESTY_FIGURES ? 1 : 0;
    printf("\nThe same with itself, %u pairs of 10 replications, mean, p95 and p99: %u alarms in "
           "%u checks (%.2f %%; at most 1 %%): %s\n",
           PAIRS, alarms, PAIRS * HONESTY_FIGURES, 100.0 * alarms / (PAIRS * HONESTY_FIGURES),
           alarms * 100 > PAIRS * HONESTY_FIGURES ? "TOO MANY" : "ok");
}

int main(int argc, char **argv)
{
    Plan plan = {.repetitions = argc > 1 ? (guint)strtoul(argv[1], NULL, 10) : 400,
                 .jobs = argc > 2 ? (guint)strtoul(argv[2], NULL, 10) : 2,
                 .seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 20261122,
                 .only = argc > 4 ? argv[4] : NULL};
    guint least;
    guint most;

    honesty_bounds(plan.repetitions, &least, &most);
    printf("95 %% intervals over %u repetitions: the truth must lie within %u to %u of them. Seed "
           "%" G_GUINT64_FORMAT ".\n\n",
           plan.repetitions, least, most, plan.seed);
    printf("| system | interval | figure | truth | covered | half-width | called unreliable | "
           "refused | |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
    try_cases(&plan);
    try_others(&plan);
    if (plan.only == NULL) {
        try_refusals(&plan);
        try_same(&plan);
    }
    printf("\n%s\n", plan.failures == 0 ? "All hold." : "NOT ALL HOLD.");
    return plan.failures == 0 ? 0 : 1;
}
