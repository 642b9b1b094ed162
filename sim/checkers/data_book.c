/* data_book.c - what was promised to users against what they were shown. Acknowledgements come in
 * order of time, so one that is older by version than an earlier one can never be the reason for a
 * read being stale, and is not kept: a key's acknowledgements rise in version and in time alike,
 * and a chain from the newest backwards answers every question. */
#include "sim/checkers/data_book.h"

#include "sim/base/sort.h"
#include "sim/checkers/data_tables.h"
#include "sim/checkers/data_words.h"

struct DataBook {
    DataTables tables;
    FindingList *findings;
    CopyLog *copies;
    Histogram *staleness;
    DataTotals totals;
    DataWords words;
};

DataBook *data_book_new(void)
{
    DataBook *book = g_new0(DataBook, 1);

    data_tables_init(&book->tables);
    book->findings = finding_list_new();
    book->copies = copy_log_new();
    book->staleness = histogram_new();
    book->words.copies = book->copies;
    return book;
}

void data_book_free(DataBook *book)
{
    finding_list_free(book->findings);
    copy_log_free(book->copies);
    data_tables_clear(&book->tables);
    histogram_free(book->staleness);
    g_free(book);
}

void data_book_set_epoch(DataBook *book, SimTime epoch)
{
    book->words.epoch = epoch;
}

void data_book_set_witness(DataBook *book, const CopyWitness *witness)
{
    book->words.witness = *witness;
}

void data_book_expect(const DataBook *book, uint64_t session, uint64_t key)
{
    data_tables_expect(&book->tables, session, key);
}

static bool wants(const DataBook *book, Check check)
{
    return finding_list_wants(book->findings, check, 1);
}

/* --- writes ----------------------------------------------------------------------------------- */

/* The oldest acknowledgement that is newer by version and had come when `request` was asked. */
static const Ack *find_overwriter(const DataBook *book, const KeyRecord *record, int64_t version,
                                  const DataRequest *request)
{
    const Ack *overwriter = NULL;

    for (uint32_t place = record->newest; place != 0;) {
        const Ack *ack = data_tables_ack(&book->tables, place);

        if (ack->version <= version) {
            break;
        }
        overwriter = ack->time <= request->invoked ? ack : overwriter;
        place = ack->before;
    }
    return overwriter;
}

static void check_overwritten(DataBook *book, const KeyRecord *record, int64_t version,
                              const DataRequest *request)
{
    const Ack *overwriter = find_overwriter(book, record, version, request);

    if (overwriter == NULL) {
        return;
    }
    book->totals.writes_overwritten++;
    if (wants(book, CHECK_OVERWRITTEN)) {
        finding_list_add(
            book->findings, CHECK_OVERWRITTEN, request->ended, 1,
            data_words_overwritten(&book->words, record->key, version, request, overwriter));
    }
}

static uint32_t span_us(SimSpan span)
{
    return (uint32_t)MIN(span / SIM_US, TOOK_MOST_US);
}

void data_book_write(DataBook *book, uint64_t key, int64_t version, const DataRequest *request)
{
    KeyRecord *record = data_tables_key(&book->tables, key);

    g_assert_cmpint(version, >, 0);
    book->totals.writes_acked++;
    book->totals.deletes_acked += request->is_delete;
    if (request->session != 0) {
        data_tables_remember(&book->tables, request->session, key, (Seen){0},
                             (Seen){version, request->ended});
    }
    if (record->newest != 0 && record->version >= version) {
        check_overwritten(book, record, version, request);
        return;
    }
    if (record->newest == 0) {
        record = data_tables_add_key(&book->tables, key);
    }
    record->version = version;
    record->newest = data_tables_add_ack(
        &book->tables, (Ack){.version = version,
                             .time = request->ended,
                             .request = request->id,
                             .session = request->session,
                             .dc = request->dc,
                             .before = record->newest,
                             .took_us = span_us(request->ended - request->invoked) & TOOK_MOST_US,
                             .is_delete = request->is_delete});
}

/* --- reads ------------------------------------------------------------------------------------ */

