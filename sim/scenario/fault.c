/* fault.c - see fault.h.
 * Sources of what faults do: power loss and page cache: reference on hosts; systemd.service(5) for
 * restarts; Chaos Mesh NetworkChaos and IOChaos. */
#include "sim/scenario/fault.h"

#include <string.h>

#include "sim/scenario/fault_front.h"
#include "sim/scenario/fault_order.h"

const char *const fault_directions[] = {"both", "to", "from", NULL};

typedef enum Unsynced { UNSYNCED_LOST, UNSYNCED_KEPT, UNSYNCED_TORN } Unsynced;
static const char *const unsynced_words[] = {"lost", "kept", "torn", NULL};
static const char *const unsynced_sites[] = {"lost", "kept", NULL};

static const Field no_arguments[] = {FIELD_END};

bool fault_is_way_hit(int direction, bool forward)
{
    return direction == DIRECTION_BOTH || (direction == DIRECTION_TO) == forward;
}

/* --- dc.outage ----------------------------------------------------------------------------- */

typedef struct Recovery {
    Draw boot;
    int caches;
} Recovery;

typedef struct Outage {
    int cause, unsynced_writes;
    Recovery recovery;
} Outage;

static const char *const causes[] = {"power", NULL};
enum { CACHES_COLD, CACHES_WARM };
static const char *const cache_words[] = {"cold", "warm", NULL};

static const Field recovery_fields[] = {
    FIELD_DRAW(Recovery, boot, .lowest = "0s",
               .help = "Time from power to a running kernel, in place of the hosts' own 'boot'",
               .source = "absent: as the host says"),
    FIELD_CHOICE(Recovery, caches, .more = cache_words, .initial = "cold",
                 .help = "Whether the page cache is empty after the outage",
                 .source = "page cache is memory: a power loss empties it"),
    FIELD_END,
};

static const Field outage_fields[] = {
    FIELD_CHOICE(Outage, cause, .more = causes, .initial = "power",
                 .help = "What takes the site down",
                 .source = "assumption: the cause that takes all at once"),
    FIELD_CHOICE(Outage, unsynced_writes, .more = unsynced_sites, .initial = "lost",
                 .help = "What becomes of writes that no disk has confirmed",
                 .source = "POSIX fsync: what is not synced does not survive power loss"),
    FIELD_TABLE(Outage, recovery, recovery_fields, .help = "How the hosts come back"),
    FIELD_END,
};

static Effect outage_effect(const void *arguments, bool forward)
{
    const Outage *outage = arguments;
    Effect effect = EFFECT_NONE;

    (void)forward;
    effect.down = true;
    effect.unsynced_lost = outage->unsynced_writes == UNSYNCED_LOST;
    effect.caches_cold = outage->recovery.caches == CACHES_COLD;
    return effect;
}

/* --- dc.isolate ---------------------------------------------------------------------------- */

typedef struct Isolate {
    int direction;
    bool clients_still_reach;
} Isolate;

static const Field isolate_fields[] = {
    FIELD_CHOICE(Isolate, direction, .more = fault_directions, .initial = "both",
                 .help = "Packets to the site, from it, or both are cut",
                 .source = "Chaos Mesh NetworkChaos: direction to, from, both"),
    FIELD_FLAG(Isolate, clients_still_reach, .initial = "false",
               .help = "Only links between data centres are cut; clients and checkers pass",
               .source = "assumption: the uplink carries both"),
    FIELD_END,
};

static Effect isolate_effect(const void *arguments, bool forward)
{
    const Isolate *isolate = arguments;
    Effect effect = EFFECT_NONE;

    effect.down = fault_is_way_hit(isolate->direction, forward);
    return effect;
}

static bool isolate_is_link_meant(const void *arguments, SiteType from, SiteType to)
{
    return !((const Isolate *)arguments)->clients_still_reach || (from == SITE_DC && to == SITE_DC);
}

/* --- node.crash, node.pause ---------------------------------------------------------------- */

typedef struct Crash {
    int unsynced;
    Draw restart_after;
} Crash;

static const Field crash_fields[] = {
    FIELD_CHOICE(Crash, unsynced, .more = unsynced_words, .initial = "lost",
                 .help = "What becomes of writes that no disk has confirmed; 'torn' leaves half a "
                         "record, which the commit log's checksum finds: lost as well",
                 .source = "Cassandra 3.11 CommitLogReplayer: CRC per mutation"),
    FIELD_DRAW(Crash, restart_after, .lowest = "0s",
               .help = "The host gets power back after this, in place of 'duration'",
               .source = "absent: down for 'duration'"),
    FIELD_END,
};

