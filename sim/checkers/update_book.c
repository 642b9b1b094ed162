/* update_book.c - see update_book.h. The writes of a key stand in order of acknowledgement. */
#include "sim/checkers/update_book.h"

typedef struct Update {
    int64_t version, base;
    SimTime time;
    uint64_t request;
    const char *dc;
    bool is_update, is_lost;
} Update;

struct UpdateBook {
    GHashTable *keys; /* uint64_t * -> GArray of Update; only looked up */
    UpdateTotals totals;
};

static void free_updates(gpointer data)
{
    g_array_unref(data);
}

UpdateBook *update_book_new(void)
{
    UpdateBook *book = g_new0(UpdateBook, 1);

    book->keys = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, free_updates);
    return book;
}

void update_book_free(UpdateBook *book)
{
    if (book != NULL) {
        g_hash_table_unref(book->keys);
        g_free(book);
    }
}

static GArray *updates_of(UpdateBook *book, uint64_t key)
{
    GArray *updates = g_hash_table_lookup(book->keys, &key);

    if (updates == NULL) {
        updates = g_array_new(false, false, sizeof(Update));
        g_hash_table_insert(book->keys, g_memdup2(&key, sizeof key), updates);
    }
    return updates;
}

static void add_one(GString *text, uint64_t key, const Update *update, SimTime epoch)
{
    if (update->is_update) {
        g_string_append_printf(text,
                               "request %" G_GUINT64_FORMAT " read version %" G_GINT64_FORMAT
                               " of key %" G_GUINT64_FORMAT " and wrote ",
                               update->request, update->base, key);
    } else {
        g_string_append_printf(text, "request %" G_GUINT64_FORMAT " wrote ", update->request);
    }
    g_string_append_printf(text,
                           "version %" G_GINT64_FORMAT " of key %" G_GUINT64_FORMAT
                           ", acknowledged at %.6f s by %s",
                           update->version, key, sim_span_to_s(update->time - epoch),
                           update->dc != NULL ? update->dc : "nowhere");
}

static char *tell(uint64_t key, const Update *lost, const Update *by, SimTime epoch)
{
    GString *text = g_string_new(NULL);

    add_one(text, key, lost, epoch);
    g_string_append(text, "; ");
    add_one(text, key, by, epoch);
    g_string_append_printf(text,
                           ": it is newer and had not seen it, so what request %" G_GUINT64_FORMAT
                           " changed is gone",
                           lost->request);
    return g_string_free(text, false);
}

typedef struct Told {
    UpdateBook *book;
    FindingList *findings;
    uint64_t key;
    SimTime epoch;
} Told;

/* Counts `lost` when `by` has overwritten it unseen; a request cannot do so to itself. */
static void judge(const Told *told, Update *lost, const Update *by)
{
    if (lost->is_lost || !by->is_update || lost->request == by->request ||
        lost->version <= by->base || lost->version >= by->version) {
        return;
    }
    lost->is_lost = true;
    told->book->totals.updates_lost++;
    if (finding_list_wants(told->findings, CHECK_UPDATE_LOST, 1)) {
        finding_list_add(told->findings, CHECK_UPDATE_LOST, MAX(lost->time, by->time), 1,
                         tell(told->key, lost, by, told->epoch));
    }
}

void update_book_write(UpdateBook *book, uint64_t key, int64_t version, const DataRequest *request,
                       SimTime epoch, FindingList *findings)
{
    GArray *updates = updates_of(book, key);
    const Told told = {book, findings, key, epoch};
    Update update = {.version = version,
                     .base = request->base,
                     .time = request->ended,
                     .request = request->id,
                     .dc = request->dc,
                     .is_update = request->is_update};
    bool is_newest = true;

    book->totals.updates_acked += update.is_update;
    for (guint i = 0; i < updates->len; i++) {
        const Update *other = &g_array_index(updates, Update, i);

        is_newest = is_newest && other->version < version;
        judge(&told, &update, other);
    }
    for (guint i = 0; is_newest && i < updates->len; i++) {
        judge(&told, &g_array_index(updates, Update, i), &update);
    }
    if (updates->len == UPDATES_KEPT) {
        g_array_remove_index(updates, 0);
    }
    g_array_append_val(updates, update);
}

UpdateTotals update_book_totals(const UpdateBook *book)
{
    return book != NULL ? book->totals : (UpdateTotals){0};
}
