/* sstables.h - the tables of a node on disk, and which of them a compaction takes next. Sizes only:
 * which keys a table holds is not known here.
 * Source: Cassandra 3.11 db/compaction/SizeTieredCompactionStrategy (getBuckets,
 * mostInterestingBucket; all tables are read alike, so the smallest bucket goes first),
 * LeveledManifest (getCompactionCandidates, getEstimatedTasks). Left out: hotness, tombstone
 * compactions, and key ranges of levelled tables: one overlaps its share of the next level. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum CompactionStrategy { COMPACTION_SIZE_TIERED, COMPACTION_LEVELED } CompactionStrategy;

typedef struct CompactionOptions {
    int strategy;
    int64_t min_threshold, max_threshold; /* tables that are compacted at once */
    int64_t sstable_size;                 /* of a levelled table, bytes */
} CompactionOptions;

typedef struct SsTable {
    int64_t size_bytes;
    uint32_t number; /* counted from 1 in order of making */
    uint8_t level;   /* 0 with size tiers */
    bool is_compacting;
} SsTable;

typedef struct SsTables {
    GArray *tables; /* of SsTable, in order of number */
    GArray *sorted; /* scratch: of SsTable, by size */
    int64_t size_bytes;
    uint32_t last_number;
} SsTables;

#define SSTABLE_LEVELS 9

void sstables_init(SsTables *tables);
void sstables_clear(SsTables *tables);

/* A new table; its number. */
uint32_t sstables_add(SsTables *tables, int64_t size_bytes, guint level);
void sstables_remove(SsTables *tables, uint32_t number);
SsTable *sstables_find(const SsTables *tables, uint32_t number);

/* As many bytes as there are after a long time of flushes of `flush_bytes` each: with size tiers up
 * to three tables of each size, each four times the one before; levels are filled from below. */
void sstables_fill(SsTables *tables, const CompactionOptions *options, int64_t size_bytes,
                   int64_t flush_bytes);

/* The numbers of the tables to compact next, appended to `numbers`, and the level that they go to;
 * false when nothing is to be done. Tables that are being compacted are left alone. */
bool sstables_choose(SsTables *tables, const CompactionOptions *options, GArray *numbers,
                     guint *level);

/* Compactions that are still to be done, as far as one sees now; not those under way. */
guint sstables_pending(SsTables *tables, const CompactionOptions *options);

/* Tables that may hold a part of one row: with size tiers all, with levels those of level 0 and
 * one. */
guint sstables_count_for_read(const SsTables *tables, const CompactionOptions *options);
