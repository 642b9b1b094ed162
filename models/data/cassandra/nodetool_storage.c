/* nodetool_storage.c - views of memory and disk: compactionstats, tablestats and system.log.
 * Source: Cassandra 3.11 tools/nodetool/CompactionStats, TableStats, conf/logback.xml. What the
 * model does not have is not printed: ids and names of tables, histograms, caches. */
#include "models/data/cassandra/nodetool.h"
#include "models/data/cassandra/storage.h"

static const Storage *storage_of(const Component *self, GError **error)
{
    const Storage *storage = ((const Cassandra *)self)->storage;

    if (storage == NULL) {
        g_set_error(
            error, g_quark_from_static_string("nodetool"), 0,
            "'%s' has no model of its disk: \"storage\": { \"modelled\": true } asks for it",
            self->name);
    }
    return storage;
}

static guint count_pending(const Storage *storage)
{
    const Gauge *pending = &storage->node->pending_compactions;

    return (guint)pending->value;
}

/* --- compactionstats --- */

static int64_t show_compaction(const Compaction *compaction, GString *text, cJSON *list)
{
    cJSON *item = cJSON_CreateObject();
    double share = (double)compaction->read_bytes / (double)compaction->input_bytes;

    g_string_append_printf(
        text, "%-16s%14" G_GINT64_FORMAT "%14" G_GINT64_FORMAT " bytes %9.2f%%\n", "Compaction",
        compaction->read_bytes, compaction->input_bytes, share * 100);
    cJSON_AddNumberToObject(item, "completed_bytes", (double)compaction->read_bytes);
    cJSON_AddNumberToObject(item, "total_bytes", (double)compaction->input_bytes);
    cJSON_AddNumberToObject(item, "sstables", compaction->numbers->len);
    cJSON_AddItemToArray(list, item);
    return compaction->input_bytes - compaction->read_bytes;
}

static void show_remaining(const Storage *storage, int64_t left_bytes, GString *text)
{
    double rate = storage->node->storage_settings.compaction_throughput;
    int64_t left_s = rate > 0 ? (int64_t)((double)left_bytes / rate) : 0;

    if (rate > 0) {
        g_string_append_printf(text,
                               "Active compaction remaining time : %4" G_GINT64_FORMAT
                               "h%02" G_GINT64_FORMAT "m%02" G_GINT64_FORMAT "s\n",
                               left_s / 3600, left_s / 60 % 60, left_s % 60);
    } else {
        g_string_append_printf(text, "Active compaction remaining time : %10s\n", "n/a");
    }
}

bool nodetool_show_compactionstats(const Component *self, SimTime epoch, const char *const *words,
                                   ViewAnswer *answer, GError **error)
{
    const Storage *storage = storage_of(self, error);
    GString *text = answer->text;
    int64_t left_bytes = 0;
    cJSON *list;

    (void)epoch;
    (void)words;
    if (storage == NULL) {
        return false;
    }
    g_string_append_printf(text, "pending tasks: %u\n\n", count_pending(storage));
    cJSON_AddNumberToObject(answer->data, "pending_tasks", count_pending(storage));
    list = cJSON_AddArrayToObject(answer->data, "compactions");
    if (storage->compactions->len > 0) {
        g_string_append_printf(text, "%-16s%14s%14s %-6s%9s\n", "compaction type", "completed",
                               "total", "unit", "progress");
    }
    for (guint i = 0; i < storage->compactions->len; i++) {
        left_bytes += show_compaction(storage->compactions->pdata[i], text, list);
    }
    show_remaining(storage, left_bytes, text);
    return true;
}

/* --- tablestats --- */

static void show_figure(ViewAnswer *answer, const char *label, const char *name, double value)
{
    g_string_append_printf(answer->text, "\t\t%s: %.0f\n", label, value);
    cJSON_AddNumberToObject(answer->data, name, value);
}

bool nodetool_show_tablestats(const Component *self, SimTime epoch, const char *const *words,
                              ViewAnswer *answer, GError **error)
{
    const Storage *storage = storage_of(self, error);

    (void)epoch;
    (void)words;
    if (storage == NULL) {
        return false;
    }
    show_figure(answer, "SSTable count", "sstables", storage->tables.tables->len);
    show_figure(answer, "Space used (live)", "space_bytes", (double)storage->tables.size_bytes);
    show_figure(answer, "Memtable data size", "memtable_bytes",
                storage->memtable == NULL ? 0 : (double)storage->memtable->rows_bytes);
    show_figure(answer, "Memtable switch count", "memtable_switches",
                storage->last_memtable > 0 ? storage->last_memtable - 1 : 0);
    show_figure(answer, "Pending flushes", "pending_flushes",
                storage->waiting->len + storage->flushing->len);
    return true;
}

/* --- system.log --- */

bool nodetool_show_log(const Component *self, SimTime epoch, const char *const *words,
                       ViewAnswer *answer, GError **error)
{
    const Storage *storage = storage_of(self, error);
    cJSON *lines;
    guint first;

    (void)words;
    if (storage == NULL) {
        return false;
    }
    lines = cJSON_AddArrayToObject(answer->data, "lines");
    first = storage->line_count > LOG_LINES ? storage->line_count - LOG_LINES : 0;
    for (guint i = first; i < storage->line_count; i++) {
        const LogLine *line = &storage->lines[i % LOG_LINES];
        cJSON *item = cJSON_CreateObject();
        double at_s = sim_span_to_s(line->at - epoch);

        g_string_append_printf(answer->text, "%-5s %10.3fs %s\n", line->level, at_s, line->text);
        cJSON_AddNumberToObject(item, "at_s", at_s);
        cJSON_AddStringToObject(item, "level", line->level);
        cJSON_AddStringToObject(item, "text", line->text);
        cJSON_AddItemToArray(lines, item);
    }
    return true;
}

/* --- tpstats --- */

void nodetool_count_pools(const Storage *storage, guint *flushing, guint *waiting,
                          guint *compacting)
{
    *flushing = 0;
    for (guint i = 0; i < storage->flushing->len; i++) {
        *flushing += ((const Memtable *)storage->flushing->pdata[i])->is_stuck ? 0 : 1;
    }
    *waiting = storage->waiting->len;
    *compacting = storage->compactions->len;
}
