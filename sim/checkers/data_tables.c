/* data_tables.c - acknowledgements by key, and what sessions have seen. Most of it is of no more
 * use after some seconds: once every replica has a version, no read shows an older one, and neither
 * acknowledgements nor memories of older ones can tell anything. They are forgotten in two steps, a
 * request's life apart, because a read that is under way may have been served before. */
#include "sim/checkers/data_tables.h"

#include "sim/base/huge_pages.h"
#include "sim/base/key_place.h"

#define CHUNK_BITS 14
#define CHUNK_ACKS (1u << CHUNK_BITS)
#define TABLE_FIRST 4096 /* power of two */
#define WORTH_IT 65536   /* entries: fewer are not looked through */

static KeyRecord *data_new_keys(uint64_t capacity)
{
    KeyRecord *keys = g_new0(KeyRecord, capacity);

    huge_pages_advise(keys, capacity * sizeof(KeyRecord));
    return keys;
}

static SessionRecord *data_new_sessions(uint64_t capacity)
{
    SessionRecord *sessions = g_new0(SessionRecord, capacity);

    huge_pages_advise(sessions, capacity * sizeof(SessionRecord));
    return sessions;
}

void data_tables_init(DataTables *tables)
{
    *tables = (DataTables){.key_capacity = TABLE_FIRST, .session_capacity = TABLE_FIRST};
    tables->chunks = g_ptr_array_new_with_free_func(g_free);
    tables->keys = data_new_keys(TABLE_FIRST);
    tables->sessions = data_new_sessions(TABLE_FIRST);
}

void data_tables_clear(DataTables *tables)
{
    g_ptr_array_free(tables->chunks, true);
    g_free(tables->keys);
    g_free(tables->sessions);
    g_free(tables->floors);
}

/* --- finding ---------------------------------------------------------------------------------- */

/* Not as keys: pairs of users and their own data have no neighbours who come together. */
static inline uint64_t data_tables_session_begin(const DataTables *tables, uint64_t session,
                                                 uint64_t key)
{
    return key_mix(key_mix(session) + key) & (tables->session_capacity - 1);
}

void data_tables_expect(const DataTables *tables, uint64_t session, uint64_t key)
{
    const SessionRecord *known = &tables->sessions[data_tables_session_begin(tables, session, key)];

    __builtin_prefetch(&tables->keys[key_place(key, tables->key_capacity)]);
    __builtin_prefetch(known);
    __builtin_prefetch(&known->wrote.time); /* often in the next cache line */
}

KeyRecord *data_tables_key(const DataTables *tables, uint64_t key)
{
    uint64_t i = key_place(key, tables->key_capacity);

    while (tables->keys[i].newest != 0 && tables->keys[i].key != key) {
        i = (i + KEY_STEP) & (tables->key_capacity - 1);
    }
    return &tables->keys[i];
}

KeyRecord *data_tables_add_key(DataTables *tables, uint64_t key)
{
    KeyRecord *record;

    if (2 * (tables->key_count + 1) > tables->key_capacity) {
        g_autofree KeyRecord *before = tables->keys;
        uint64_t capacity = tables->key_capacity;

        g_clear_pointer(&tables->floors, g_free); /* they are by slot */
        tables->key_capacity = 2 * capacity;
        tables->keys = data_new_keys(tables->key_capacity);
        for (uint64_t i = 0; i < capacity; i++) {
            if (before[i].newest != 0) {
                *data_tables_key(tables, before[i].key) = before[i];
            }
        }
    }
    tables->key_count++;
    record = data_tables_key(tables, key);
    record->key = key;
    return record;
}

static inline bool is_taken(const SessionRecord *record)
{
    return (record->read.version | record->wrote.version) != 0;
}

SessionRecord *data_tables_session(const DataTables *tables, uint64_t session, uint64_t key)
{
    uint64_t i = data_tables_session_begin(tables, session, key);

    while (is_taken(&tables->sessions[i]) &&
           (tables->sessions[i].session != session || tables->sessions[i].key != key)) {
        i = (i + 1) & (tables->session_capacity - 1);
    }
    return &tables->sessions[i];
}

static void data_tables_grow_sessions(DataTables *tables)
{
    g_autofree SessionRecord *before = tables->sessions;
    uint64_t capacity = tables->session_capacity;

    tables->session_capacity = 2 * capacity;
    tables->sessions = data_new_sessions(tables->session_capacity);
    for (uint64_t i = 0; i < capacity; i++) {
        if (is_taken(&before[i])) {
            *data_tables_session(tables, before[i].session, before[i].key) = before[i];
        }
    }
}

