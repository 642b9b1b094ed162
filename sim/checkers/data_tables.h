/* data_tables.h - what the data checks remember: acknowledgements by key, and the newest version
 * that each session has read and written of a key. Private to the book of data. */
#pragma once

#include "sim/checkers/data_book.h"

#define TOOK_MOST_US 0x3fffffff

typedef struct Ack {
    int64_t version;
    SimTime time;
    uint64_t request, session;
    const char *dc;
    uint32_t before;       /* the key's next older one, plus 1; 0: none */
    uint32_t took_us : 30; /* since it was asked for, TOOK_MOST_US at most */
    uint32_t is_lost : 1;  /* counted as lost already */
    uint32_t is_delete : 1;
} Ack;

typedef struct KeyRecord {
    uint64_t key;
    int64_t floor;   /* no read shows an older version: what is not newer may be forgotten */
    int64_t version; /* of `newest`, so that a read that shows it needs no more */
    uint32_t newest; /* ack plus 1; 0: the slot is free */
} KeyRecord;

/* A version and when it was read first, or when its write was acknowledged. */
typedef struct Seen {
    int64_t version; /* 0: none */
    SimTime time;
} Seen;

typedef struct SessionRecord {
    uint64_t session, key;
    Seen read, wrote; /* the newest ones; both 0: the slot is free */
} SessionRecord;

typedef struct DataTables {
    GPtrArray *chunks; /* of Ack */
    uint32_t ack_count;
    KeyRecord *keys; /* open addressing, at most half full */
    uint64_t key_count, key_capacity;
    SessionRecord *sessions; /* likewise */
    uint64_t session_count, session_capacity;
    uint64_t kept_count; /* acks and sessions that the last forgetting left */
    int64_t *floors;     /* by slot of the key, asked for at `floors_at`; NULL: none */
    SimTime floors_at;
} DataTables;

void data_tables_init(DataTables *tables);
void data_tables_clear(DataTables *tables);

/* The record of `key`, or the free one where it would stand; a new record of it. */
KeyRecord *data_tables_key(const DataTables *tables, uint64_t key);
KeyRecord *data_tables_add_key(DataTables *tables, uint64_t key);

/* An acknowledgement by its place; the place of a new one. */
Ack *data_tables_ack(const DataTables *tables, uint32_t place);
uint32_t data_tables_add_ack(DataTables *tables, Ack ack);

/* What `session` knows of `key`, or the free record where that would stand; has it know that it
 * was shown `read`, or that it wrote `wrote`, unless that is older than what it knows; versions of
 * 0 say nothing. */
SessionRecord *data_tables_session(const DataTables *tables, uint64_t session, uint64_t key);
void data_tables_remember(DataTables *tables, uint64_t session, uint64_t key, Seen read,
                          Seen wrote);

/* As data_book_expect. */
void data_tables_expect(const DataTables *tables, uint64_t session, uint64_t key);

/* Acknowledgements and memories of sessions. */
uint64_t data_tables_count(const DataTables *tables);

/* When much has come together, asks for the floors; at a later call, when all requests wanted
 * before `settled` have ended and the floors are older, forgets what is not newer than they. The
 * newest acknowledgement of each key always stays, and the newest one that a write asked for from
 * then on can only come after. */
void data_tables_forget(DataTables *tables, const FloorSource *source, SimTime settled,
                        SimTime now);
