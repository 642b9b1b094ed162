/* record.c - what a run leaves behind besides samples. */
#include "sim/run/record.h"

#include <string.h>

#include "sim/world/history.h"
#include "sim/world/history_store.h"

/* --- users
 * ----------------------------------------------------------------------------------------- */

static int compare_words(gconstpointer a, gconstpointer b)
{
    return strcmp(a, b);
}

/* Where cells go. */
typedef struct UsersRecord {
    ResultsWriter *writer;
    int run;
    SimTime start;
} UsersRecord;

static void write_reasons(const UsersRecord *record, const HistoryCell *cell, SimTime time)
{
    g_autoptr(GList) reasons =
        cell->reasons != NULL ? g_hash_table_get_keys(cell->reasons) : NULL; /* none failed */

    reasons = g_list_sort(reasons, compare_words);
    for (GList *item = reasons; item != NULL; item = item->next) {
        uint64_t count = GPOINTER_TO_SIZE(g_hash_table_lookup(cell->reasons, item->data));

        results_write_failure(record->writer, record->run, time, cell->client, cell->region->name,
                              cell->dc != NULL ? cell->dc->name : "", item->data, count);
    }
}

static void write_cell(const HistoryCell *cell, void *context)
{
    const UsersRecord *record = context;
    SimTime time = cell->begin - record->start;
    ResultsUsers users = {.run = record->run,
                          .time = time,
                          .client = cell->client,
                          .region = cell->region->name,
                          .dc = cell->dc != NULL ? cell->dc->name : "",
                          .ok = cell->ok,
                          .failed = cell->failed,
                          .attempts = cell->attempts,
                          .latency = cell->latency};

    results_write_users(record->writer, &users);
    write_reasons(record, cell, time);
}

void record_write_users(ResultsWriter *writer, History *history, int run, SimTime start)
{
    UsersRecord record = {writer, run, start};

    history_take_cells(history, write_cell, &record);
}

static void write_last_users(ResultsWriter *writer, const RecordOrder *order)
{
    History *history = world_history(order->world);
    UsersRecord record = {writer, order->run, order->start};

    for (guint i = 0; i < history_count_cells(history); i++) {
        write_cell(history_cell(history, i), &record);
    }
}

/* --- what happened
 * --------------------------------------------------------------------------------- */

static void write_occurrences(ResultsWriter *writer, const RecordOrder *order)
{
    const History *history = world_history(order->world);

    for (guint i = 0; i < history_count_occurrences(history); i++) {
        const HistoryOccurrence *seen = history_occurrence(history, i);
        ResultsOccurrence row = {.run = order->run,
                                 .event = seen->event,
                                 .component = seen->component,
                                 .dc = seen->dc,
                                 .role = seen->role,
                                 .node = seen->node,
                                 .label1 = seen->label1,
                                 .value1 = seen->value1,
                                 .label2 = seen->label2,
                                 .value2 = seen->value2,
                                 .count = seen->count,
                                 .first = seen->first - order->start,
                                 .last = seen->last - order->start};

        results_write_occurrence(writer, &row);
    }
}

static char *targets_text(const ChaosEntry *entry)
{
    GString *text = g_string_new(NULL);
    const guint shown = 12;

    for (guint i = 0; i < MIN(entry->targets->len, shown); i++) {
        const Component *target = g_ptr_array_index(entry->targets, i);

        g_string_append_printf(text, "%s%s", i > 0 ? ", " : "", target->name);
    }
    if (entry->targets->len > shown) {
        g_string_append_printf(text, " and %u more", entry->targets->len - shown);
    }
    return g_string_free(text, false);
}

static void write_faults(ResultsWriter *writer, const RecordOrder *order)
{
    for (guint i = 0; i < chaos_count(order->chaos); i++) {
        const ChaosEntry *entry = chaos_entry(order->chaos, i);
        g_autofree char *targets = targets_text(entry);
        ResultsFault row = {.run = order->run,
                            .name = entry->activity->name,
                            .func = entry->activity->fault->func,
                            .targets_text = targets,
                            .applied = entry->applied - order->start,
                            .lifted = entry->lifted == SIM_NEVER ? SIM_NEVER
                                                                 : entry->lifted - order->start,
                            .targets = (int)entry->targets->len,
                            .bit = (int)entry->bit};

        results_write_fault(writer, &row);
    }
}

/* --- phases
 * ---------------------------------------------------------------------------------------- */

/* An action lasts until it was lifted; one that is over at once, until the next begins. */
static SimTime end_of(const Chaos *chaos, guint index, SimTime end)
{
    const ChaosEntry *entry = chaos_entry(chaos, index);

    if (entry->lifted != entry->applied) {
        return MIN(entry->lifted, end);
    }
    return index + 1 < chaos_count(chaos) ? MIN(chaos_entry(chaos, index + 1)->applied, end) : end;
}

