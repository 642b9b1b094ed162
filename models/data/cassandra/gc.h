/* gc.h - the heap of a node and the pauses of its collectors, ParNew and CMS: where "gc" asks for
 * them. What statements allocate fills eden; each young collection stops the process and promotes
 * a share; a concurrent cycle frees what died in the old generation, and when it comes too late or
 * too much lives, a full collection stops the process for seconds. Private to this folder.
 * Source: Cassandra 3.11 conf/cassandra-env.sh and jvm.options (sizes, occupancy, collectors);
 * lengths of pauses and bytes a statement are assumptions. Left out: G1, fragmentation, references;
 * work in the CPU when a pause begins is finished within it. */
#pragma once

#include "sim/base/draw.h"
#include "sim/config/field.h"

typedef struct Cassandra Cassandra;
typedef struct Gc Gc;

typedef struct GcSettings {
    bool modelled;
    int64_t new_size, live;
    int64_t coordinator_write, replica_write, coordinator_read, replica_read, waiting;
    double initiating_occupancy;
    Draw promotion, young_pause, mark_pause, concurrent_cpu, full_pause;
} GcSettings;

extern const Field gc_fields[];

/* Once the hosts are known; each second; these do nothing where nothing is modelled. */
void gc_make(Cassandra *node);
void gc_start(Cassandra *node);
void gc_sweep(Cassandra *node);
void gc_stop(Cassandra *node);
void gc_free(Cassandra *node);
