/* results_write.c - rows of what a campaign leaves behind; results_file.c holds the file they go
 * to. */
#include "sim/results/results_write.h"

#include <math.h>

#include "sim/results/results_inside.h"

/* --- a row ---------------------------------------------------------------------------------- */

/* Binds a row's values one after another. */
typedef struct Row {
    ResultsWriter *writer;
    sqlite3_stmt *insert; /* NULL after an error */
    int column;
} Row;

static Row row_begin(ResultsWriter *writer, ResultsTableId table)
{
    sqlite3_stmt *insert = writer->error == NULL ? writer->inserts[table] : NULL;

    return (Row){.writer = writer, .insert = insert};
}

static void row_int(Row *row, int64_t value)
{
    row->column++;
    if (row->insert != NULL) {
        sqlite3_bind_int64(row->insert, row->column, value);
    }
}

static void row_count(Row *row, uint64_t value)
{
    g_assert_cmpuint(value, <=, INT64_MAX);
    row_int(row, (int64_t)value);
}

/* SQLite has no NAN and no infinities in its text form: they are kept as NULL. */
static void row_real(Row *row, double value)
{
    row->column++;
    if (row->insert != NULL && isfinite(value)) {
        sqlite3_bind_double(row->insert, row->column, value);
    } else if (row->insert != NULL) {
        sqlite3_bind_null(row->insert, row->column);
    }
}

/* The text must outlive row_end. NULL is kept as NULL. */
static void row_text(Row *row, const char *text)
{
    row->column++;
    if (row->insert != NULL) {
        sqlite3_bind_text(row->insert, row->column, text, -1, SQLITE_STATIC);
    }
}

static void row_histogram(Row *row, const Histogram *histogram)
{
    g_autoptr(GBytes) bytes = NULL;

    if (row->insert == NULL || histogram == NULL || histogram_count(histogram) == 0) {
        row_text(row, NULL);
        return;
    }
    row->column++;
    bytes = histogram_to_bytes(histogram);
    sqlite3_bind_blob64(row->insert, row->column, g_bytes_get_data(bytes, NULL),
                        g_bytes_get_size(bytes), SQLITE_TRANSIENT);
}

static void row_end(Row *row)
{
    if (row->insert != NULL) {
        g_assert_cmpint(row->column, ==, sqlite3_bind_parameter_count(row->insert));
        results_writer_check(row->writer, sqlite3_step(row->insert));
        sqlite3_reset(row->insert);
    }
}

/* --- what is written ------------------------------------------------------------------------ */

void results_write_fact(ResultsWriter *writer, const char *name, const char *value)
{
    Row row = row_begin(writer, RESULTS_FACT);

    row_text(&row, name);
    row_text(&row, value);
    row_end(&row);
}

void results_write_component(ResultsWriter *writer, int id, const char *name, const char *kind,
                             const char *dc, const char *role, const char *node, const char *region)
{
    Row row = row_begin(writer, RESULTS_COMPONENT);

    row_int(&row, id);
    row_text(&row, name);
    row_text(&row, kind);
    row_text(&row, dc);
    row_text(&row, role);
    row_text(&row, node);
    row_text(&row, region);
    row_end(&row);
}

void results_write_metric(ResultsWriter *writer, int id, const char *name, const char *type,
                          const char *unit, const char *help)
{
    Row row = row_begin(writer, RESULTS_METRIC);

    row_int(&row, id);
    row_text(&row, name);
    row_text(&row, type);
    row_text(&row, unit);
    row_text(&row, help);
    row_end(&row);
}

void results_write_run(ResultsWriter *writer, const ResultsRun *run)
{
    Row row = row_begin(writer, RESULTS_RUN);
    char seed[32];
    char fingerprint[32];

    g_snprintf(seed, sizeof seed, "%" G_GUINT64_FORMAT, run->seed);
    g_snprintf(fingerprint, sizeof fingerprint, "%016" G_GINT64_MODIFIER "x", run->fingerprint);
    row_int(&row, run->run);
    row_text(&row, seed);
    row_text(&row, fingerprint);
    row_count(&row, run->events);
    row_count(&row, run->requests);
    row_int(&row, run->simulated);
    row_text(&row, run->ended);
    row_text(&row, run->note);
    row_end(&row);
}

