/* storage_settings.h - the section "storage": memory, disk and compaction (storage.h). */
#pragma once

#include "models/data/cassandra/sstables.h"
#include "sim/base/sim_time.h"

typedef struct StorageSettings {
    bool modelled;
    int64_t heap_size, memtable_heap_space, memtable_offheap_space; /* 0: by a formula */
    int memtable_allocation_type, commit_failure_policy, disk_failure_policy;
    double memtable_cleanup_threshold, memtable_overhead, compression_ratio;
    int64_t memtable_flush_writers, commitlog_segment_size, commitlog_total_space;
    double commitlog_replay_rate;
    CompactionOptions options;
    int64_t concurrent_compactors;
    double compaction_throughput, compaction_cpu_rate, compaction_kept, row_spread;
    SimSpan table_read_cpu;
    int64_t page_cache, hot_data, other_space;
} StorageSettings;
