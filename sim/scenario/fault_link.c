/* fault_link.c - faults of links: cut whole, in a shape or by turns, slower, narrower, clogged, or
 * losing packets; and of a host's network card. Sources: tc-netem(8) and tc-tbf(8) of iproute2 for
 * delay, loss, rate and their correlation; Jepsen's nemeses for shapes of partitions and for
 * flip-flop; FoundationDB's simulation for clogging. */
#include "sim/scenario/fault_front.h"

#include <string.h>

static const Field no_arguments[] = {FIELD_END};

#define DIRECTION(S)                                                                               \
    FIELD_CHOICE(S, direction, .more = fault_directions, .initial = "both",                        \
                 .help = "Which way is hit: towards the site (to), away from it, or both",         \
                 .source = "assumption: both, as netem on both ends")

/* --- cut ---------------------------------------------------------------------------------------
 */

typedef struct Partition {
    int direction, shape;
    bool symmetric;
} Partition;

typedef enum Shape { SHAPE_ALL, SHAPE_BRIDGE, SHAPE_RING, SHAPE_PARTIAL } Shape;
static const char *const shapes[] = {"all", "bridge", "ring", "partial", NULL};

static const Field partition_fields[] = {
    FIELD_CHOICE(Partition, direction, .more = fault_directions, .initial = "both",
                 .help = "Cut from 'link.from' to 'link.to' (to), the way back (from), or both; "
                         "with a target of one 'dc', towards it and away from it",
                 .source = "Chaos Mesh NetworkChaos: direction to, from, both"),
    FIELD_FLAG(Partition, symmetric, .initial = "true",
               .help = "False: 'direction' both means only the way there",
               .source = "assumption: a cut fibre has two ways"),
    FIELD_CHOICE(
        Partition, shape, .more = shapes, .initial = "all",
        .help =
            "Which links between the data centres that the target names, in that order: all that "
            "lead to or from them; bridge: the first one reaches all, the others fall into halves "
            "that do not reach each other; ring: each reaches only its next ones, a majority with "
            "itself; partial: the first one does not reach the others, and all reach who is not "
            "named",
        .source = "Jepsen nemesis: bridge, majorities-ring; Alfatafta et al., OSDI 2020: partial"),
    FIELD_END,
};

static Effect partition_effect(const void *arguments, bool forward)
{
    const Partition *partition = arguments;
    bool is_one_way = partition->direction == DIRECTION_BOTH && !partition->symmetric;
    Effect effect = EFFECT_NONE;

    effect.down = fault_is_way_hit(is_one_way ? DIRECTION_TO : partition->direction, forward);
    return effect;
}

