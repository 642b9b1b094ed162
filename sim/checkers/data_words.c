/* data_words.c - proofs as sentences. */
#include "sim/checkers/data_words.h"

static const char *name_of(const char *dc)
{
    return dc != NULL ? dc : "nowhere";
}

/* As users count: from the end of the warm-up. */
static double time_s(const DataWords *words, SimTime time)
{
    return sim_span_to_s(time - words->epoch);
}

/* "version 20 of key 7 (a delete), asked for at 1.9 s by request 200 of session 5, was acknowledged
 * at 2.0 s by DC03". */
static void add_ack(const DataWords *words, GString *text, uint64_t key, const Ack *ack)
{
    g_string_append_printf(text,
                           "version %" G_GINT64_FORMAT " of key %" G_GUINT64_FORMAT
                           "%s, asked for at %.6f s by request %" G_GUINT64_FORMAT,
                           ack->version, key, ack->is_delete ? " (a delete)" : "",
                           time_s(words, ack->time - ack->took_us * SIM_US), ack->request);
    if (ack->session != 0) {
        g_string_append_printf(text, " of session %" G_GUINT64_FORMAT, ack->session);
    }
    g_string_append_printf(text, ", was acknowledged at %.6f s by %s", time_s(words, ack->time),
                           name_of(ack->dc));
}

static void add_read(const DataWords *words, GString *text, uint64_t key, int64_t version,
                     const DataRequest *read)
{
    g_string_append_printf(text, "request %" G_GUINT64_FORMAT, read->id);
    if (read->session != 0) {
        g_string_append_printf(text, " of session %" G_GUINT64_FORMAT, read->session);
    }
    g_string_append_printf(text, " at %.6f s through %s was shown ", time_s(words, read->invoked),
                           name_of(read->dc));
    if (version == 0) {
        g_string_append_printf(text, "nothing of key %" G_GUINT64_FORMAT, key);
    } else {
        g_string_append_printf(text, "version %" G_GINT64_FORMAT " of key %" G_GUINT64_FORMAT "%s",
                               version, key, read->found_nothing ? " (no data)" : "");
    }
}

/* What became of copies of these versions, and who holds what now. */
static char *end_with_copies(const DataWords *words, GString *text, uint64_t key, int64_t oldest,
                             int64_t newest)
{
    copy_log_tell(words->copies, key, oldest, newest, words->epoch, text);
    if (words->witness.tell != NULL) {
        words->witness.tell(words->witness.context, key, text);
    }
    return g_string_free(text, false);
}

char *data_words_lost(const DataWords *words, uint64_t key, const Ack *ack, int64_t left,
                      SimTime when)
{
    GString *text = g_string_new(NULL);

    add_ack(words, text, key, ack);
    if (when == SIM_NEVER) {
        g_string_append_printf(text,
                               "; at the end no replica holds anything newer than version "
                               "%" G_GINT64_FORMAT,
                               left);
    } else {
        g_string_append_printf(text,
                               "; at %.6f s its last copy was destroyed, the newest left was "
                               "version %" G_GINT64_FORMAT,
                               time_s(words, when), left);
    }
    return end_with_copies(words, text, key, ack->version, ack->version);
}

char *data_words_stale(const DataWords *words, uint64_t key, int64_t version,
                       const DataRequest *read, const Ack *newer)
{
    GString *text = g_string_new(NULL);

    add_ack(words, text, key, newer);
    g_string_append_printf(text, "; %.6f s later ", sim_span_to_s(read->invoked - newer->time));
    add_read(words, text, key, version, read);
    return end_with_copies(words, text, key, version, newer->version);
}

char *data_words_resurrected(const DataWords *words, uint64_t key, int64_t version,
                             const DataRequest *read, const Ack *deletion)
{
    GString *text = g_string_new(NULL);

    add_ack(words, text, key, deletion);
    g_string_append(text, ", and its tombstone was purged; ");
    if (read != NULL) {
        add_read(words, text, key, version, read);
    } else {
        g_string_append_printf(text, "at the end a replica holds version %" G_GINT64_FORMAT,
                               version);
    }
    return end_with_copies(words, text, key, version, deletion->version);
}

char *data_words_session(const DataWords *words, uint64_t key, int64_t version,
                         const DataRequest *read, Seen seen, const char *did)
{
    GString *text = g_string_new(NULL);

    g_string_append_printf(text,
                           "session %" G_GUINT64_FORMAT " %s version %" G_GINT64_FORMAT
                           " of key %" G_GUINT64_FORMAT " at %.6f s; then ",
                           read->session, did, seen.version, key, time_s(words, seen.time));
    add_read(words, text, key, version, read);
    return end_with_copies(words, text, key, version, seen.version);
}

char *data_words_overwritten(const DataWords *words, uint64_t key, int64_t version,
                             const DataRequest *write, const Ack *overwriter)
{
    GString *text = g_string_new(NULL);

    add_ack(words, text, key, overwriter);
    g_string_append_printf(
        text,
        "; then request %" G_GUINT64_FORMAT " asked at %.6f s for a %s, acknowledged at %.6f s "
        "by %s, but as version %" G_GINT64_FORMAT
        ", which is older: nobody will be shown it (a clock is %.6f s behind or the other ahead)",
        write->id, time_s(words, write->invoked), write->is_delete ? "delete" : "write",
        time_s(words, write->ended), name_of(write->dc), version,
        sim_span_to_s(overwriter->version - version));
    return end_with_copies(words, text, key, version, overwriter->version);
}

char *data_words_diverged(const DataWords *words, uint64_t key, int64_t oldest, int64_t newest)
{
    GString *text = g_string_new(NULL);

    g_string_append_printf(text,
                           "at the end the replicas of key %" G_GUINT64_FORMAT
                           " hold versions from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT,
                           key, oldest, newest);
    return end_with_copies(words, text, key, oldest, newest);
}
