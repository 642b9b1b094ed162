/* store.h - what replicas hold: a version for each key. One table for all nodes gives each key a
 * dense index and its place on the ring, found once. The versions of a key's replicas stand side by
 * side in slots, so that a write meets one cache line and not one for each replica. */
#pragma once

#include <glib.h>
#include <stdint.h>

/* A key's dense index and ring range. */
typedef struct KeyEntry {
    uint64_t key;
    uint32_t index; /* counted from 0 in order of first use */
    uint32_t range;
} KeyEntry;

/* Finds the range of a key seen for the first time. */
typedef uint32_t KeyPlace(void *context, uint64_t key);

#define KEY_NONE UINT32_MAX

typedef struct KeyTable {
    KeyEntry *slots; /* open addressing; index UINT32_MAX: empty */
    uint64_t *keys;  /* by index */
    uint32_t *next;  /* by index: the next key of the same range, KEY_NONE after the last */
    uint32_t *first; /* by range: its first key, for range_capacity ranges */
    uint32_t range_capacity;
    uint32_t capacity, count;
    KeyPlace *place;
    void *context;
} KeyTable;

void key_table_init(KeyTable *table, KeyPlace *place, void *context);
void key_table_clear(KeyTable *table);

/* The entry of `key`, made when there is none. Valid until the next call. */
const KeyEntry *key_table_add(KeyTable *table, uint64_t key);

/* Has the processor fetch it: one of these two comes in a moment. */
void key_table_expect(const KeyTable *table, uint64_t key);

/* The same, or NULL when there is none. */
const KeyEntry *key_table_find(const KeyTable *table, uint64_t key);

/* The index of the first key in a range, or KEY_NONE. */
static inline uint32_t key_table_first(const KeyTable *table, uint32_t range)
{
    return range < table->range_capacity ? table->first[range] : KEY_NONE;
}

/* Versions by slot; those beyond `size` are 0: never written. */
typedef struct Store {
    int64_t *versions;
    uint32_t size;
} Store;

void store_clear(Store *store);

static inline int64_t store_get(const Store *store, uint32_t slot)
{
    return slot < store->size ? store->versions[slot] : 0;
}

/* Has the processor fetch what stands at `slot` and behind it before it is asked for: a coordinator
 * knows its key long before a replica looks for it, and the table is larger than a cache. */
static inline void store_prefetch(const Store *store, uint32_t slot, uint32_t count)
{
    if (slot + count <= store->size) {
        const int64_t *versions = &store->versions[slot];

        __builtin_prefetch(versions);
        __builtin_prefetch(versions + count / 2);
        __builtin_prefetch(versions + count - 1);
    }
}

/* Writes `version` unless the store has a newer one (the newest timestamp wins); returns what it
 * had before. */
int64_t store_put(Store *store, uint32_t slot, int64_t version);

/* Puts an earlier version back, whatever is there: for what a power loss undoes. */
void store_restore(Store *store, uint32_t slot, int64_t version);
