/* storage_log.c - what a node writes into its system.log about room and dropped messages.
 * Source: Cassandra 3.11 net/MessagingService.logDroppedMessages (each 5 s). */
#include <stdarg.h>

#include "models/data/cassandra/storage.h"

#define DROPPED_PERIOD (5 * SIM_S)

static const char *const verb_names[] = {"MUTATION", "READ"};

void storage_log(Storage *storage, const char *level, const char *format, ...)
{
    LogLine *line = &storage->lines[storage->line_count++ % LOG_LINES];
    va_list list;

    g_free(line->text);
    line->at = node_now(storage->node);
    line->level = level;
    va_start(list, format);
    line->text = g_strdup_vprintf(format, list);
    va_end(list);
}

void storage_note_drop(Storage *storage, DroppedVerb verb, bool is_cross_node, SimSpan age)
{
    Dropped *dropped = &storage->dropped[verb];

    dropped->count[is_cross_node]++;
    dropped->age[is_cross_node] += age;
}

static int64_t mean_ms(const Dropped *dropped, guint which)
{
    return dropped->count[which] == 0
               ? 0
               : dropped->age[which] / SIM_MS / (int64_t)dropped->count[which];
}

void storage_log_drops(Storage *storage)
{
    if (node_now(storage->node) - storage->dropped_at < DROPPED_PERIOD) {
        return;
    }
    storage->dropped_at = node_now(storage->node);
    for (guint verb = 0; verb < DROPPED_VERBS; verb++) {
        Dropped *dropped = &storage->dropped[verb];

        if (dropped->count[0] + dropped->count[1] > 0) {
            storage_log(storage, "INFO",
                        "%s messages were dropped in last 5000 ms: %" G_GUINT64_FORMAT
                        " internal and %" G_GUINT64_FORMAT
                        " cross node. Mean internal dropped latency: %" G_GINT64_FORMAT
                        " ms and Mean cross-node dropped latency: %" G_GINT64_FORMAT " ms",
                        verb_names[verb], dropped->count[0], dropped->count[1], mean_ms(dropped, 0),
                        mean_ms(dropped, 1));
        }
        *dropped = (Dropped){0};
    }
}