/* The earliest acknowledged write that is newer than `version`; NULL when there is none. What a
 * store said nobody would read any more may have been forgotten: then a later one. */
static const Ack *first_newer(DataBook *book, const KeyRecord *record, int64_t version)
{
    const Ack *first = NULL;

    if (record->newest != 0 && version < record->floor) {
        book->totals.reads_beyond_memory++;
    }
    if (record->version <= version) {
        return NULL;
    }
    for (uint32_t place = record->newest; place != 0;) {
        const Ack *ack = data_tables_ack(&book->tables, place);

        if (ack->version <= version) {
            break;
        }
        first = ack;
        place = ack->before;
    }
    return first;
}

static void check_fresh(DataBook *book, const KeyRecord *record, int64_t version,
                        const DataRequest *request)
{
    const Ack *newer = first_newer(book, record, version);
    SimSpan staleness;
    double staleness_s;

    if (newer == NULL || newer->time > request->invoked) {
        histogram_add(book->staleness, 0);
        return;
    }
    staleness = request->invoked - newer->time;
    staleness_s = sim_span_to_s(staleness);
    histogram_add(book->staleness, staleness);
    book->totals.reads_stale++;
    if (staleness > book->totals.staleness_most || book->totals.reads_stale == 1) {
        book->totals.staleness_most = staleness;
        book->totals.staleness_most_at = request->invoked;
    }
    if (finding_list_wants(book->findings, CHECK_STALE, staleness_s)) {
        finding_list_add(book->findings, CHECK_STALE, request->invoked, staleness_s,
                         data_words_stale(&book->words, record->key, version, request, newer));
    }
}

/* Deleted before the read began, and the tombstone is gone: the newest such deletion. */
static const Ack *find_deletion(const DataBook *book, const KeyRecord *record, int64_t version,
                                SimTime until)
{
    int64_t purged = copy_log_purged(book->copies, record->key);

    for (uint32_t place = purged > version ? record->newest : 0; place != 0;) {
        const Ack *ack = data_tables_ack(&book->tables, place);

        if (ack->version <= version) {
            break;
        }
        if (ack->is_delete && ack->version <= purged && ack->time <= until) {
            return ack;
        }
        place = ack->before;
    }
    return NULL;
}

static void check_deleted(DataBook *book, const KeyRecord *record, int64_t version,
                          const DataRequest *request)
{
    const Ack *deletion = find_deletion(book, record, version, request->invoked);

    if (deletion == NULL) {
        return;
    }
    book->totals.resurrected++;
    if (wants(book, CHECK_RESURRECTED)) {
        finding_list_add(
            book->findings, CHECK_RESURRECTED, request->invoked, 1,
            data_words_resurrected(&book->words, record->key, version, request, deletion));
    }
}

/* Only against what the session knew before it asked. */
static void check_session(DataBook *book, uint64_t key, int64_t version, const DataRequest *request)
{
    const SessionRecord *known = data_tables_session(&book->tables, request->session, key);

    book->totals.reads_of_own += known->wrote.version > 0;
    if (known->read.version > version && known->read.time <= request->invoked) {
        book->totals.reads_back_in_time++;
        if (wants(book, CHECK_BACK_IN_TIME)) {
            finding_list_add(
                book->findings, CHECK_BACK_IN_TIME, request->invoked, 1,
                data_words_session(&book->words, key, version, request, known->read, "was shown"));
        }
    }
    if (known->wrote.version > version && known->wrote.time <= request->invoked) {
        book->totals.reads_without_own++;
        if (wants(book, CHECK_OWN_WRITE)) {
            finding_list_add(
                book->findings, CHECK_OWN_WRITE, request->invoked, 1,
                data_words_session(&book->words, key, version, request, known->wrote, "wrote"));
        }
    }
}

