/* data_words.h - the shortest history that proves a violation, in words: who wrote what when, who
 * acknowledged it, which replicas hold what now and what became of their copies. Texts are the
 * caller's. */
#pragma once

#include "sim/checkers/data_book.h"
#include "sim/checkers/data_tables.h"

typedef struct DataWords {
    SimTime epoch; /* that times count from */
    const CopyLog *copies;
    CopyWitness witness; /* no `tell`: nobody knows what replicas hold */
} DataWords;

/* `when` SIM_NEVER: missing in the end. */
char *data_words_lost(const DataWords *words, uint64_t key, const Ack *ack, int64_t left,
                      SimTime when);
char *data_words_stale(const DataWords *words, uint64_t key, int64_t version,
                       const DataRequest *read, const Ack *newer);
/* `read` NULL: it is there in the end. */
char *data_words_resurrected(const DataWords *words, uint64_t key, int64_t version,
                             const DataRequest *read, const Ack *deletion);
/* `did`: "was shown" or "wrote". */
char *data_words_session(const DataWords *words, uint64_t key, int64_t version,
                         const DataRequest *read, Seen seen, const char *did);
char *data_words_overwritten(const DataWords *words, uint64_t key, int64_t version,
                             const DataRequest *write, const Ack *overwriter);
char *data_words_diverged(const DataWords *words, uint64_t key, int64_t oldest, int64_t newest);
