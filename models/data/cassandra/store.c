/* store.c - what replicas hold: a version for each key. */
#include "models/data/cassandra/store.h"

#include "sim/base/huge_pages.h"
#include "sim/base/key_place.h"

#define FIRST_CAPACITY 1024u /* powers of two from here on */
#define EMPTY UINT32_MAX

static KeyEntry *make_slots(uint32_t capacity)
{
    KeyEntry *slots = g_new(KeyEntry, capacity);

    huge_pages_advise(slots, capacity * sizeof(KeyEntry));
    for (uint32_t i = 0; i < capacity; i++) {
        slots[i].index = EMPTY;
    }
    return slots;
}

/* The slot that has `key`, or the empty one where it would stand. */
static KeyEntry *probe(const KeyTable *table, uint64_t key)
{
    uint64_t at = key_place(key, table->capacity);

    while (table->slots[at].index != EMPTY && table->slots[at].key != key) {
        at = (at + KEY_STEP) & (table->capacity - 1);
    }
    return &table->slots[at];
}

static void grow(KeyTable *table)
{
    KeyEntry *old = table->slots;
    uint32_t old_capacity = table->capacity;

    table->capacity *= 2;
    table->slots = make_slots(table->capacity);
    table->keys = g_renew(uint64_t, table->keys, table->capacity);
    table->next = g_renew(uint32_t, table->next, table->capacity);
    for (uint32_t i = 0; i < old_capacity; i++) {
        if (old[i].index != EMPTY) {
            *probe(table, old[i].key) = old[i];
        }
    }
    g_free(old);
}

static void list_in_range(KeyTable *table, const KeyEntry *entry)
{
    if (entry->range >= table->range_capacity) {
        uint32_t capacity = MAX(64, entry->range * 2);

        table->first = g_renew(uint32_t, table->first, capacity);
        for (uint32_t i = table->range_capacity; i < capacity; i++) {
            table->first[i] = KEY_NONE;
        }
        table->range_capacity = capacity;
    }
    table->next[entry->index] = table->first[entry->range];
    table->first[entry->range] = entry->index;
}

void key_table_init(KeyTable *table, KeyPlace *place, void *context)
{
    table->capacity = FIRST_CAPACITY;
    table->slots = make_slots(table->capacity);
    table->keys = g_new(uint64_t, table->capacity);
    table->next = g_new(uint32_t, table->capacity);
    table->first = NULL;
    table->range_capacity = 0;
    table->count = 0;
    table->place = place;
    table->context = context;
}

void key_table_clear(KeyTable *table)
{
    g_clear_pointer(&table->slots, g_free);
    g_clear_pointer(&table->keys, g_free);
    g_clear_pointer(&table->next, g_free);
    g_clear_pointer(&table->first, g_free);
    table->capacity = table->count = 0;
}

void key_table_expect(const KeyTable *table, uint64_t key)
{
    __builtin_prefetch(&table->slots[key_place(key, table->capacity)]);
}

const KeyEntry *key_table_add(KeyTable *table, uint64_t key)
{
    KeyEntry *entry = probe(table, key);

    if (entry->index != EMPTY) {
        return entry;
    }
    if (table->count >= table->capacity / 2) {
        grow(table);
        entry = probe(table, key);
    }
    entry->key = key;
    table->keys[table->count] = key;
    entry->index = table->count++;
    entry->range = table->place(table->context, key);
    list_in_range(table, entry);
    return entry;
}

const KeyEntry *key_table_find(const KeyTable *table, uint64_t key)
{
    const KeyEntry *entry = probe(table, key);

    return entry->index == EMPTY ? NULL : entry;
}

void store_clear(Store *store)
{
    g_clear_pointer(&store->versions, g_free);
    store->size = 0;
}

static void make_room(Store *store, uint32_t slot)
{
    uint32_t size = MAX(store->size, FIRST_CAPACITY);

    while (size <= slot) {
        size *= 2;
    }
    store->versions = g_renew(int64_t, store->versions, size);
    huge_pages_advise(store->versions, size * sizeof(int64_t));
    for (uint32_t i = store->size; i < size; i++) {
        store->versions[i] = 0;
    }
    store->size = size;
}

int64_t store_put(Store *store, uint32_t slot, int64_t version)
{
    int64_t before;

    if (slot >= store->size) {
        make_room(store, slot);
    }
    before = store->versions[slot];
    if (version > before) {
        store->versions[slot] = version;
    }
    return before;
}

void store_restore(Store *store, uint32_t slot, int64_t version)
{
    g_assert_cmpuint(slot, <, store->size);
    store->versions[slot] = version;
}