static Effect crash_effect(const void *arguments, bool forward)
{
    Effect effect = EFFECT_NONE;

    (void)forward;
    effect.down = true;
    effect.unsynced_lost = ((const Crash *)arguments)->unsynced != UNSYNCED_KEPT;
    effect.caches_cold = true; /* the page cache goes with the memory */
    return effect;
}

typedef struct Pause {
    int clock;
} Pause;

enum { CLOCK_RUNS, CLOCK_STOPS };
static const char *const clock_words[] = {"runs", "stops", NULL};

static const Field pause_fields[] = {
    FIELD_CHOICE(Pause, clock, .more = clock_words, .initial = "runs",
                 .help = "Whether the host's clock goes on; a stopped one lags afterwards by as "
                         "long as the pause, until the end of the run or sim.heal-all",
                 .source = "KVM: kvm-clock goes on unless the guest is saved or migrated"),
    FIELD_END,
};

static Effect pause_effect(const void *arguments, bool forward)
{
    Effect effect = EFFECT_NONE;

    (void)arguments;
    (void)forward;
    effect.paused = true;
    return effect;
}

static Effect pause_leaves(const void *arguments, SimSpan lasted)
{
    Effect effect = EFFECT_NONE;

    if (((const Pause *)arguments)->clock == CLOCK_STOPS) {
        effect.clock_ahead = -lasted;
    }
    return effect;
}

/* --- process.kill -------------------------------------------------------------------------- */

typedef struct Kill {
    char *process;
    int signal, supervisor;
    Draw restart_after;
} Kill;

enum { SIGNAL_KILL, SIGNAL_STOP };
static const char *const signals[] = {"KILL", "STOP", NULL};
enum { SUPERVISOR_NONE, SUPERVISOR_SYSTEMD };
static const char *const supervisors[] = {"none", "systemd", NULL};

static const Field kill_fields[] = {
    FIELD_TEXT(Kill, process, .help = "The kind to hit, like wildfly; may stand in the target",
               .source = "no default: required here or in the target"),
    FIELD_CHOICE(Kill, signal, .more = signals, .initial = "KILL",
                 .help = "KILL ends the process, STOP freezes it until the fault ends",
                 .source = "signal(7)"),
    FIELD_CHOICE(Kill, supervisor, .more = supervisors, .initial = "none",
                 .help = "systemd starts a killed process again after 'restart_after'",
                 .source = "systemd.service(5): Restart=no is the default"),
    FIELD_DRAW(Kill, restart_after, .initial = "100ms", .lowest = "0s",
               .help = "How long the supervisor waits before it starts the process again",
               .source = "systemd.service(5): RestartSec=100ms"),
    FIELD_END,
};

static Effect kill_effect(const void *arguments, bool forward)
{
    Effect effect = EFFECT_NONE;

    (void)forward;
    if (((const Kill *)arguments)->signal == SIGNAL_STOP) {
        effect.paused = true;
    } else {
        effect.down = true; /* the kernel lives: what was written stays in its page cache */
    }
    return effect;
}

/* --- the disk ------------------------------------------------------------------------------ */

typedef struct DiskLatency {
    SimSpan latency, jitter;
    double probability;
    int operations;
} DiskLatency;

enum { OPERATIONS_BOTH, OPERATIONS_READ, OPERATIONS_WRITE };
static const char *const operation_words[] = {"both", "read", "write", NULL};

static const Field disk_latency_fields[] = {
    FIELD_SPAN(DiskLatency, latency, .flags = FIELD_REQUIRED, .lowest = "1us", .highest = "1min",
               .help = "Added to each operation that is hit", .source = "no default: required"),
    FIELD_SPAN(DiskLatency, jitter, .initial = "0s", .lowest = "0s", .highest = "1min",
               .help = "Added on top, uniform from 0 to this",
               .source = "assumption: none unless given"),
    FIELD_RATIO(DiskLatency, probability, .initial = "1",
                .help = "Share of the operations that are hit, independently",
                .source = "Chaos Mesh IOChaos: percent, 100 unless given"),
    FIELD_CHOICE(DiskLatency, operations, .more = operation_words, .initial = "both",
                 .help =
                     "Which operations; a write is slow when it is flushed, since until then it "
                     "is in the page cache",
                 .source = "Chaos Mesh IOChaos: methods, all unless given"),
    FIELD_END,
};

