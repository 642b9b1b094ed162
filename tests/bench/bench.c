/* bench.c - processor time, medians and the file. */
#include "tests/bench/bench.h"

#include <cjson/cJSON.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/base/file_whole.h"

#define REFERENCE_STEPS 1000000u

/* A step of the fixed loop takes six cycles: what it takes at 3.6 GHz, for which goals are given.
 */
#define GOAL_REFERENCE_NS (6 / 3.6)

struct Bench {
    const char *path, *word; /* `word`: measures that have it in their name; NULL: all */
    cJSON *rows, *last;
};

static double cpu_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

double bench_reference_ns(void)
{
    double begin = cpu_ns();
    uint64_t sum = 1;

    /* A chain of multiplications that nothing can shorten. */
    for (uint64_t i = 0; i < REFERENCE_STEPS; i++) {
        sum = (sum ^ i) * 0x9e3779b97f4a7c15u;
        sum ^= sum >> 32;
    }
    __asm__ volatile("" : : "r"(sum)); /* somebody wants to know it */
    return (cpu_ns() - begin) / REFERENCE_STEPS;
}

static int compare_values(const void *one, const void *other)
{
    double a = *(const double *)one, b = *(const double *)other;

    return (a > b) - (a < b);
}

double bench_median(const double *values, unsigned count)
{
    g_autofree double *sorted = g_memdup2(values, count * sizeof *values);

    qsort(sorted, count, sizeof *sorted, compare_values);
    return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
}

Bench *bench_begin(int argc, char **argv)
{
    Bench *bench = g_new0(Bench, 1);
    g_autofree char *text = NULL;

    bench->path = argc > 1 ? argv[1] : "build/bench.json";
    bench->word = argc > 2 ? argv[2] : NULL;
    if (g_file_get_contents(bench->path, &text, NULL, NULL)) {
        cJSON *before = cJSON_Parse(text);

        bench->rows = cJSON_DetachItemFromObject(before, "rows");
        cJSON_Delete(before);
    }
    if (!cJSON_IsArray(bench->rows)) {
        cJSON_Delete(bench->rows);
        bench->rows = cJSON_CreateArray();
    }
    printf("%-36s %12s %12s %10s %10s\n", "measure", "each", "a second", "ratio", "goal");
    return bench;
}

int bench_end(Bench *bench)
{
    cJSON *whole = cJSON_CreateObject();
    g_autoptr(GError) error = NULL;
    char *text;
    bool is_good;

    cJSON_AddItemToObject(whole, "rows", bench->rows);
    text = cJSON_Print(whole);
    is_good = file_write_whole(bench->path, text, strlen(text), &error);
    if (!is_good) {
        fprintf(stderr, "%s\n", error->message);
    }
    cJSON_free(text);
    cJSON_Delete(whole);
    g_free(bench);
    return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}

bool bench_wants(const Bench *bench, const char *name)
{
    return bench->word == NULL || strstr(name, bench->word) != NULL;
}

static void start_row(Bench *bench, const char *name)
{
    cJSON *row;
    int i = 0;

    cJSON_ArrayForEach(row, bench->rows)
    {
        const cJSON *named = cJSON_GetObjectItemCaseSensitive(row, "name");

        if (cJSON_IsString(named) && strcmp(named->valuestring, name) == 0) {
            cJSON_DeleteItemFromArray(bench->rows, i);
            break;
        }
        i++;
    }
    bench->last = cJSON_CreateObject();
    cJSON_AddItemToArray(bench->rows, bench->last);
    cJSON_AddStringToObject(bench->last, "name", name);
}

/* Four digits are all that repeats; the file stays readable. */
static double rounded(double value)
{
    char text[32];

    snprintf(text, sizeof(text), "%.4g", value);
    return g_ascii_strtod(text, NULL);
}

void bench_note(Bench *bench, const char *key, double value)
{
    cJSON_AddNumberToObject(bench->last, key, rounded(value));
}

void bench_add(Bench *bench, const char *name, double goal_ns, const double *each_ns,
               const double *reference_ns, unsigned count)
{
    g_autofree double *ratios = g_new(double, count);
    double each = bench_median(each_ns, count);
    double goal = goal_ns / GOAL_REFERENCE_NS;

    for (unsigned i = 0; i < count; i++) {
        ratios[i] = each_ns[i] / reference_ns[i];
    }
    start_row(bench, name);
    bench_note(bench, "ratio", bench_median(ratios, count));
    bench_note(bench, "ns", each);
    bench_note(bench, "reference_ns", bench_median(reference_ns, count));
    printf("%-36s %9.4g ns %12.0f %10.4g", name, each, 1e9 / each, bench_median(ratios, count));
    if (goal_ns > 0) {
        bench_note(bench, "goal_ratio", goal);
        printf(" %10.4g", goal);
    }
    printf("\n");
    fflush(stdout);
}

void bench_add_value(Bench *bench, const char *name, double goal, double value, const char *unit)
{
    start_row(bench, name);
    bench_note(bench, "ratio", value);
    cJSON_AddStringToObject(bench->last, "unit", unit);
    printf("%-36s %12s %12s %10.4g", name, "", unit, value);
    if (goal > 0) {
        bench_note(bench, "goal_ratio", goal);
        printf(" %10.4g", goal);
    }
    printf("\n");
    fflush(stdout);
}

void bench_measure(Bench *bench, const char *name, double goal_ns, BenchRun *run, void *context,
                   uint64_t count)
{
    double each_ns[BENCH_RUNS], reference_ns[BENCH_RUNS];

    if (!bench_wants(bench, name)) {
        return;
    }
    run(context, count);
    for (unsigned i = 0; i < BENCH_RUNS; i++) {
        double begin;

        reference_ns[i] = bench_reference_ns();
        begin = cpu_ns();
        run(context, count);
        each_ns[i] = (cpu_ns() - begin) / (double)count;
    }
    bench_add(bench, name, goal_ns, each_ns, reference_ns, BENCH_RUNS);
}
