/* history_data.c - real keys and versions: what was promised to users against what they were shown.
 * Acknowledgements come in order of time, so one that is older by version than an earlier one can
 * never be the reason for a read being stale, and is not kept: a key's acknowledgements rise in
 * version and in time alike, and a chain from the newest backwards answers every question. */
#include "sim/world/history_data.h"

#include "sim/base/sort.h"
#include "sim/world/history_tables.h"

#define PROOFS_MOST 100 /* kept for each invariant */

typedef struct Proof {
    HistoryFinding shown;
    char *text;
} Proof;

struct DataBook {
    SimTime epoch; /* that proofs count from */
    DataTables tables;
    GArray *findings; /* of Proof */
    guint proofs_lost, proofs_stale, proofs_back, proofs_diverged;
    double mildest_stale; /* of the stale reads kept, once there is no more room */
    Histogram *staleness;
    HistoryTotals totals;
    HistoryWitness witness; /* no `tell`: nobody knows what replicas hold */
};

DataBook *data_book_new(void)
{
    DataBook *book = g_new0(DataBook, 1);

    data_tables_init(&book->tables);
    book->findings = g_array_new(false, false, sizeof(Proof));
    book->staleness = histogram_new();
    return book;
}

void data_book_set_epoch(DataBook *book, SimTime epoch)
{
    book->epoch = epoch;
}

void data_book_free(DataBook *book)
{
    for (guint i = 0; i < book->findings->len; i++) {
        g_free(g_array_index(book->findings, Proof, i).text);
    }
    g_array_free(book->findings, true);
    data_tables_clear(&book->tables);
    histogram_free(book->staleness);
    g_free(book);
}

/* --- findings --------------------------------------------------------------------------------- */

static const char *data_dc(const Site *dc)
{
    return dc != NULL ? dc->name : "nowhere";
}

/* As users count: from the end of the warm-up. */
static double data_time_s(const DataBook *book, SimTime time)
{
    return sim_span_to_s(time - book->epoch);
}

static void data_book_find(DataBook *book, const char *invariant, SimTime time, double value,
                           char *text)
{
    Proof proof = {{invariant, time, value, text}, text};

    g_array_append_val(book->findings, proof);
}

/* Of stale reads the worst ones are kept, since the bound is not known here: the place among the
 * findings for one of `value` seconds, of the mildest one when there is no more room; -1: not worth
 * keeping. */
static int data_book_stale_place(DataBook *book, double value)
{
    int mildest = -1;

    if (book->proofs_stale < PROOFS_MOST) {
        return (int)book->findings->len;
    }
    if (value <= book->mildest_stale) {
        return -1;
    }
    for (guint i = 0; i < book->findings->len; i++) {
        const HistoryFinding *shown = &g_array_index(book->findings, Proof, i).shown;

        if (strcmp(shown->invariant, "staleness-bound") != 0) {
            continue;
        }
        if (mildest < 0 ||
            shown->value < g_array_index(book->findings, Proof, (guint)mildest).shown.value) {
            mildest = (int)i;
        }
    }
    book->mildest_stale = g_array_index(book->findings, Proof, (guint)mildest).shown.value;
    return value > book->mildest_stale ? mildest : -1;
}

static void data_book_keep_stale(DataBook *book, guint place, SimTime time, double value,
                                 char *text)
{
    if (place == book->findings->len) {
        book->proofs_stale++;
        data_book_find(book, "staleness-bound", time, value, text);
    } else {
        Proof *proof = &g_array_index(book->findings, Proof, place);

        g_free(proof->text);
        *proof = (Proof){{"staleness-bound", time, value, text}, text};
    }
}

void data_book_set_witness(DataBook *book, const HistoryWitness *witness)
{
    book->witness = *witness;
}

void data_book_add_finding(DataBook *book, const char *invariant, SimTime time, double value,
                           char *text)
{
    data_book_find(book, invariant, time, value, text);
}

/* What replicas hold of `key` now, in words; takes `text` and gives it back longer. */
static char *data_book_with_copies(const DataBook *book, uint64_t key, char *text)
{
    GString *longer = g_string_new(text);

    g_free(text);
    if (book->witness.tell != NULL) {
        book->witness.tell(book->witness.context, key, longer);
    }
    return g_string_free(longer, false);
}

/* --- the book --------------------------------------------------------------------------------- */