void results_write_phase(ResultsWriter *writer, int run, const char *name, SimTime begin,
                         SimTime end)
{
    Row row = row_begin(writer, RESULTS_PHASE);

    row_int(&row, run);
    row_text(&row, name);
    row_int(&row, begin);
    row_int(&row, end);
    row_end(&row);
}

/* Most counters stand still most of the time, so intervals of 0 are left out; but the first one of
 * each component stays, so that a reader knows who measures what. */
static bool is_first_sample(ResultsWriter *writer, int run, int component, int metric)
{
    int64_t key = ((int64_t)run << 44) ^ ((int64_t)component << 20) ^ metric;
    int64_t *kept;

    g_assert_cmpint(component, <, 1 << 24);
    g_assert_cmpint(metric, <, 1 << 20);
    if (g_hash_table_contains(writer->sampled, &key)) {
        return false;
    }
    kept = g_new(int64_t, 1);
    *kept = key;
    g_hash_table_add(writer->sampled, kept);
    return true;
}

static void write_sample(ResultsWriter *writer, int run, int component, int metric, SimTime time,
                         double value, double most)
{
    Row row = row_begin(writer, RESULTS_SAMPLE);

    if (row.insert != NULL) {
        row_int(&row, run);
        row_int(&row, component);
        row_int(&row, metric);
        row_int(&row, time);
        row_real(&row, value);
        row_real(&row, most);
        row_end(&row);
    }
}

void results_write_sample(ResultsWriter *writer, int run, int component, int metric, SimTime time,
                          double value, double most)
{
    if (is_first_sample(writer, run, component, metric) || value != 0 || most != 0) {
        write_sample(writer, run, component, metric, time, value, most);
    }
}

void results_write_later_sample(ResultsWriter *writer, int run, int component, int metric,
                                SimTime time, double value, double most)
{
    if (value != 0 || most != 0) {
        write_sample(writer, run, component, metric, time, value, most);
    }
}

void results_write_histogram(ResultsWriter *writer, int run, int component, int metric,
                             SimTime time, const Histogram *histogram)
{
    Row row = row_begin(writer, RESULTS_HISTOGRAM);

    if (row.insert != NULL && histogram_count(histogram) > 0) {
        row_int(&row, run);
        row_int(&row, component);
        row_int(&row, metric);
        row_int(&row, time);
        row_count(&row, histogram_count(histogram));
        row_real(&row, histogram_mean(histogram));
        row_histogram(&row, histogram);
        row_end(&row);
    }
}

void results_write_users(ResultsWriter *writer, const ResultsUsers *users)
{
    Row row = row_begin(writer, RESULTS_USERS);

    row_int(&row, users->run);
    row_int(&row, users->time);
    row_text(&row, users->client);
    row_text(&row, users->region);
    row_text(&row, users->dc != NULL ? users->dc : "");
    row_count(&row, users->ok);
    row_count(&row, users->failed);
    row_count(&row, users->attempts);
    row_histogram(&row, users->latency);
    row_end(&row);
}

void results_write_failure(ResultsWriter *writer, int run, SimTime time, const char *client,
                           const char *region, const char *dc, const char *reason, uint64_t count)
{
    Row row = row_begin(writer, RESULTS_FAILURE);

    row_int(&row, run);
    row_int(&row, time);
    row_text(&row, client);
    row_text(&row, region);
    row_text(&row, dc != NULL ? dc : "");
    row_text(&row, reason);
    row_count(&row, count);
    row_end(&row);
}

