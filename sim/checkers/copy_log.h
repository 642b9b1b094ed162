/* copy_log.h - what became of copies: for proofs the first ones told, for the newest purged
 * tombstone of each key all of them. */
#pragma once

#include <glib.h>

#include "sim/checkers/operation.h"

typedef struct CopyRow {
    uint64_t key;
    int64_t version;
    SimTime time;
    const char *replica; /* outlives the log */
    CopyFate fate;
} CopyRow;

typedef struct CopyLog CopyLog;

CopyLog *copy_log_new(void);
void copy_log_free(CopyLog *log);

void copy_log_add(CopyLog *log, const CopyRow *row);

/* The newest version of `key` that was purged anywhere; 0: none. */
int64_t copy_log_purged(const CopyLog *log, uint64_t key);

/* Adds a line to `text` for each replica and version of `key`, from `oldest` to `newest`, that was
 * told of: "; at 3.000000 s DC03-db1 lost version 7". Times count from `epoch`. Says when some were
 * not kept. */
void copy_log_tell(const CopyLog *log, uint64_t key, int64_t oldest, int64_t newest, SimTime epoch,
                   GString *text);