/* Place of `name` in the list, or -1. */
static int place_of(char *const *named, const char *name)
{
    for (int i = 0; named != NULL && named[i] != NULL; i++) {
        if (strcmp(named[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

static bool is_across_halves(int a, int b, int count)
{
    int first = count / 2; /* the bridge is 0; of those after it the larger half comes first */

    return a > 0 && b > 0 && (a <= first) != (b <= first);
}

/* Each keeps as many on either side as make a majority with itself. */
static bool is_beyond_ring(int a, int b, int count)
{
    int apart = ABS(a - b), kept = (count / 2 + 1) / 2;

    return MIN(apart, count - apart) > kept;
}

static bool partition_is_pair_meant(const void *arguments, char *const *named, const char *from,
                                    const char *to)
{
    int a = place_of(named, from), b = place_of(named, to);
    int count = named == NULL ? 0 : (int)g_strv_length((char **)named);
    int shape = ((const Partition *)arguments)->shape;

    if (shape == SHAPE_ALL) {
        return true;
    }
    if (a < 0 || b < 0) {
        return false;
    }
    return shape == SHAPE_BRIDGE ? is_across_halves(a, b, count)
           : shape == SHAPE_RING ? is_beyond_ring(a, b, count)
                                 : (a == 0) != (b == 0);
}

static const char *partition_refuse(const void *arguments, char *const *named, bool has_link)
{
    static const guint least[] = {
        [SHAPE_ALL] = 0, [SHAPE_BRIDGE] = 3, [SHAPE_RING] = 4, [SHAPE_PARTIAL] = 2};
    static const char *const words[] = {
        [SHAPE_ALL] = NULL,
        [SHAPE_BRIDGE] = "a bridge needs three data centres or more in 'dc' of its target",
        [SHAPE_RING] = "a ring needs four data centres or more in 'dc' of its target",
        [SHAPE_PARTIAL] =
            "a partial partition needs two data centres or more in 'dc' of its target",
    };
    const Partition *partition = arguments;

    if (partition->shape == SHAPE_ALL) {
        return NULL;
    }
    if (has_link || named == NULL || g_strv_length((char **)named) < least[partition->shape]) {
        return words[partition->shape];
    }
    return partition->direction != DIRECTION_BOTH || !partition->symmetric
               ? "a shape cuts both ways: 'direction' and 'symmetric' only go with shape 'all'"
               : NULL;
}

typedef struct Flap {
    int direction;
    Draw down, up;
} Flap;

static const Field flap_fields[] = {
    FIELD_DRAW(Flap, down, .flags = FIELD_REQUIRED, .lowest = "1ms",
               .help = "How long the link is cut each time, first of all",
               .source = "no default: required"),
    FIELD_DRAW(Flap, up, .flags = FIELD_REQUIRED, .lowest = "1ms",
               .help = "How long it is well in between", .source = "no default: required"),
    DIRECTION(Flap),
    FIELD_END,
};

static Effect flap_effect(const void *arguments, bool forward)
{
    Effect effect = EFFECT_NONE;

    effect.down = fault_is_way_hit(((const Flap *)arguments)->direction, forward);
    return effect;
}

static void flap_flaps(const void *arguments, Draw *on, Draw *off)
{
    *on = ((const Flap *)arguments)->down;
    *off = ((const Flap *)arguments)->up;
}

/* Out and in: what runs on the host lives, and reaches itself over the loopback. */
static Effect nic_down_effect(const void *arguments, bool forward)
{
    Effect effect = EFFECT_NONE;

    (void)arguments;
    (void)forward;
    effect.loss_ratio = 1;
    return effect;
}

/* --- slower ------------------------------------------------------------------------------------
 */

typedef struct Delay {
    int direction, distribution;
    SimSpan latency, jitter;
    double correlation;
} Delay;

static const char *const distributions[] = {"uniform", "normal", "exponential", "pareto", NULL};

static const Field delay_fields[] = {
    FIELD_SPAN(Delay, latency, .flags = FIELD_REQUIRED, .lowest = "0s", .highest = "1min",
               .help = "Added to each packet of a direction that is hit",
               .source = "no default: required"),
    FIELD_SPAN(Delay, jitter, .initial = "0s", .lowest = "0s", .highest = "1min",
               .help = "Added on top, as 'distribution' says",
               .source = "tc-netem(8): no jitter unless given"),
    FIELD_CHOICE(
        Delay, distribution, .more = distributions, .initial = "uniform",
        .help = "Law of what jitter adds: uniform from 0 to 'jitter'; normal with mean 0 and "
                "'jitter' as its standard deviation, never sooner than without the fault; "
                "exponential and pareto (shape 3) with 'jitter' as their mean",
        .source = "tc-netem(8): uniform unless given, normal, pareto; Maelstrom: exponential"),
    FIELD_RATIO(Delay, correlation, .initial = "0", .highest = "0.999",
                .help = "Correlation of the jitter of one packet and the next: this share of them "
                        "keeps that of the packet before",
                .source = "tc-netem(8): none unless given"),
    DIRECTION(Delay),
    FIELD_END,
};

static Effect delay_effect(const void *arguments, bool forward)
{
    const Delay *delay = arguments;
    Effect effect = EFFECT_NONE;

    if (fault_is_way_hit(delay->direction, forward)) {
        effect.delay_added = delay->latency;
        effect.jitter_added = delay->jitter;
        effect.jitter_law = (JitterLaw)delay->distribution;
        effect.shares[SHARE_JITTER_REPEAT] = delay->correlation;
    }
    return effect;
}

typedef struct Rate {
    int direction;
    double rate;
    int64_t queue_bytes, burst;
} Rate;

static const Field rate_fields[] = {
    FIELD_BYTE_RATE(Rate, rate, .flags = FIELD_REQUIRED, .lowest = "1KiB/s",
                    .help = "What a direction that is hit carries at most",
                    .source = "no default: required"),
    FIELD_BYTES(Rate, queue_bytes, .initial = "0B",
                .help = "What may wait for it, the rest is lost; 0B: as long as the link's 'queue' "
                        "says",
                .source = "tc-tbf(8): limit or latency"),
    FIELD_BYTES(Rate, burst, .initial = "0B",
                .help = "What passes at the link's own rate after a silence (token bucket)",
                .source = "tc-tbf(8): burst"),
    DIRECTION(Rate),
    FIELD_END,
};

static Effect rate_effect(const void *arguments, bool forward)
{
    const Rate *rate = arguments;
    Effect effect = EFFECT_NONE;

    if (fault_is_way_hit(rate->direction, forward)) {
        effect.link_rate_limit = rate->rate;
        effect.link_queue_bytes = rate->queue_bytes;
        effect.link_burst_bytes = rate->burst;
    }
    return effect;
}

typedef struct Clog {
    int direction, release;
    double pace;
} Clog;

static const char *const releases[] = {"burst", "paced", NULL};

static const Field clog_fields[] = {
    FIELD_CHOICE(Clog, release, .more = releases, .initial = "burst",
                 .help = "What was held comes at once, or one after the other at 'pace', when "
                         "'duration' is over, also if all is healed before",
                 .source = "FoundationDB simulation: clogging releases at once"),
    FIELD_BYTE_RATE(Clog, pace, .initial = "0B/s",
                    .help = "Rate of a paced release; 0B/s: that of the link",
                    .source = "assumption: the line is what paces"),
    DIRECTION(Clog),
    FIELD_END,
};

static Effect clog_effect(const void *arguments, bool forward)
{
    const Clog *clog = arguments;
    Effect effect = EFFECT_NONE;

    if (fault_is_way_hit(clog->direction, forward)) {
        effect.shares[SHARE_LINK_HOLDS] = 1;
        effect.shares[SHARE_LINK_PACES] = clog->release == 1 ? 1 : 0;
        effect.link_pace = clog->pace;
    }
    return effect;
}

static void clog_complete(Effect *effect, SimTime end)
{
    effect->spans[SPAN_LINK_HELD_UNTIL] = end;
}

/* --- losing ------------------------------------------------------------------------------------
 */

typedef struct Loss {
    int direction;
    double probability, correlation, flow_share;
    SimSpan good, bad;
    bool sticky;
} Loss;

static const Field loss_fields[] = {
    FIELD_RATIO(Loss, probability, .flags = FIELD_REQUIRED,
                .help = "Share of packets lost in a direction that is hit, with 'bad' while it is "
                        "bad",
                .source = "no default: required"),
    FIELD_RATIO(Loss, correlation, .initial = "0", .highest = "0.999",
                .help = "Correlation of the losses of one packet and the next: they come in bursts "
                        "and their share stays",
                .source = "tc-netem(8): none unless given; here it is the correlation itself"),
    FIELD_SPAN(Loss, bad, .initial = "0s", .highest = "1d",
               .help = "Mean time that the path is bad and loses packets (exponential); 0s: always",
               .source = "Gilbert and Elliott; tc-netem(8): gemodel, which counts packets"),
    FIELD_SPAN(Loss, good, .initial = "0s", .highest = "1d",
               .help = "Mean time that it is good and loses none, first of all",
               .source = "as 'bad'"),
    FIELD_RATIO(Loss, flow_share, .initial = "1",
                .help = "Share of the flows that is hit: one bad path of a bundle",
                .source = "AWS FIS: flows percent of network actions"),
    FIELD_FLAG(Loss, sticky, .initial = "true",
               .help = "The same connections are hit as long as it lasts (hashed by their ends), "
                       "in place of this share of all packets",
               .source = "RFC 2992: equal-cost paths by hash of the flow"),
    DIRECTION(Loss),
    FIELD_END,
};

static Effect loss_effect(const void *arguments, bool forward)
{
    const Loss *loss = arguments;
    Effect effect = EFFECT_NONE;

    if (!fault_is_way_hit(loss->direction, forward)) {
        return effect;
    }
    if (loss->correlation <= 0 && loss->bad == 0 && loss->flow_share >= 1) {
        effect.loss_ratio = loss->probability;
        return effect;
    }
    effect.shares[SHARE_LINK_LOSS] = loss->probability;
    effect.shares[SHARE_LOSS_REPEAT] = loss->correlation;
    effect.shares[SHARE_LOSS_FLOWS] = loss->flow_share;
    effect.shares[SHARE_LOSS_STICKS] = loss->sticky ? 1 : 0;
    effect.spans[SPAN_LOSS_GOOD] = loss->good;
    effect.spans[SPAN_LOSS_BAD] = loss->bad;
    return effect;
}

static const char *loss_refuse(const void *arguments, char *const *named, bool has_link)
{
    const Loss *loss = arguments;

    (void)named;
    (void)has_link;
    if ((loss->good > 0) != (loss->bad > 0)) {
        return "'good' and 'bad' only go together";
    }
    return loss->bad > 0 && loss->correlation > 0
               ? "'correlation' does not go with 'good' and 'bad': both are bursts"
               : NULL;
}

const FaultDef fault_link_defs[] = {
    {.func = "link.partition",
     .help = "Links are cut, both ways or one, all or some in a shape: packets vanish without an "
             "answer",
     .bites = "the link was not cut already",
     .scope = FAULT_ON_LINKS,
     .size = sizeof(Partition),
     .arguments = partition_fields,
     .effect = partition_effect,
     .is_pair_meant = partition_is_pair_meant,
     .refuse = partition_refuse},
    {.func = "link.flap",
     .help = "Links are cut and well again in turns",
     .bites = "the link was not cut already",
     .scope = FAULT_ON_LINKS,
     .size = sizeof(Flap),
     .arguments = flap_fields,
     .effect = flap_effect,
     .flaps = flap_flaps},
    {.func = "link.delay",
     .help = "Packets take longer",
     .bites = "the link's delay changed",
     .scope = FAULT_ON_LINKS,
     .size = sizeof(Delay),
     .arguments = delay_fields,
     .effect = delay_effect},
    {.func = "link.rate",
     .help = "Links carry less: packets wait for their turn, and what finds the queue full is lost",
     .bites = "the link's rate changed",
     .scope = FAULT_ON_LINKS,
     .size = sizeof(Rate),
     .arguments = rate_fields,
     .effect = rate_effect},
    {.func = "link.clog",
     .help = "Links hold all packets back and release them at the end",
     .bites = "the link was not clogged already",
     .scope = FAULT_ON_LINKS,
     .size = sizeof(Clog),
     .arguments = clog_fields,
     .effect = clog_effect,
     .complete = clog_complete,
     .needs_duration = true},
    {.func = "link.loss",
     .help = "Packets get lost: independently, in bursts, or those of some connections",
     .bites = "the link's loss changed",
     .scope = FAULT_ON_LINKS,
     .size = sizeof(Loss),
     .arguments = loss_fields,
     .effect = loss_effect,
     .refuse = loss_refuse},
    {.func = "node.nic-down",
     .help = "A host's network card is down: the host and what runs on it live, and reach nobody "
             "but themselves",
     .bites = "the card was up",
     .scope = FAULT_ON_HOSTS,
     .arguments = no_arguments,
     .effect = nic_down_effect},
    {.func = NULL},
};
