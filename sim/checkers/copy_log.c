/* copy_log.c - a row of what became of copies, and a table of the newest purged tombstones. */
#include "sim/checkers/copy_log.h"

#define ROWS_MOST 65536 /* of each fate: an outage drops hints by the million */
#define TOLD_MOST 16    /* in one proof */

struct CopyLog {
    GArray *rows; /* of CopyRow, in order of time */
    guint kept[COPY_DROPPED + 1];
    uint64_t not_kept;
    GHashTable *purged; /* uint64_t * -> int64_t in a pointer; only looked up */
};

CopyLog *copy_log_new(void)
{
    CopyLog *log = g_new0(CopyLog, 1);

    log->rows = g_array_new(false, false, sizeof(CopyRow));
    return log;
}

void copy_log_free(CopyLog *log)
{
    g_array_unref(log->rows);
    g_clear_pointer(&log->purged, g_hash_table_unref);
    g_free(log);
}

static void purge(CopyLog *log, uint64_t key, int64_t version)
{
    int64_t *newest;

    if (log->purged == NULL) {
        log->purged = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    }
    newest = g_hash_table_lookup(log->purged, &key);
    if (newest == NULL) {
        newest = g_new0(int64_t, 1);
        g_hash_table_insert(log->purged, g_memdup2(&key, sizeof key), newest);
    }
    *newest = MAX(*newest, version);
}

void copy_log_add(CopyLog *log, const CopyRow *row)
{
    if (row->fate == COPY_PURGED) {
        purge(log, row->key, row->version);
    }
    if (log->kept[row->fate] < ROWS_MOST) {
        log->kept[row->fate]++;
        g_array_append_vals(log->rows, row, 1);
    } else {
        log->not_kept++;
    }
}

int64_t copy_log_purged(const CopyLog *log, uint64_t key)
{
    const int64_t *newest = log->purged != NULL ? g_hash_table_lookup(log->purged, &key) : NULL;

    return newest != NULL ? *newest : 0;
}

void copy_log_tell(const CopyLog *log, uint64_t key, int64_t oldest, int64_t newest, SimTime epoch,
                   GString *text)
{
    static const char *const words[] = {[COPY_LOST] = "lost version",
                                        [COPY_HINT_DROPPED] =
                                            "missed, and gets no hint of, version",
                                        [COPY_PURGED] = "purged the tombstone of version",
                                        [COPY_DROPPED] = "dropped with its column version"};
    guint told = 0, more = 0;

    for (guint i = 0; i < log->rows->len; i++) {
        const CopyRow *row = &g_array_index(log->rows, CopyRow, i);

        if (row->key != key || row->version < oldest || row->version > newest) {
            continue;
        }
        if (told == TOLD_MOST) {
            more++;
            continue;
        }
        told++;
        g_string_append_printf(text, "; at %.6f s %s %s %" G_GINT64_FORMAT,
                               sim_span_to_s(row->time - epoch), row->replica, words[row->fate],
                               row->version);
    }
    if (more > 0) {
        g_string_append_printf(text, "; %u more copies likewise", more);
    }
    if (log->not_kept > 0) {
        g_string_append_printf(
            text, "; what became of %" G_GUINT64_FORMAT " later copies of any key was not kept",
            log->not_kept);
    }
}
