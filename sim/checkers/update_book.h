/* update_book.h - writes that stand on what was read, and those that they overwrote without having
 * seen them. An update is a write that follows a read of the same datum within one request ("base":
 * the version that was read; 0: nothing); a compare-and-set is one whose base was checked.
 *
 * no-lost-update, word for word: a write was acknowledged, and an acknowledged update has a newer
 * version but a base that is older: whoever wrote the update had not seen it, and what it changed
 * is gone. Both clocks may be right. Of two that were acknowledged the later told one is lost where
 * the earlier has the newer version; an earlier one where the later has the newest of all.
 *
 * Of each key the last UPDATES_KEPT acknowledged writes are kept: one that so many others have
 * followed is not looked at any more. */
#pragma once

#include "sim/checkers/data_book.h"

#define UPDATES_KEPT 256

typedef struct UpdateTotals {
    uint64_t updates_acked,
        updates_lost; /* lost: writes and updates that were overwritten unseen */
} UpdateTotals;

typedef struct UpdateBook UpdateBook;

UpdateBook *update_book_new(void);
void update_book_free(UpdateBook *book);

/* A write was acknowledged, not before any told earlier. `request->is_update`: it stands on
 * `request->base`. Times in proofs count from `epoch`. */
void update_book_write(UpdateBook *book, uint64_t key, int64_t version, const DataRequest *request,
                       SimTime epoch, FindingList *findings);

UpdateTotals update_book_totals(const UpdateBook *book);