void results_write_occurrence(ResultsWriter *writer, const ResultsOccurrence *occurrence)
{
    Row row = row_begin(writer, RESULTS_OCCURRENCE);

    row_int(&row, occurrence->run);
    row_text(&row, occurrence->event);
    row_text(&row, occurrence->component);
    row_text(&row, occurrence->dc);
    row_text(&row, occurrence->role);
    row_text(&row, occurrence->node);
    row_text(&row, occurrence->label1);
    row_text(&row, occurrence->value1);
    row_text(&row, occurrence->label2);
    row_text(&row, occurrence->value2);
    row_count(&row, occurrence->count);
    row_int(&row, occurrence->first);
    row_int(&row, occurrence->last);
    row_end(&row);
}

void results_write_fault(ResultsWriter *writer, const ResultsFault *fault)
{
    Row row = row_begin(writer, RESULTS_FAULT);

    row_int(&row, fault->run);
    row_text(&row, fault->name);
    row_text(&row, fault->func);
    row_text(&row, fault->targets_text != NULL ? fault->targets_text : "");
    row_int(&row, fault->applied);
    if (fault->lifted == SIM_NEVER) {
        row_text(&row, NULL);
    } else {
        row_int(&row, fault->lifted);
    }
    row_int(&row, fault->targets);
    row_int(&row, fault->bit);
    row_end(&row);
}

void results_write_probe(ResultsWriter *writer, const ResultsProbe *probe)
{
    Row row = row_begin(writer, RESULTS_PROBE);

    row_int(&row, probe->run);
    row_text(&row, probe->name);
    row_int(&row, probe->time);
    row_real(&row, probe->value);
    row_int(&row, probe->is_known);
    row_int(&row, probe->is_met);
    row_end(&row);
}

void results_write_total(ResultsWriter *writer, int run, const char *name, double value)
{
    Row row = row_begin(writer, RESULTS_TOTAL);

    row_int(&row, run);
    row_text(&row, name);
    row_real(&row, value);
    row_end(&row);
}

void results_write_finding(ResultsWriter *writer, int run, const char *invariant, SimTime time,
                           double value, const char *proof)
{
    Row row = row_begin(writer, RESULTS_FINDING);

    row_int(&row, run);
    row_text(&row, invariant);
    row_int(&row, time);
    row_real(&row, value);
    row_text(&row, proof != NULL ? proof : "");
    row_end(&row);
}

void results_write_staleness(ResultsWriter *writer, int run, const Histogram *staleness)
{
    Row row = row_begin(writer, RESULTS_STALENESS);

    if (row.insert != NULL && staleness != NULL && histogram_count(staleness) > 0) {
        row_int(&row, run);
        row_count(&row, histogram_count(staleness));
        row_histogram(&row, staleness);
        row_end(&row);
    }
}

void results_write_check(ResultsWriter *writer, const ResultsCheck *check)
{
    Row row = row_begin(writer, RESULTS_CHECKED);

    row_text(&row, check->kind);
    row_text(&row, check->name);
    row_text(&row, check->labels != NULL ? check->labels : "");
    row_text(&row, check->condition != NULL ? check->condition : "");
    row_real(&row, check->observed);
    row_real(&row, check->low);
    row_real(&row, check->high);
    row_real(&row, check->margin);
    row_text(&row, check->verdict);
    row_text(&row, check->why != NULL ? check->why : "");
    row_int(&row, check->is_warning);
    row_end(&row);
}

void results_write_theory(ResultsWriter *writer, const ResultsTheory *theory)
{
    Row row = row_begin(writer, RESULTS_THEORY);

    row_text(&row, theory->metric);
    row_text(&row, theory->aggregate);
    row_text(&row, theory->family);
    row_text(&row, theory->question);
    row_real(&row, theory->predicted);
    row_real(&row, theory->observed);
    row_real(&row, theory->low);
    row_real(&row, theory->high);
    if (theory->within == RESULTS_UNKNOWN) {
        row_real(&row, (double)NAN); /* NULL */
    } else {
        row_int(&row, theory->within == RESULTS_WITHIN);
    }
    row_text(&row, theory->why != NULL ? theory->why : "");
    row_end(&row);
}