void data_book_write(DataBook *book, uint64_t key, int64_t version, SimTime now,
                     const UserRequest *request)
{
    KeyRecord *record = data_tables_key(&book->tables, key);

    g_assert_cmpint(version, >, 0);
    book->totals.writes_acked++;
    if (request->session != 0) {
        data_tables_remember(&book->tables, request->session, key, version, now);
    }
    if (record->newest != 0 && data_tables_ack(&book->tables, record->newest)->version >= version) {
        return;
    }
    if (record->newest == 0) {
        record = data_tables_add_key(&book->tables, key);
    }
    record->newest = data_tables_add_ack(&book->tables, (Ack){.version = version,
                                                              .time = now,
                                                              .request = request->id,
                                                              .dc = request->dc,
                                                              .before = record->newest});
}

/* The earliest acknowledged write that is newer than `version`; NULL when there is none. */
static const Ack *data_book_first_newer(const DataBook *book, uint64_t key, int64_t version,
                                        uint64_t *count)
{
    const KeyRecord *record = data_tables_key(&book->tables, key);
    const Ack *first = NULL;

    *count = 0;
    g_assert_true(record->newest == 0 || version >= record->floor);
    for (uint32_t place = record->newest; place != 0;) {
        const Ack *ack = data_tables_ack(&book->tables, place);

        if (ack->version <= version) {
            break;
        }
        first = ack;
        ++*count;
        place = ack->before;
    }
    return first;
}

static void data_book_check_fresh(DataBook *book, uint64_t key, int64_t version, SimTime invoked,
                                  const UserRequest *request)
{
    uint64_t count;
    const Ack *newer = data_book_first_newer(book, key, version, &count);
    SimSpan staleness;
    int place;

    if (newer == NULL || newer->time > invoked) {
        histogram_add(book->staleness, 0);
        return;
    }
    staleness = invoked - newer->time;
    histogram_add(book->staleness, staleness);
    book->totals.reads_stale++;
    if (staleness > book->totals.staleness_most || book->totals.reads_stale == 1) {
        book->totals.staleness_most = staleness;
        book->totals.staleness_most_at = invoked;
    }
    place = data_book_stale_place(book, sim_span_to_s(staleness));
    if (place >= 0) {
        data_book_keep_stale(
            book, (guint)place, invoked, sim_span_to_s(staleness),
            g_strdup_printf("request %" G_GUINT64_FORMAT
                            " at %.6f s through %s was shown version %" G_GINT64_FORMAT
                            " of key %" G_GUINT64_FORMAT ", but version %" G_GINT64_FORMAT
                            " had been acknowledged at %.6f s by %s to request %" G_GUINT64_FORMAT,
                            request->id, data_time_s(book, invoked), data_dc(request->dc), version,
                            key, newer->version, data_time_s(book, newer->time), data_dc(newer->dc),
                            newer->request));
    }
}

/* Only against what the session had seen before it asked: requests of one session may overlap. */
static void data_book_check_order(DataBook *book, uint64_t session, uint64_t key, int64_t version,
                                  SimTime invoked, const UserRequest *request)
{
    const SessionRecord *seen = data_tables_session(&book->tables, session, key);

    if (seen->version <= version || seen->time > invoked) {
        return;
    }
    book->totals.reads_back_in_time++;
    if (book->proofs_back < PROOFS_MOST) {
        book->proofs_back++;
        data_book_find(
            book, "monotonic-reads", invoked, 1,
            g_strdup_printf(
                "session %" G_GUINT64_FORMAT " had read or written version %" G_GINT64_FORMAT
                " of key %" G_GUINT64_FORMAT " at %.6f s, and was shown version %" G_GINT64_FORMAT
                " at %.6f s through %s (request %" G_GUINT64_FORMAT ")",
                session, seen->version, key, data_time_s(book, seen->time), version,
                data_time_s(book, invoked), data_dc(request->dc), request->id));
    }
}

void data_book_read(DataBook *book, uint64_t session, uint64_t key, int64_t version,
                    SimTime invoked, const UserRequest *request)
{
    book->totals.reads_checked++;
    data_book_check_fresh(book, key, version, invoked, request);
    if (session != 0) {
        data_book_check_order(book, session, key, version, invoked, request);
        if (version > 0) {
            data_tables_remember(&book->tables, session, key, version,
                                 MAX(request->ended, invoked));
        }
    }
}

/* Counts the acknowledged versions that are newer than `left`, up to `lost`, once each. NULL when
 * there is none, the newest of them otherwise. */
