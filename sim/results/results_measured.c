/* results_measured.c - see results_measured.h. */
#include "sim/results/results_measured.h"

/* Goes from one pair to the next by the table's key, whatever the number of rows of each. */
#define MEASURED_PAIRS(table)                                                                      \
    "WITH RECURSIVE metrics(metric) AS (SELECT min(metric) FROM " table                            \
    " UNION ALL SELECT (SELECT min(t.metric) FROM " table                                          \
    " t WHERE t.metric > m.metric) FROM metrics m WHERE m.metric IS NOT NULL),"                    \
    " pairs(metric, component) AS (SELECT metric, (SELECT min(t.component) FROM " table            \
    " t WHERE t.metric = m.metric) FROM metrics m WHERE m.metric IS NOT NULL"                      \
    " UNION ALL SELECT p.metric, (SELECT min(t.component) FROM " table                             \
    " t WHERE t.metric = p.metric AND t.component > p.component)"                                  \
    " FROM pairs p WHERE p.component IS NOT NULL)"                                                 \
    " SELECT metric, component FROM pairs WHERE component IS NOT NULL"

static guint pair_hash(const void *key)
{
    const ResultsPair *pair = key;

    return (guint)pair->metric * 0x9E3779B1u ^ (guint)pair->component;
}

static gboolean pair_equal(const void *one, const void *other)
{
    const ResultsPair *a = one, *b = other;

    return a->metric == b->metric && a->component == b->component;
}

static void add_pairs(Results *results, const char *sql, GHashTable *measured)
{
    sqlite3_stmt *select = results_prepare(results, sql);

    while (results_step(results, select)) {
        const ResultsPair pair = {sqlite3_column_int(select, 0), sqlite3_column_int(select, 1)};

        g_hash_table_add(measured, g_memdup2(&pair, sizeof(pair)));
    }
    results_done(select);
}

GHashTable *results_find_measured(Results *results)
{
    GHashTable *measured = g_hash_table_new_full(pair_hash, pair_equal, g_free, NULL);

    add_pairs(results, MEASURED_PAIRS("sample"), measured);
    add_pairs(results, MEASURED_PAIRS("histogram"), measured);
    return measured;
}
