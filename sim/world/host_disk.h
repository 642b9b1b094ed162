/* host_disk.h - the disk of a host: some slots, first come first served, drawn service times.
 * Profiles and their figures: the table in host_disk.c. One event an operation. Left out: the share
 * of the sequential rate among operations in different slots, bursts of neighbours, TRIM pauses and
 * errors of the medium; faults bring the slow disk in. */
#pragma once

#include "sim/world/host.h"

#define DISK_SLOTS_MOST 16

/* Names of the profiles, for a field; ends with NULL. */
extern const char *const disk_profile_names[];

typedef struct DiskProfile DiskProfile;
typedef struct DiskJob DiskJob;

typedef struct HostDisk {
    Engine *engine;
    EventOwner *owner;
    const DiskProfile *profile;
    Draw read, fsync;
    Rng rng, slow_rng;
    double slowdown;
    SimSpan read_added, flush_added, jitter_added; /* to a share of the operations */
    double slow_ratio;                             /* 0: none is slower */
    double bytes_per_s, most_per_s; /* of the profile, or less by a fault; most 0: no cap */
    SimTime slot_free_at[DISK_SLOTS_MOST];
    SimTime next_start; /* not before, by the cap on operations a second */
    DiskJob *jobs;      /* by slot of their own */
    uint32_t count, capacity, first_free;
    Gauge *busy, *queue;
    Ledger ledger;
    double unseen_ns; /* service that `busy` does not show, or shows too much of: see host_disk.c */
} HostDisk;

/* `profile` is an index into disk_profile_names; `stream` names the random stream. `owner` and the
 * gauges must outlive it. */
void host_disk_init(HostDisk *disk, Engine *engine, EventOwner *owner, int profile,
                    const char *stream, Gauge *busy, Gauge *queue);
void host_disk_clear(HostDisk *disk);

/* Disks of one profile draw from the same laws. */
void host_disk_share_laws(HostDisk *disk, DrawBook *book);

/* Operations that start from now on take this many times as long. */
void host_disk_set_slowdown(HostDisk *disk, double slowdown);

/* A share of the reads and flushes that start from now on takes longer, as the condition says;
 * writes go into the cache and are not. Their chances are drawn from a stream of their own. */
void host_disk_set_delays(HostDisk *disk, const Effect *condition);

/* What the disk can do at most from now on, as the condition limits it. */
void host_disk_set_limits(HostDisk *disk, const Effect *condition);

/* Adds an operation; when it is done `type` happens to `owner`. */
void host_disk_add(HostDisk *disk, EventOwner *owner, DiskOp op, int64_t size_bytes,
                   const EventType *type, void *subject, uint64_t detail);

/* The power failed: nothing is under way any more. The pending events must be void by then. */
void host_disk_forget_all(HostDisk *disk);

/* For the LedgerDef of `ledger`, which is a HostDisk's. */
LedgerWork host_disk_ledger_work(const Ledger *ledger);