static const Ack *data_book_count_lost(DataBook *book, uint64_t key, int64_t left, int64_t lost,
                                       uint64_t *count)
{
    const KeyRecord *record = data_tables_key(&book->tables, key);
    const Ack *newest = NULL;

    *count = 0;
    g_assert_true(record->newest == 0 || left >= record->floor);
    for (uint32_t place = record->newest; place != 0;) {
        Ack *ack = data_tables_ack(&book->tables, place);

        if (ack->version <= left) {
            break;
        }
        if (ack->version <= lost && !ack->is_lost) {
            ack->is_lost = true;
            newest = newest != NULL ? newest : ack;
            ++*count;
        }
        place = ack->before;
    }
    book->totals.writes_lost += *count;
    return newest;
}

static char *data_lost_text(const DataBook *book, uint64_t key, const Ack *ack, const char *why)
{
    return g_strdup_printf("version %" G_GINT64_FORMAT " of key %" G_GUINT64_FORMAT
                           " was acknowledged at %.6f s by %s to request %" G_GUINT64_FORMAT "; %s",
                           ack->version, key, data_time_s(book, ack->time), data_dc(ack->dc),
                           ack->request, why);
}

void data_book_expect(const DataBook *book, uint64_t session, uint64_t key)
{
    data_tables_expect(&book->tables, session, key);
}

void data_book_forget(DataBook *book, const HistoryFloors *floors, SimTime settled, SimTime now)
{
    data_tables_forget(&book->tables, floors, settled, now);
}

uint64_t data_book_count_kept(const DataBook *book)
{
    return data_tables_count(&book->tables);
}

void data_book_lose(DataBook *book, uint64_t key, int64_t left, int64_t lost, SimTime when)
{
    uint64_t count;
    const Ack *ack = data_book_count_lost(book, key, left, lost, &count);

    if (ack != NULL && book->proofs_lost < PROOFS_MOST) {
        g_autofree char *why =
            g_strdup_printf("at %.6f s its last copy was destroyed, the newest left was version "
                            "%" G_GINT64_FORMAT,
                            data_time_s(book, when), left);

        book->proofs_lost++;
        data_book_find(book, "no-lost-acked-write", ack->time, (double)count,
                       data_book_with_copies(book, key, data_lost_text(book, key, ack, why)));
    }
}

void data_book_final(DataBook *book, uint64_t key, int64_t newest, int64_t oldest, SimTime now)
{
    uint64_t count;
    const Ack *ack = data_book_count_lost(book, key, newest, INT64_MAX, &count);

    book->totals.keys_judged++;
    if (ack != NULL && book->proofs_lost < PROOFS_MOST) {
        g_autofree char *why = g_strdup_printf(
            "at the end no replica holds anything newer than version %" G_GINT64_FORMAT, newest);

        book->proofs_lost++;
        data_book_find(book, "no-lost-acked-write", ack->time, (double)count,
                       data_book_with_copies(book, key, data_lost_text(book, key, ack, why)));
    }
    if (oldest != newest) {
        book->totals.keys_diverged++;
        if (book->proofs_diverged < PROOFS_MOST) {
            book->proofs_diverged++;
            data_book_find(book, "converges", now, 1,
                           g_strdup_printf("at the end the replicas of key %" G_GUINT64_FORMAT
                                           " hold versions from %" G_GINT64_FORMAT
                                           " to %" G_GINT64_FORMAT,
                                           key, oldest, newest));
        }
    }
}

static gint key_compare(gconstpointer a, gconstpointer b)
{
    uint64_t one = ((const KeyRecord *)a)->key, other = ((const KeyRecord *)b)->key;

    return (one > other) - (one < other);
}

void data_book_each_key(const DataBook *book, HistoryEachKey *each, void *context)
{
    g_autoptr(GArray) keys = g_array_new(false, false, sizeof(KeyRecord));

    for (uint64_t i = 0; i < book->tables.key_capacity; i++) {
        if (book->tables.keys[i].newest != 0) {
            g_array_append_val(keys, book->tables.keys[i]);
        }
    }
    sort_array(keys, key_compare);
    for (guint i = 0; i < keys->len; i++) {
        const KeyRecord *record = &g_array_index(keys, KeyRecord, i);

        each(record->key, data_tables_ack(&book->tables, record->newest)->version, context);
    }
}

HistoryTotals data_book_totals(const DataBook *book)
{
    HistoryTotals totals = book->totals;

    totals.keys_written = book->tables.key_count;
    totals.staleness = book->staleness;
    return totals;
}

guint data_book_count_findings(const DataBook *book)
{
    return book->findings->len;
}

const HistoryFinding *data_book_finding(const DataBook *book, guint index)
{
    g_assert_cmpuint(index, <, book->findings->len);
    return &g_array_index(book->findings, Proof, index).shown;
}