static Effect disk_latency_effect(const void *arguments, bool forward)
{
    const DiskLatency *slow = arguments;
    Effect effect = EFFECT_NONE;

    (void)forward;
    effect.disk_read_added = slow->operations != OPERATIONS_WRITE ? slow->latency : 0;
    effect.disk_flush_added = slow->operations != OPERATIONS_READ ? slow->latency : 0;
    effect.disk_jitter_added = slow->jitter;
    effect.disk_slow_ratio = slow->probability;
    return effect;
}

/* --- the CPU, the load, the health checkers ------------------------------------------------ */

typedef struct Steal {
    double ratio;
} Steal;

static const Field steal_fields[] = {
    FIELD_RATIO(Steal, ratio, .flags = FIELD_REQUIRED, .highest = "0.99",
                .help = "Share of each vCPU that other guests take",
                .source = "no default: required"),
    FIELD_END,
};

static Effect steal_effect(const void *arguments, bool forward)
{
    Effect effect = EFFECT_NONE;

    (void)forward;
    effect.steal_ratio = ((const Steal *)arguments)->ratio;
    return effect;
}

typedef struct Surge {
    double factor;
} Surge;

static const Field surge_fields[] = {
    FIELD_NUMBER(Surge, factor, .flags = FIELD_REQUIRED, .lowest = "0.01", .highest = "1000",
                 .help = "Users arrive this many times as fast", .source = "no default: required"),
    FIELD_END,
};

static Effect surge_effect(const void *arguments, bool forward)
{
    Effect effect = EFFECT_NONE;

    (void)forward;
    effect.load_factor = ((const Surge *)arguments)->factor;
    return effect;
}

static Effect heal_effect(const void *arguments, bool forward)
{
    (void)arguments;
    (void)forward;
    return EFFECT_NONE;
}

/* --- the table ----------------------------------------------------------------------------- */

static const FaultDef general_defs[] = {
    {.func = "dc.outage",
     .help = "A whole data centre loses power: every host there falls at once",
     .bites = "the host was running",
     .scope = FAULT_ON_HOSTS,
     .needs_dc = true,
     .size = sizeof(Outage),
     .arguments = outage_fields,
     .effect = outage_effect},
    {.func = "dc.isolate",
     .help = "All WAN links of a data centre are cut; the hosts live on",
     .bites = "the link was not cut already",
     .scope = FAULT_ON_LINKS,
     .needs_dc = true,
     .size = sizeof(Isolate),
     .arguments = isolate_fields,
     .effect = isolate_effect,
     .is_link_meant = isolate_is_link_meant},
    {.func = "node.crash",
     .help = "A host falls at once, as in a power loss or a kernel panic",
     .bites = "the host was running",
     .scope = FAULT_ON_HOSTS,
     .size = sizeof(Crash),
     .arguments = crash_fields,
     .effect = crash_effect},
    {.func = "node.pause",
     .help = "A host freezes: nothing runs, what arrives waits, peers get no answer",
     .bites = "the host was running",
     .scope = FAULT_ON_HOSTS,
     .size = sizeof(Pause),
     .arguments = pause_fields,
     .effect = pause_effect,
     .leaves = pause_leaves,
     .needs_duration = true},
    {.func = "process.kill",
     .help = "A process ends or freezes while its host lives: connections are refused or hang",
     .bites = "the process was running",
     .scope = FAULT_ON_PROCESSES,
     .size = sizeof(Kill),
     .arguments = kill_fields,
     .effect = kill_effect},
    FAULT_ORDER(
        "process.stop", order_fields, order_effect_stop,
        "A process is told to end (SIGTERM) and does so in good order; it starts again when "
        "the action ends"),
    FAULT_ORDER("ops.drain", order_fields, order_effect_drain,
                "A node is drained (nodetool drain): it takes no more work but lives; it is "
                "restarted when the action ends"),
    FAULT_ORDER("ops.repair", repair_order_fields, order_effect_repair,
                "Replicas are compared and brought together (nodetool repair); it goes on when the "
                "action ends"),
    FAULT_ORDER("ops.alter-schema", alter_fields, order_effect_alter,
                "A column is added or dropped (ALTER TABLE) through one node; the schema stays so "
                "when the action ends"),
    FAULT_ORDER("ops.bootstrap", order_fields, order_effect_join,
                "A node that stood outside of the cluster until then joins it"),
    FAULT_ORDER("ops.replace", replace_fields, order_effect_replace,
                "A node that stood outside of the cluster takes the place of a dead one"),
    FAULT_ORDER("ops.decommission", order_fields, order_effect_leave,
                "A node hands its data over and leaves the cluster"),
    {.func = "cpu.steal",
     .help = "Other guests of the machine take CPU time from a VPS",
     .bites = "the host's share of CPU changed",
     .scope = FAULT_ON_HOSTS,
     .size = sizeof(Steal),
     .arguments = steal_fields,
     .effect = steal_effect},
    {.func = "disk.latency",
     .help = "Reads and flushes of a VPS's disk take longer",
     .bites = "the disk's delays changed",
     .scope = FAULT_ON_HOSTS,
     .size = sizeof(DiskLatency),
     .arguments = disk_latency_fields,
     .effect = disk_latency_effect},
    {.func = "load.surge",
     .help = "More users come, or fewer",
     .bites = "the rate of arrivals changed",
     .scope = FAULT_ON_LOAD,
     .size = sizeof(Surge),
     .arguments = surge_fields,
     .effect = surge_effect},
    {.func = "sim.heal-all",
     .help = "Takes every fault away that is on anything",
     .bites = "some fault was on something",
     .scope = FAULT_ON_ALL,
     .arguments = no_arguments,
     .effect = heal_effect,
     .is_heal = true},
    {.func = NULL},
};

