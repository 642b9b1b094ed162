/* test_queueing.c - networks of textbook queues against closed forms, through reader, assembly and
 * engine.
 * Each figure is the mean of 20 independent replications, cut after a warm-up. Held: each |z|
 * <= 3.5; each interval as narrow as asked for, so that wide ones hide nothing; and one figure of
 * each case, all together, as a sample of the standard normal law. Quick: the first reference
 * vector of each family that queues can show, and cases of their own, with short runs. With
 * THEORY=full ('make theory'): every vector, twice: a pilot says how long the runs must be, fresh
 * seeds are then measured so long; and a table of the families is printed. */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/config/json_place.h"
#include "tests/support/queueing_cases.h"
#include "tests/support/suite.h"
#include "tests/support/vector_cases.h"

#define VECTORS "tests/analytic/analytic-vectors.json"
#define SEED 20261122
#define CASES_MOST 160
#define CORES_MOST 64
#define QUICK_SHARE 0.25     /* of the pilot's length */
#define QUICK_PRECISION 0.15 /* at least */
#define FULL_MARGIN 1.4      /* longer than the pilot says */
#define FULL_MOST 2000.0     /* times the pilot */

/* A case and what came of it. */
typedef struct Run {
    FigureCase test;
    double length_s;
    bool is_own; /* of queueing_cases.h */
    FigureSeen seen[FIGURES_MOST];
} Run;

/* Filled once, before the tests are forked. */
static Run runs[CASES_MOST];
static int run_count;
static bool is_full;

/* --- measuring ------------------------------------------------------------------------------ */

static uint64_t seed_of(const Run *run, uint64_t round)
{
    return SEED + (uint64_t)(run - runs) * 1000 + round;
}

/* As long as the pilot said; when that was too short, once more. */
static void measure_full(Run *run)
{
    double length_s = run->test.pilot_s;

    for (uint64_t round = 0; round < 3; round++) {
        double times = fmax(figures_lengthen(&run->test, run->seen) * FULL_MARGIN, 1);

        if (round > 0 && times <= FULL_MARGIN) {
            break;
        }
        length_s = fmin(length_s * times, run->test.pilot_s * FULL_MOST);
        run->length_s = length_s;
        figures_measure(&run->test, seed_of(run, round + 1), length_s, run->seen);
    }
}

static double worst_z(const Run *run)
{
    double worst = 0;

    for (int i = 0; i < run->test.count; i++) {
        worst = fmax(worst, fabs(run->seen[i].z));
    }
    return worst;
}

static void measure_run(Run *run)
{
    gint64 began = g_get_monotonic_time();

    figures_measure(&run->test, seed_of(run, 0), run->length_s, run->seen);
    if (is_full && !run->is_own) {
        measure_full(run);
    }
    if (is_full) { /* it takes long: tell how far it is */
        printf("# measured %-28s worst z %5.2f, %6.1f s\n", run->test.name, worst_z(run),
               (double)(g_get_monotonic_time() - began) / 1e6);
        fflush(stdout);
    }
}

static bool is_first_of_family(const char *family)
{
    for (int i = 0; i < run_count; i++) {
        if (strcmp(runs[i].test.family, family) == 0) {
            return false;
        }
    }
    return true;
}

static void add_vectors(void)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    g_autoptr(JsonDocument) vectors = json_document_read(VECTORS, diags);
    const char *only = g_getenv("THEORY_FAMILY");
    const cJSON *vector;

    ck_assert_ptr_nonnull(vectors);
    cJSON_ArrayForEach(vector, vectors->root)
    {
        Run *run = &runs[run_count];
        bool is_wanted = vector_case_make(vector, &run->test);

        ck_assert_int_lt(run_count, CASES_MOST - 1);
        if (!is_wanted || (!is_full && !is_first_of_family(run->test.family)) ||
            (only != NULL && strcmp(only, run->test.family) != 0)) {
            figure_case_clear(&run->test);
            continue;
        }
        run->length_s = run->test.pilot_s * (is_full ? 1 : QUICK_SHARE);
        run->test.precision =
            is_full ? run->test.precision : fmax(QUICK_PRECISION, 5 * run->test.precision);
        run_count++;
    }
}

static void add_own(void)
{
    for (int i = 0; queueing_case_make(i, &runs[run_count].test); i++) {
        runs[run_count].is_own = true;
        runs[run_count].length_s = runs[run_count].test.pilot_s;
        run_count++;
    }
}

/* Measures runs until none is left; `next` is the index of the first that nobody has taken. */
static gpointer measure_what_is_left(gpointer next)
{
    for (int i; (i = g_atomic_int_add((gint *)next, 1)) < run_count;) {
        measure_run(&runs[i]);
    }
    return NULL;
}

/* Each run has a world of its own: as many at once as there are cores, when all are asked for.
 * Threads are joined: tests are processes forked from this one. */
static void measure_all(void)
{
    GThread *others[CORES_MOST];
    guint other_count = is_full ? MIN(g_get_num_processors(), CORES_MOST + 1) - 1 : 0;
    gint next = 0;

    add_vectors();
    add_own();
    for (guint i = 0; i < other_count; i++) {
        others[i] = g_thread_new("runs", measure_what_is_left, &next);
    }
    measure_what_is_left(&next);
    for (guint i = 0; i < other_count; i++) {
        g_thread_join(others[i]);
    }
}

