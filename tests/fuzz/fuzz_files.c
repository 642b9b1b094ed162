/* fuzz_files.c - files that people hand in or keep: the first byte says which reader gets the rest.
 * Holds: taken or refused with a word, never both. A baseline that was taken prints and reads back
 * to the same bytes; measured values make a law without NaN and are not cut at a byte of 0; the
 * parameters of a closed form have finite answers; a dump gives each node the tokens it should
 * have. */
#include <math.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "models/data/cassandra/ring_dump.h"
#include "sim/base/draw.h"
#include "sim/results/regression/baseline.h"
#include "sim/study/money.h"
#include "sim/theory/theory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *baseline_again(const char *text, const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Baseline) baseline = NULL;

    if (text != NULL) {
        g_assert_true(g_file_set_contents(path, text, -1, NULL));
    }
    baseline = baseline_read(path, &error);
    g_assert_true((baseline == NULL) == (error != NULL));
    return baseline != NULL ? baseline_print(baseline) : NULL;
}

static void try_baseline(const char *path)
{
    g_autofree char *other = g_strdup_printf("/tmp/dcdrill-fuzz-%d", (int)getpid());
    g_autofree char *once = baseline_again(NULL, path), *twice = NULL;

    if (once != NULL) {
        twice = baseline_again(once, other);
        g_assert_cmpstr(once, ==, twice);
        unlink(other);
    }
}

static void try_prices(const char *path)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    Prices prices;
    bool is_read = money_read(&prices, path, diags);

    g_assert_true(is_read == (diag_count_errors(diags) == 0));
    g_assert_true(!is_read || isfinite(money_route53_usd(&prices, 20, 1, 100)));
    money_clear(&prices);
}

static void try_values(const char *path, DrawUnit unit, bool is_text)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strdup_printf("empirical(%s)", path);
    Draw draw = {0};

    if (!draw_parse(&draw, unit, text, &error)) {
        g_assert_nonnull(error);
        return;
    }
    g_assert_true(is_text);
    g_assert_false(isnan(draw_mean(draw)));
    g_assert_false(isnan(draw_quantile(draw, 0.5)));
    g_assert_true(draw_quantile(draw, 0.01) <= draw_quantile(draw, 0.99));
    g_assert_true(unit == DRAW_NUMBER || draw_quantile(draw, 0.001) >= 0);
    draw_clear(&draw);
}

/* Three nodes of two tokens at two sites. */
static void try_dump(const char *path, bool is_text)
{
    static const RingNode places[] = {{0, 0}, {0, 1}, {1, 0}};
    static const uint32_t factors[] = {2, 1};
    static const char *const names[] = {"cassandra@DC01-db1", "cassandra@DC01-db2",
                                        "cassandra@DC02-db1"};
    static char racks[][3] = {"R1", "R2", "R1"};
    Site sites[] = {{.name = "DC01"}, {.name = "DC02", .index = 1}};
    g_autofree Component *host = g_malloc0(host_kind.size);
    g_autofree Cassandra *all = g_new0(Cassandra, G_N_ELEMENTS(places));
    Cassandra *nodes[G_N_ELEMENTS(places)];
    Cluster cluster = {.nodes = nodes,
                       .node_count = G_N_ELEMENTS(nodes),
                       .ring = ring_new(places, G_N_ELEMENTS(places), factors, 2),
                       .sites = {&sites[0], &sites[1]},
                       .site_count = 2};
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);

    for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
        nodes[i] = &all[i];
        nodes[i]->component.name = g_strdup(names[i]);
        nodes[i]->component.host = (Host *)host;
        nodes[i]->component.site = &sites[places[i].site];
        nodes[i]->rank = (uint16_t)i;
        nodes[i]->rack = racks[i];
        nodes[i]->num_tokens = 2;
    }
    if (ring_dump_read(&cluster, path, NULL, diags)) {
        g_assert_true(is_text);
        ring_close(cluster.ring);
        g_assert_cmpuint(ring_count_ranges(cluster.ring), ==, 2 * G_N_ELEMENTS(nodes));
    } else {
        g_assert_cmpuint(diag_count_errors(diags), >, 0);
    }
    for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
        g_free((char *)nodes[i]->component.name);
    }
    ring_free(cluster.ring);
}

/* A family on the first line, then a parameter a line. */
static void try_theory(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_auto(GStrv) lines = g_strsplit(text, "\n", 12);
    const TheoryFamily *family = lines[0] != NULL ? theory_find(lines[0]) : NULL;
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    cJSON *params;
    g_autoptr(GArray) answer = NULL;

    if (family == NULL) {
        return;
    }
    params = theory_params((const char *const *)lines + 1, diags);
    if (params != NULL && diag_count_errors(diags) == 0) {
        answer = theory_solve(family, params, diags);
        g_assert_true((answer == NULL) == (diag_count_errors(diags) > 0));
    }
    for (guint i = 0; answer != NULL && i < answer->len; i++) {
        g_assert_true(isfinite(g_array_index(answer, TheoryValue, i).value));
    }
    cJSON_Delete(params);
}

static void try_file(uint8_t which, const char *path, bool is_text)
{
    switch (which) {
    case 'b':
        try_baseline(path);
        break;
    case 'p':
        try_prices(path);
        break;
    case 'n':
        try_values(path, DRAW_NUMBER, is_text);
        break;
    case 's':
        try_values(path, DRAW_SPAN, is_text);
        break;
    default:
        try_dump(path, is_text);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int file;
    g_autofree char *path = NULL;

    if (size == 0) {
        return 0;
    }
    if (data[0] == 't') {
        try_theory(data + 1, size - 1);
        return 0;
    }
    file = memfd_create("handed-in", 0);
    path = g_strdup_printf("/proc/self/fd/%d", file);
    if (file >= 0 && write(file, data + 1, size - 1) == (ssize_t)size - 1) {
        try_file(data[0], path, memchr(data, 0, size) == NULL);
    }
    close(file);
    return 0;
}