const NoteDef fault_notes[] = {
    {.name = "dc.restored",
     .help = "A fault of a whole data centre was lifted",
     .labels = {"fault"}},
    NOTE_END,
};

/* The families of faults, in the order of their listing. */
static const FaultDef *const families[] = {general_defs,     fault_link_defs, fault_dns_defs,
                                           fault_front_defs, fault_disk_defs, fault_app_defs};

const FaultDef *fault_next(const FaultDef *before)
{
    if (before == NULL) {
        return families[0];
    }
    if (before[1].func != NULL) {
        return &before[1];
    }
    for (guint i = 0; i + 1 < G_N_ELEMENTS(families); i++) {
        const FaultDef *fault = families[i];

        while (fault->func != NULL && fault != before) {
            fault++;
        }
        if (fault == before) {
            return families[i + 1];
        }
    }
    return NULL;
}

const FaultDef *fault_find(const char *func)
{
    for (const FaultDef *fault = fault_next(NULL); fault != NULL; fault = fault_next(fault)) {
        if (strcmp(fault->func, func) == 0) {
            return fault;
        }
    }
    return NULL;
}

Draw fault_restart_after(const FaultDef *fault, const void *arguments)
{
    if (fault->arguments == crash_fields) {
        return ((const Crash *)arguments)->restart_after;
    }
    if (fault->arguments == kill_fields) {
        const Kill *kill = arguments;

        return kill->supervisor == SUPERVISOR_SYSTEMD && kill->signal == SIGNAL_KILL
                   ? kill->restart_after
                   : (Draw){0};
    }
    return (Draw){0};
}

Draw fault_boot(const FaultDef *fault, const void *arguments)
{
    return fault->arguments == outage_fields ? ((const Outage *)arguments)->recovery.boot
                                             : (Draw){0};
}

const char *fault_process(const FaultDef *fault, const void *arguments)
{
    if (fault->arguments == order_fields || fault->arguments == replace_fields ||
        fault->arguments == repair_order_fields) {
        return ((const OrderArguments *)arguments)->process;
    }
    return fault->arguments == kill_fields ? ((const Kill *)arguments)->process : fault->process;
}

bool fault_places(const FaultDef *fault, const void *arguments, const char *const **regions,
                  double *share)
{
    if (fault->places == NULL) {
        return false;
    }
    fault->places(arguments, regions, share);
    return true;
}

bool fault_is_region_meant(const FaultDef *fault, const void *arguments, const char *region)
{
    const char *const *regions = NULL;
    double share;

    return !fault_places(fault, arguments, &regions, &share) || regions == NULL ||
           regions[0] == NULL || g_strv_contains(regions, region);
}
