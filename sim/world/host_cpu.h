/* host_cpu.h - the vCPUs of a host: processor sharing, exact, with one pending event for all jobs.
 * All jobs on a host get the same rate at any time, so one virtual clock tells what each has been
 * served: a job that arrives at virtual time v with work w is done when the clock shows v + w. The
 * earliest of these tags is the only one that needs an event. A job runs on one vCPU at most: with
 * n jobs on c vCPUs each gets min(1, c / n) of a vCPU's speed. Model: egalitarian processor sharing
 * (Kleinrock, "Queueing Systems" II, 4.4), the limit of a fair scheduler with short slices. */
#pragma once

#include "sim/engine/engine.h"
#include "sim/world/ledger.h"
#include "sim/world/metric.h"

typedef struct CpuTag CpuTag;
typedef struct CpuJob CpuJob;

typedef struct HostCpu {
    Engine *engine;
    EventOwner *owner; /* of the pending event */
    double vcpus;
    double speed;  /* of one vCPU: work done in a nanosecond; 0 stands still */
    double served; /* the virtual clock: nanoseconds of work given to each job */
    SimTime since; /* the instant that `served` is for */
    CpuTag *tags;  /* a binary heap: the job that is done first is at 0 */
    CpuJob *jobs;  /* by slot */
    uint32_t count, capacity;
    uint32_t told;                  /* of the jobs, those that somebody waits for */
    uint32_t first_free;            /* slot */
    uint32_t first_done, last_done; /* slots: jobs that have all their work and wait to be told */
    uint64_t sequence;
    EventId next; /* when the first job is done; if nobody waits, some time later */
    SimTime next_at;
    bool is_telling;
    Gauge *utilisation, *runnable;
    Ledger ledger;
    double given_ns; /* as `utilisation` shows it, up to the last change of speed */
    double seen;     /* the area of `utilisation` then */
    double lost_ns;  /* work that was dropped */
} HostCpu;

/* `owner` and the gauges must outlive it. Speed is 1. */
void host_cpu_init(HostCpu *cpu, Engine *engine, EventOwner *owner, int64_t vcpus,
                   Gauge *utilisation, Gauge *runnable);
void host_cpu_clear(HostCpu *cpu);

/* How fast one vCPU works from now on: less than 1 with steal, 0 while nothing runs. */
void host_cpu_set_speed(HostCpu *cpu, double speed);

/* Adds a job of `work` nanoseconds at speed 1; when it is done `type` happens to `owner`. */
void host_cpu_add(HostCpu *cpu, EventOwner *owner, SimSpan work, const EventType *type,
                  void *subject, uint64_t detail);

/* Adds a job whose end nobody waits for: it takes its share and needs no event of its own. */
void host_cpu_spend(HostCpu *cpu, EventOwner *owner, SimSpan work);

/* Drops the one job of `subject`, if it has not been told. */
void host_cpu_drop(HostCpu *cpu, const void *subject);

/* Drops the jobs of one owner, or of all. */
void host_cpu_forget(HostCpu *cpu, const EventOwner *owner);
void host_cpu_forget_all(HostCpu *cpu);

/* For the LedgerDef of `ledger`, which is a HostCpu's. */
LedgerWork host_cpu_ledger_work(const Ledger *ledger);
