/* checker_story.h - random histories of one or two data: legal ones, ones with a planted violation,
 * and wild ones; and a judge that goes by the words of sim/checkers/data_book.h and looks through
 * everything. */
#pragma once

#include "sim/base/rng.h"
#include "sim/checkers/data_book.h"

/* One thing that a book is told. */
typedef enum DeedType {
    DEED_WRITE,
    DEED_READ,
    DEED_PURGE,
    DEED_LOSE,  /* `version`: lost, `other`: left */
    DEED_FINAL, /* `version`: newest, `other`: oldest */
    DEED_SHOWN,
} DeedType;

typedef struct Deed {
    DeedType type;
    uint64_t key;
    int64_t version, other;
    SimTime time; /* when it is told */
    DataRequest request;
} Deed;

typedef struct Story {
    GArray *deeds; /* of Deed, in order of time */
    uint64_t first_key, first_session;
    Rng *rng;
} Story;

/* Keys from `first_key` on, sessions likewise: fewer than STORY_NAMES of each. */
#define STORY_NAMES 16
Story story_new(Rng *rng, uint64_t number);
void story_clear(Story *story);

/* A store whose statements happen at one instant each, some without an answer. */
void story_make_legal(Story *story);
/* Any versions at all, of sessions that ask one thing at a time. */
void story_make_wild(Story *story);
/* A legal one with one violation of `check`, one of those that DataBook looks for. */
void story_make_planted(Story *story, Check check);

void story_tell(const Story *story, DataBook *book);

/* Violations by check. */
typedef struct StoryCounts {
    uint64_t each[CHECKS];
    SimSpan staleness_most;
} StoryCounts;
StoryCounts story_judge(const Story *story);

/* What the book counted from `before` on; `staleness_most` is left at 0. */
StoryCounts story_counted(const DataTotals *before, const DataTotals *after);