void data_book_read(DataBook *book, uint64_t key, int64_t version, const DataRequest *request)
{
    /* Nothing left is as good as the newest tombstone that was purged. */
    int64_t shown = version != 0 ? version : copy_log_purged(book->copies, key);
    const KeyRecord *record = data_tables_key(&book->tables, key);

    book->totals.reads_checked++;
    if (record->newest != 0) {
        check_fresh(book, record, shown, request);
    } else {
        histogram_add(book->staleness, 0);
    }
    if (record->newest != 0 && version > 0 && !request->found_nothing) {
        check_deleted(book, record, version, request);
    }
    if (request->session != 0) {
        check_session(book, key, shown, request);
        data_tables_remember(&book->tables, request->session, key,
                             (Seen){version, MAX(request->ended, request->invoked)}, (Seen){0});
    }
}

/* --- copies ----------------------------------------------------------------------------------- */

void data_book_copy(DataBook *book, const CopyRow *row)
{
    book->totals.tombstones_purged += row->fate == COPY_PURGED;
    copy_log_add(book->copies, row);
}

int64_t data_book_purged(const DataBook *book, uint64_t key)
{
    return copy_log_purged(book->copies, key);
}

/* Counts the acknowledged versions that are newer than `left`, up to `lost`, once each. NULL when
 * there is none, the newest of them otherwise. */
static const Ack *count_lost(DataBook *book, uint64_t key, int64_t left, int64_t lost,
                             uint64_t *count)
{
    const KeyRecord *record = data_tables_key(&book->tables, key);
    const Ack *newest = NULL;

    *count = 0;
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

/* `when` SIM_NEVER: it was found to be missing in the end. */
static void lose(DataBook *book, uint64_t key, int64_t left, int64_t lost, SimTime when)
{
    uint64_t count;
    const Ack *ack = count_lost(book, key, left, lost, &count);

    if (ack != NULL && wants(book, CHECK_LOST)) {
        finding_list_add(book->findings, CHECK_LOST, ack->time, (double)count,
                         data_words_lost(&book->words, key, ack, left, when));
    }
}

void data_book_lose(DataBook *book, uint64_t key, int64_t left, int64_t lost, SimTime when)
{
    lose(book, key, left, lost, when);
}

void data_book_final(DataBook *book, uint64_t key, int64_t newest, int64_t oldest, SimTime now)
{
    book->totals.keys_judged++;
    lose(book, key, newest, INT64_MAX, SIM_NEVER);
    if (oldest != newest) {
        book->totals.keys_diverged++;
        if (wants(book, CHECK_DIVERGED)) {
            finding_list_add(book->findings, CHECK_DIVERGED, now, 1,
                             data_words_diverged(&book->words, key, oldest, newest));
        }
    }
}

void data_book_final_shown(DataBook *book, uint64_t key, int64_t version, SimTime now)
{
    const KeyRecord *record = data_tables_key(&book->tables, key);
    const Ack *deletion = record->newest != 0 ? find_deletion(book, record, version, now) : NULL;

    if (deletion == NULL) {
        return;
    }
    book->totals.resurrected++;
    if (wants(book, CHECK_RESURRECTED)) {
        finding_list_add(book->findings, CHECK_RESURRECTED, now, 1,
                         data_words_resurrected(&book->words, key, version, NULL, deletion));
    }
}

/* --- forgetting, totals ----------------------------------------------------------------------- */

void data_book_forget(DataBook *book, const FloorSource *floors, SimTime settled, SimTime now)
{
    data_tables_forget(&book->tables, floors, settled, now);
}

uint64_t data_book_count_kept(const DataBook *book)
{
    return data_tables_count(&book->tables);
}

static gint key_compare(gconstpointer a, gconstpointer b)
{
    uint64_t one = ((const KeyRecord *)a)->key, other = ((const KeyRecord *)b)->key;

    return (one > other) - (one < other);
}

void data_book_each_key(const DataBook *book, DataEachKey *each, void *context)
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

DataTotals data_book_totals(const DataBook *book)
{
    DataTotals totals = book->totals;

    totals.keys_written = book->tables.key_count;
    totals.staleness = book->staleness;
    return totals;
}

FindingList *data_book_findings(DataBook *book)
{
    return book->findings;
}
