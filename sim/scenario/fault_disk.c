/* fault_disk.c - disks that fill up, and disks that are held to so many bytes or operations a
 * second. Slow operations are in fault.c. Sources: Chaos Mesh StressChaos and IOChaos,
 * Datadog chaos-controller (disk pressure). */
#include "sim/scenario/fault_front.h"

typedef struct Fill {
    double used;
} Fill;

static const Field fill_fields[] = {
    FIELD_RATIO(Fill, used, .initial = "1",
                .help = "Share of the disk that is in use as soon as it begins, with what was "
                        "there before; with 'ramp' it grows to this",
                .source = "assumption: full unless given"),
    FIELD_END,
};

static Effect fill_effect(const void *arguments, bool forward)
{
    Effect effect = EFFECT_NONE;

    (void)forward;
    effect.disk_filled_ratio = ((const Fill *)arguments)->used;
    return effect;
}

typedef struct Throttle {
    double bytes, iops;
} Throttle;

static const Field throttle_fields[] = {
    FIELD_BYTE_RATE(Throttle, bytes, .initial = "0B/s",
                    .help = "What the disk transfers in one operation at most; 0B/s: as it can",
                    .source = "Datadog chaos-controller: disk pressure; no limit unless given"),
    FIELD_NUMBER(Throttle, iops, .initial = "0", .lowest = "0",
                 .help = "Operations a second at most; 0: as it can",
                 .source = "assumption: no limit unless given"),
    FIELD_END,
};

static Effect throttle_effect(const void *arguments, bool forward)
{
    const Throttle *throttle = arguments;
    Effect effect = EFFECT_NONE;

    (void)forward;
    effect.disk_rate_limit = throttle->bytes;
    effect.disk_ops_limit = throttle->iops;
    return effect;
}

const FaultDef fault_disk_defs[] = {
    {.func = "disk.fill",
     .help = "Other files fill a VPS's disk up (logs, a backup, a core dump); they are deleted at "
             "the end",
     .bites = "the share of its disk that is filled changed",
     .scope = FAULT_ON_HOSTS,
     .size = sizeof(Fill),
     .arguments = fill_fields,
     .effect = fill_effect},
    {.func = "disk.throttle",
     .help = "A VPS's disk is held to a rate of bytes or of operations",
     .bites = "the disk's limits changed",
     .scope = FAULT_ON_HOSTS,
     .size = sizeof(Throttle),
     .arguments = throttle_fields,
     .effect = throttle_effect},
    {.func = NULL},
};