/* --- what must hold ------------------------------------------------------------------------- */

static void print_run(const Run *run)
{
    for (int i = 0; i < run->test.count && g_getenv("QUEUEING_FIGURES") != NULL; i++) {
        const Figure *figure = &run->test.figures[i];

        printf("# %-28s %-16s %-14s %12.6g %12.6g  +-%5.2f %%  z %5.2f%s\n", run->test.name,
               figure->part, figure->name, figure->expected, run->seen[i].mean,
               100 * run->seen[i].precision, run->seen[i].z, run->seen[i].is_good ? "" : "  <--");
    }
}

START_TEST(each_figure_is_what_theory_says)
{
    const Run *run = &runs[_i];

    if (_i >= run_count) {
        return; /* of the full set only */
    }
    print_run(run);
    for (int i = 0; i < run->test.count; i++) {
        const Figure *figure = &run->test.figures[i];

        ck_assert_msg(run->seen[i].is_good,
                      "%s: %s (%s of %s) is %g +- %.1f %%, theory says %g: z %.2f", run->test.name,
                      figure->name, figure->metric, figure->part, run->seen[i].mean,
                      100 * run->seen[i].precision, figure->expected, run->seen[i].z);
    }
}
END_TEST

/* The figure that speaks for a case: the first that is no quantile, whose z is cut by the width of
 * buckets. Those of one case hang together; cases have seeds of their own. */
static double headline_z(const Run *run)
{
    int i = 0;

    while (i + 1 < run->test.count && run->test.figures[i].of == FIGURE_QUANTILE) {
        i++;
    }
    return run->seen[i].z;
}

START_TEST(all_distances_look_standard_normal)
{
    double sum = 0, squares = 0;
    int beyond_3 = 0;

    for (int i = 0; i < run_count; i++) {
        double z = headline_z(&runs[i]);

        sum += z;
        squares += z * z;
        beyond_3 += fabs(z) > 3;
    }
    if (is_full) {
        printf(
            "# %d cases: mean z %.3f (within %.3f), sum of squares %.1f (%.1f to %.1f), %d beyond "
            "3\n",
            run_count, sum / run_count, 3 / sqrt(run_count), squares,
            gsl_cdf_chisq_Pinv(0.0005, run_count), gsl_cdf_chisq_Pinv(0.9995, run_count), beyond_3);
    }
    ck_assert_int_ge(run_count, g_getenv("THEORY_FAMILY") != NULL ? 1 : 35);
    ck_assert_int_le(beyond_3, (run_count + 99) / 100);
    ck_assert_double_le(fabs(sum / run_count), 3 / sqrt(run_count));
    ck_assert_double_ge(squares, gsl_cdf_chisq_Pinv(0.0005, run_count));
    ck_assert_double_le(squares, gsl_cdf_chisq_Pinv(0.9995, run_count));
}
END_TEST

/* --- the table ------------------------------------------------------------------------------ */

static void print_family(int first)
{
    const char *family = runs[first].test.family;
    int cases = 0, figures = 0, bad = 0;
    double worst_z = 0, worst_precision = 0;

    for (int i = first; i < run_count; i++) {
        const Run *run = &runs[i];

        if (strcmp(run->test.family, family) != 0) {
            continue;
        }
        cases++;
        for (int k = 0; k < run->test.count; k++) {
            figures++;
            bad += !run->seen[k].is_good;
            worst_z = fmax(worst_z, fabs(run->seen[k].z));
            worst_precision = fmax(worst_precision, run->seen[k].precision);
        }
    }
    printf("# %-22s %5d %8d %8.2f %12.2f %%  %s\n", *family != '\0' ? family : "(own)", cases,
           figures, worst_z, 100 * worst_precision, bad == 0 ? "holds" : "FAILS");
}

static void print_table(void)
{
    printf("# %-22s %5s %8s %8s %14s  %s\n", "family", "cases", "figures", "worst z",
           "widest interval", "verdict");
    for (int i = 0; i < run_count; i++) {
        bool is_new = true;

        for (int k = 0; k < i; k++) {
            is_new = is_new && strcmp(runs[k].test.family, runs[i].test.family) != 0;
        }
        if (is_new) {
            print_family(i);
        }
    }
    fflush(stdout);
}

static void measure_and_print(void)
{
    measure_all();
    if (is_full) {
        print_table();
    }
}

static void clear_all(void)
{
    for (int i = 0; i < run_count; i++) {
        figure_case_clear(&runs[i].test);
    }
}

Suite *test_suite(void)
{
    Suite *suite = suite_create("queueing");
    TCase *tests = tcase_create("queueing");

    is_full = g_strcmp0(g_getenv("THEORY"), "full") == 0;
    tcase_add_unchecked_fixture(tests, measure_and_print, clear_all);
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, each_figure_is_what_theory_says, 0, is_full ? 110 : 45);
    tcase_add_test(tests, all_distances_look_standard_normal);
    suite_add_tcase(suite, tests);
    return suite;
}