static void write_phases(ResultsWriter *writer, const RecordOrder *order)
{
    SimTime baseline_end = order->end;
    SimTime healed = order->start;
    SimTime now = world_now(order->world);

    for (guint i = 0; i < chaos_count(order->chaos); i++) {
        const ChaosEntry *entry = chaos_entry(order->chaos, i);
        SimTime end = end_of(order->chaos, i, order->end);

        if (entry->applied >= order->end) {
            continue;
        }
        /* what began in the warm-up and lasts is part of what is usual */
        if (entry->applied >= order->start || (end >= order->start && end < order->end)) {
            baseline_end = MIN(baseline_end, MAX(entry->applied, order->start));
        }
        if (end < order->start) {
            continue;
        }
        healed = MAX(healed, end);
        results_write_phase(writer, order->run, entry->activity->name,
                            MAX(entry->applied - order->start, 0), end - order->start);
    }
    results_write_phase(writer, order->run, "warmup", -order->start, 0);
    results_write_phase(writer, order->run, "baseline", 0, baseline_end - order->start);
    if (healed > order->start && healed < order->end) {
        results_write_phase(writer, order->run, "recovery", healed - order->start,
                            order->end - order->start);
    }
    if (MIN(order->settled, now) > order->end) {
        results_write_phase(writer, order->run, "settle", order->end - order->start,
                            MIN(order->settled, now) - order->start);
    }
}

/* --- data checks
 * ----------------------------------------------------------------------------------- */

typedef struct TotalRow {
    const char *name;
    double value;
} TotalRow;

static void write_totals(ResultsWriter *writer, int run, const TotalRow *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        results_write_total(writer, run, rows[i].name, rows[i].value);
    }
}

static void write_data_totals(ResultsWriter *writer, const RecordOrder *order)
{
    HistoryTotals totals = history_totals(world_history(order->world));
    UpdateTotals updates = history_update_totals(world_history(order->world));
    const TotalRow rows[] = {
        {"writes_acked", (double)totals.writes_acked},
        {"deletes_acked", (double)totals.deletes_acked},
        {"keys_written", (double)totals.keys_written},
        {"reads_checked", (double)totals.reads_checked},
        {"reads_of_own", (double)totals.reads_of_own},
        {"reads_stale", (double)totals.reads_stale},
        {"reads_back_in_time", (double)totals.reads_back_in_time},
        {"reads_without_own", (double)totals.reads_without_own},
        {"reads_beyond_memory", (double)totals.reads_beyond_memory},
        {"writes_overwritten", (double)totals.writes_overwritten},
        {"updates_acked", (double)updates.updates_acked},
        {"updates_lost", (double)updates.updates_lost},
        {"tombstones_purged", (double)totals.tombstones_purged},
        {"deletes_undone", (double)totals.resurrected},
        {"keys_judged", (double)totals.keys_judged},
        {"writes_lost", (double)totals.writes_lost},
        {"keys_diverged", (double)totals.keys_diverged},
        {"staleness_most", sim_span_to_s(totals.staleness_most)},
    };

    write_totals(writer, order->run, rows, G_N_ELEMENTS(rows));
    if (totals.staleness_most > 0) { /* otherwise there is no such instant */
        results_write_total(writer, order->run, "staleness_most_at",
                            sim_span_to_s(totals.staleness_most_at - order->start));
    }
    results_write_staleness(writer, order->run, totals.staleness);
}

static void write_store_totals(ResultsWriter *writer, const RecordOrder *order)
{
    HistoryStoreTotals totals = history_store_totals(world_history(order->world));
    const TotalRow rows[] = {
        {"ranges_watched", totals.ranges},
        {"replicas_down_most", totals.replicas_down_most},
        {"serial_keys", (double)totals.serial.keys},
        {"serial_statements", (double)totals.serial.statements},
        {"serial_keys_impossible", (double)totals.serial.keys_impossible},
        {"serial_keys_undecided", (double)totals.serial.keys_undecided},
        {"serial_one_in", (double)totals.serial.one_in},
        {"serial_cut_off", totals.serial.one_in > 0 && totals.serial.ends != SIM_NEVER ? 1.0 : 0.0},
    };

    write_totals(writer, order->run, rows, G_N_ELEMENTS(rows));
}

static void write_data_checks(ResultsWriter *writer, const RecordOrder *order)
{
    const History *history = world_history(order->world);

    write_data_totals(writer, order);
    write_store_totals(writer, order);
    for (guint i = 0; i < history_count_findings(history); i++) {
        const HistoryFinding *finding = history_finding(history, i);

        results_write_finding(writer, order->run, finding->invariant, finding->time - order->start,
                              finding->value, finding->proof);
    }
}

static void write_run(ResultsWriter *writer, const RecordOrder *order)
{
    const Engine *engine = world_engine(order->world);
    ResultsRun run = {.run = order->run,
                      .seed = order->seed,
                      .fingerprint = engine_fingerprint(engine),
                      .events = engine_count_run(engine),
                      .requests = history_tally(world_history(order->world)).requests,
                      .simulated = engine_now(engine),
                      .ended = order->ended,
                      .note = order->note};

    results_write_run(writer, &run);
}

void record_write_frame(ResultsWriter *writer, const RecordOrder *order)
{
    write_run(writer, order);
    write_faults(writer, order);
    write_phases(writer, order);
}

void record_write(ResultsWriter *writer, const RecordOrder *order)
{
    write_last_users(writer, order);
    write_occurrences(writer, order);
    record_write_frame(writer, order);
    write_data_checks(writer, order);
}