void data_tables_remember(DataTables *tables, uint64_t session, uint64_t key, Seen read, Seen wrote)
{
    SessionRecord *record = data_tables_session(tables, session, key);

    if (read.version <= record->read.version && wrote.version <= record->wrote.version) {
        return;
    }
    if (!is_taken(record)) {
        if (2 * (tables->session_count + 1) > tables->session_capacity) {
            data_tables_grow_sessions(tables);
            record = data_tables_session(tables, session, key);
        }
        tables->session_count++;
        *record = (SessionRecord){.session = session, .key = key};
    }
    record->read = read.version > record->read.version ? read : record->read;
    record->wrote = wrote.version > record->wrote.version ? wrote : record->wrote;
}

Ack *data_tables_ack(const DataTables *tables, uint32_t place)
{
    Ack *chunk = g_ptr_array_index(tables->chunks, (place - 1) >> CHUNK_BITS);

    return &chunk[(place - 1) & (CHUNK_ACKS - 1)];
}

uint32_t data_tables_add_ack(DataTables *tables, Ack ack)
{
    g_assert_cmpuint(tables->ack_count, <, UINT32_MAX - 1);
    if (tables->ack_count % CHUNK_ACKS == 0) {
        g_ptr_array_add(tables->chunks, g_new(Ack, CHUNK_ACKS));
    }
    tables->ack_count++;
    *data_tables_ack(tables, tables->ack_count) = ack;
    return tables->ack_count;
}

/* --- forgetting ------------------------------------------------------------------------------- */

uint64_t data_tables_count(const DataTables *tables)
{
    return (uint64_t)tables->ack_count + tables->session_count;
}

/* What replicas show from now on, by slot of the key. */
static void tables_ask_floors(DataTables *tables, const FloorSource *source, SimTime now)
{
    g_autofree uint64_t *keys = g_new(uint64_t, tables->key_count);
    g_autofree int64_t *floors = g_new0(int64_t, tables->key_count);
    size_t count = 0;

    for (uint64_t i = 0; i < tables->key_capacity; i++) {
        if (tables->keys[i].newest != 0) {
            keys[count++] = tables->keys[i].key;
        }
    }
    source->fill(source->context, keys, floors, count);
    tables->floors = g_new0(int64_t, tables->key_capacity);
    tables->floors_at = now;
    for (uint64_t i = tables->key_capacity; i-- > 0;) {
        if (tables->keys[i].newest != 0) {
            tables->floors[i] = floors[--count];
        }
    }
}

/* Moves to `into` what may be needed of the key: all above its floor for reads; for writes that are
 * asked for from now on the newest one that all of them come after; and the newest of all. */
static void tables_keep_acks(const DataTables *tables, DataTables *into, KeyRecord *record,
                             GArray *kept)
{
    uint32_t before = 0;

    g_array_set_size(kept, 0);
    for (uint32_t place = record->newest; place != 0;) {
        const Ack *ack = data_tables_ack(tables, place);

        g_array_append_val(kept, *ack);
        if (ack->version <= record->floor && ack->time <= tables->floors_at) {
            break;
        }
        place = ack->before;
    }
    for (guint i = kept->len; i-- > 0;) {
        Ack ack = g_array_index(kept, Ack, i);

        ack.before = before;
        before = data_tables_add_ack(into, ack);
    }
    record->newest = before;
}

static void tables_forget_acks(DataTables *tables)
{
    DataTables into = {.chunks = g_ptr_array_new_with_free_func(g_free)};
    g_autoptr(GArray) kept = g_array_new(false, false, sizeof(Ack));

    for (uint64_t i = 0; i < tables->key_capacity; i++) {
        if (tables->keys[i].newest != 0) {
            tables->keys[i].floor = MAX(tables->keys[i].floor, tables->floors[i]);
            tables_keep_acks(tables, &into, &tables->keys[i], kept);
        }
    }
    g_ptr_array_free(tables->chunks, true);
    tables->chunks = into.chunks;
    tables->ack_count = into.ack_count;
}

static void tables_forget_sessions(DataTables *tables)
{
    g_autofree SessionRecord *before = tables->sessions;
    uint64_t capacity = tables->session_capacity;

    tables->sessions = data_new_sessions(capacity);
    tables->session_count = 0;
    for (uint64_t i = 0; i < capacity; i++) {
        const KeyRecord *key = data_tables_key(tables, before[i].key);

        if (is_taken(&before[i]) &&
            (key->newest == 0 ||
             MAX(before[i].read.version, before[i].wrote.version) > key->floor)) {
            *data_tables_session(tables, before[i].session, before[i].key) = before[i];
            tables->session_count++;
        }
    }
}

void data_tables_forget(DataTables *tables, const FloorSource *source, SimTime settled, SimTime now)
{
    if (data_tables_count(tables) < 2 * tables->kept_count + WORTH_IT) {
        return;
    }
    if (tables->floors == NULL) {
        tables_ask_floors(tables, source, now);
    } else if (settled > tables->floors_at) {
        tables_forget_acks(tables);
        tables_forget_sessions(tables);
        g_clear_pointer(&tables->floors, g_free);
        tables->kept_count = data_tables_count(tables);
    }
}
