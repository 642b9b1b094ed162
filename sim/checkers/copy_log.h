/* copy_log.h - what became of copies: for proofs the first ones told, for the newest purged
 * tombstone of each key all of them. */
#pragma once

#include <glib.h>

#include "sim/base/sim_time.h"

/* What becomes of a copy that a replica holds or should hold. */
typedef enum CopyFate {
    COPY_LOST,         /* was stored and is gone: not yet on the disk when the power failed */
    COPY_HINT_DROPPED, /* the replica missed it, and no hint will bring it */
    COPY_PURGED,       /* a tombstone that has served its time was dropped */
    COPY_DROPPED,      /* the column that it was the data of was dropped */
} CopyFate;

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
