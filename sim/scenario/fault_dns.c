/* fault_dns.c - faults of names: resolvers that fail, lie or are stubborn, health checkers that see
 * what is not there, and a control plane that changes records, or does not. Sources: Route 53
 * Developer Guide, RFC 2308 and 8767, Chaos Mesh DNSChaos (error, random); reference front door 1
 * and 2. */
#include <arpa/inet.h>

#include "sim/scenario/fault_front.h"

/* All faults of names read this; each has rows for the members that mean something to it. */
typedef struct Names {
    char **regions;
    double share, duty;
    SimSpan latency, negative_ttl, ttl, floor, period, delay, median, p99;
    char *answer, *record, *endpoint, *change;
    int to;
    bool serve_stale;
} Names;

enum { TO_UNHEALTHY, TO_HEALTHY };
static const char *const statuses[] = {"unhealthy", "healthy", NULL};

#define REGIONS                                                                                    \
    FIELD_TEXTS(Names, regions, .help = "Client regions whose resolvers are hit; absent: all",     \
                .source = "absent: all")
#define CHECKER_REGIONS                                                                            \
    FIELD_TEXTS(Names, regions,                                                                    \
                .help = "Checker regions that are hit, of system.wan.checkers; absent: all",       \
                .source = "absent: all")
#define SHARE(text)                                                                                \
    FIELD_RATIO(Names, share, .initial = "1", .help = text,                                        \
                .source = "assumption: all unless given")
#define ENDPOINT                                                                                   \
    FIELD_TEXT(Names, endpoint,                                                                    \
               .help = "Data centre whose checks are meant; absent: those of all",                 \
               .source = "absent: all")

static void find_places(const void *arguments, const char *const **regions, double *share)
{
    *regions = (const char *const *)((const Names *)arguments)->regions;
    *share = 1;
}

/* Of checkers the share is one of targets. */
static void find_checkers(const void *arguments, const char *const **regions, double *share)
{
    find_places(arguments, regions, share);
    *share = ((const Names *)arguments)->share;
}

static Effect of_share(EffectShare which, double share)
{
    Effect effect = EFFECT_NONE;

    effect.shares[which] = share;
    return effect;
}

/* --- resolvers ---------------------------------------------------------------------------------
 */

static const Field servfail_fields[] = {SHARE("Share of the questions that fail"), REGIONS,
                                        FIELD_END};

static Effect servfail_effect(const void *arguments, bool forward)
{
    (void)forward;
    return of_share(SHARE_DNS_SERVFAIL, ((const Names *)arguments)->share);
}

static const Field drop_fields[] = {SHARE("Share of the questions that get no answer"), REGIONS,
                                    FIELD_END};

static Effect drop_effect(const void *arguments, bool forward)
{
    (void)forward;
    return of_share(SHARE_DNS_DROP, ((const Names *)arguments)->share);
}

static const Field nxdomain_fields[] = {
    SHARE("Share of the answers from upstream that deny the name"),
    FIELD_SPAN(Names, negative_ttl, .initial = "900s", .lowest = "0s", .highest = "24h",
               .help = "How long a resolver keeps the denial; it outlasts the fault",
               .source = "RFC 2308; Route 53's default SOA: TTL 900, minimum 86400"),
    REGIONS, FIELD_END};

static Effect nxdomain_effect(const void *arguments, bool forward)
{
    const Names *names = arguments;
    Effect effect = of_share(SHARE_DNS_NXDOMAIN, names->share);

    (void)forward;
    effect.spans[SPAN_DNS_NEGATIVE] = names->negative_ttl;
    return effect;
}

static const Field delay_fields[] = {
    FIELD_SPAN(Names, latency, .flags = FIELD_REQUIRED, .lowest = "0s", .highest = "1min",
               .help = "What an answer takes longer, half of it on the way there",
               .source = "no default: required"),
    REGIONS, FIELD_END};

static Effect delay_effect(const void *arguments, bool forward)
{
    Effect effect = EFFECT_NONE;

    (void)forward;
    effect.delay_added = ((const Names *)arguments)->latency / 2;
    return effect;
}

/* What a fault is about: the name as name servers have it; NULL: all. */
static void set_record(Effect *effect, const Names *names)
{
    g_autofree char *lower = names->record != NULL ? g_ascii_strdown(names->record, -1) : NULL;
    g_autofree char *whole =
        lower != NULL ? g_strconcat(lower, g_str_has_suffix(lower, ".") ? NULL : ".", NULL) : NULL;

    effect_set_about(effect, whole);
}

static const Field poison_fields[] = {
    FIELD_TEXT(Names, record, .help = "Name that is forged; absent: all", .source = "absent: all"),
    FIELD_TEXT(Names, answer, .flags = FIELD_REQUIRED, .help = "The address that is given instead",
               .source = "no default: required"),
    SHARE("Share of the answers from upstream that are forged"),
    FIELD_SPAN(Names, ttl, .initial = "300s", .lowest = "0s", .highest = "24h",
               .help = "Time to live of the forged answer; caches keep it beyond the fault",
               .source = "assumption: a forger wants it kept"),
    REGIONS,
    FIELD_END};

static Effect poison_effect(const void *arguments, bool forward)
{
    const Names *names = arguments;
    Effect effect = of_share(SHARE_DNS_POISON, names->share);
    struct in_addr address;

    (void)forward;
    if (names->answer != NULL && inet_pton(AF_INET, names->answer, &address) == 1) {
        effect.address = ntohl(address.s_addr);
    }
    effect.spans[SPAN_DNS_POISON] = names->ttl;
    set_record(&effect, names);
    return effect;
}

static const Field stale_fields[] = {
    SHARE("Share of the resolvers, of each class the same"),
    FIELD_SPAN(Names, floor, .initial = "1h", .lowest = "1s", .highest = "7d",
               .help = "How long they keep an answer at least, whatever its time to live",
               .source = "RIPE Atlas: a floor of 3600 s at an Internet provider"),
    FIELD_FLAG(Names, serve_stale, .initial = "false",
               .help = "They also give expired answers while the name servers are silent",
               .source = "RFC 8767"),
    REGIONS, FIELD_END};

static Effect stale_effect(const void *arguments, bool forward)
{
    const Names *names = arguments;
    Effect effect = of_share(SHARE_DNS_STALE, names->share);

    (void)forward;
    effect.spans[SPAN_DNS_FLOOR] = names->floor;
    effect.shares[SHARE_DNS_SERVE_STALE] = names->serve_stale ? names->share : 0;
    return effect;
}

static const Field mislocate_fields[] = {
    SHARE("Share of the clients that seem to be on another continent"), REGIONS, FIELD_END};

static Effect mislocate_effect(const void *arguments, bool forward)
{
    (void)forward;
    return of_share(SHARE_DNS_MISLOCATE, ((const Names *)arguments)->share);
}

/* --- name servers and their control plane ------------------------------------------------------
 */

static const Field empty_fields[] = {
    FIELD_TEXT(Names, record, .help = "Name of the record that lost its values; absent: all",
               .source = "absent: all"),
    SHARE("Share of the answers about it that are empty"), FIELD_END};

static Effect empty_effect(const void *arguments, bool forward)
{
    const Names *names = arguments;
    Effect effect = of_share(SHARE_DNS_EMPTY, names->share);

    (void)forward;
    set_record(&effect, names);
    return effect;
}

static const Field authority_fields[] = {
    SHARE("Share of the questions of resolvers that no name server hears, each try anew"),
    FIELD_END};

static Effect authority_effect(const void *arguments, bool forward)
{
    Effect effect = EFFECT_NONE;

    (void)forward;
    effect.loss_ratio = ((const Names *)arguments)->share;
    return effect;
}

static const Field no_arguments[] = {FIELD_END};

static Effect freeze_effect(const void *arguments, bool forward)
{
    (void)arguments;
    (void)forward;
    return of_share(SHARE_DNS_FROZEN, 1);
}

#define CHANGE                                                                                     \
    FIELD_TEXT(Names, change, .flags = FIELD_REQUIRED,                                             \
               .help = "Name of a change batch, of 'changes' of 'route53'",                        \
               .source = "no default: required")

static const Field change_fields[] = {CHANGE, FIELD_END};

static const Field race_fields[] = {
    CHANGE,
    FIELD_SPAN(Names, delay, .flags = FIELD_REQUIRED, .lowest = "1s", .highest = "24h",
               .help = "How long the plan lies about before somebody carries it out, over all that "
                       "was changed meanwhile",
               .source = "no default: required"),
    FIELD_END};

static Effect change_effect(const void *arguments, bool forward)
{
    const Names *names = arguments;
    Effect effect = of_share(SHARE_DNS_CHANGE, 1);

    (void)forward;
    effect.spans[SPAN_DNS_CHANGE] = names->delay;
    effect_set_about(&effect, names->change);
    return effect;
}

static const Field propagation_fields[] = {
    FIELD_SPAN(Names, median, .initial = "60s", .lowest = "1ms", .highest = "24h",
               .help = "Half of the changes of health and of records are answered later than this",
               .source = "assumption: 'within 60 s' of the Developer Guide, missed by half"),
    FIELD_SPAN(Names, p99, .initial = "600s", .lowest = "1ms", .highest = "7d",
               .help = "All but one in a hundred are answered by then; the law is lognormal",
               .source = "assumption"),
    FIELD_END};

static Effect propagation_effect(const void *arguments, bool forward)
{
    const Names *names = arguments;
    Effect effect = EFFECT_NONE;

    (void)forward;
    effect.spans[SPAN_PROPAGATION_MEDIAN] = names->median;
    effect.spans[SPAN_PROPAGATION_P99] = MAX(names->p99, names->median);
    return effect;
}

/* --- health checkers ---------------------------------------------------------------------------
 */

static const Field outage_fields[] = {
    CHECKER_REGIONS, SHARE("Share of the checkers there that fall silent, picked by the seed"),
    FIELD_END};

static Effect outage_effect(const void *arguments, bool forward)
{
    Effect effect = EFFECT_NONE;

    (void)arguments;
    (void)forward;
    effect.down = true;
    return effect;
}

static const Field lie_fields[] = {FIELD_CHOICE(Names, to, .more = statuses, .initial = "unhealthy",
                                                .help = "What they report whatever they see",
                                                .source = "assumption: what takes a good site out"),
                                   SHARE("Share of the checkers that do, picked by the seed"),
                                   ENDPOINT, CHECKER_REGIONS, FIELD_END};

static Effect lie_effect(const void *arguments, bool forward)
{
    const Names *names = arguments;
    Effect effect =
        of_share(names->to == TO_HEALTHY ? SHARE_CHECKER_SAYS_GOOD : SHARE_CHECKER_SAYS_BAD, 1);

    (void)forward;
    effect_set_about(&effect, names->endpoint);
    return effect;
}

static const Field flap_fields[] = {
    FIELD_SPAN(Names, period, .initial = "4min", .lowest = "1s", .highest = "24h",
               .help = "From one turn for the worse to the next",
               .source = "assumption: longer than three intervals of 30 s, twice"),
    FIELD_RATIO(Names, duty, .initial = "0.5", .help = "Share of each period in which probes fail",
                .source = "assumption: half of the time"),
    SHARE("Share of the checkers that see it, picked by the seed"),
    ENDPOINT,
    CHECKER_REGIONS,
    FIELD_END};

static Effect flap_effect(const void *arguments, bool forward)
{
    const Names *names = arguments;
    Effect effect = of_share(SHARE_CHECKER_FLAPS, names->duty);

    (void)forward;
    effect.spans[SPAN_FLAP_PERIOD] = names->period;
    effect_set_about(&effect, names->endpoint);
    return effect;
}

/* --- the table ---------------------------------------------------------------------------------
 */

#define ON_RESOLVERS                                                                               \
    .scope = FAULT_ON_KIND, .kind = "resolver", .places = find_places, .size = sizeof(Names)
#define ON_NAME_SERVERS .scope = FAULT_ON_KIND, .kind = "route53", .size = sizeof(Names)
#define ON_CHECKERS .scope = FAULT_ON_CHECKERS, .places = find_checkers, .size = sizeof(Names)

const FaultDef fault_dns_defs[] = {
    {.func = "dns.servfail",
     .help = "Resolvers answer that they could not find out (SERVFAIL)",
     .bites = "the share of failing questions changed",
     ON_RESOLVERS,
     .arguments = servfail_fields,
     .effect = servfail_effect},
    {.func = "dns.nxdomain",
     .help = "Resolvers hear that the name does not exist, and keep it as such",
     .bites = "the share of denials changed",
     ON_RESOLVERS,
     .arguments = nxdomain_fields,
     .effect = nxdomain_effect},
    {.func = "dns.drop",
     .help = "Resolvers are not reached: questions stay without an answer",
     .bites = "the share of lost questions changed",
     ON_RESOLVERS,
     .arguments = drop_fields,
     .effect = drop_effect},
    {.func = "dns.delay",
     .help = "Resolvers answer late",
     .bites = "the resolver's delay changed",
     ON_RESOLVERS,
     .arguments = delay_fields,
     .effect = delay_effect},
    {.func = "dns.poison",
     .help = "Resolvers are told a chosen address and keep it",
     .bites = "the share of forged answers changed",
     ON_RESOLVERS,
     .ip_argument = "answer",
     .arguments = poison_fields,
     .effect = poison_effect},
    {.func = "dns.empty",
     .help = "A record exists and has no address: the answer is empty (NODATA) and kept as such",
     .bites = "the record has a name in the zone",
     ON_NAME_SERVERS,
     .arguments = empty_fields,
     .effect = empty_effect},
    {.func = "dns.stale",
     .help = "Resolvers ignore the time to live and keep answers for long",
     .bites = "the share of stubborn resolvers changed",
     ON_RESOLVERS,
     .arguments = stale_fields,
     .effect = stale_effect},
    {.func = "dns.authority-outage",
     .help = "The name servers are not reached: resolvers ask in vain",
     .bites = "the share of lost questions changed",
     ON_NAME_SERVERS,
     .arguments = authority_fields,
     .effect = authority_effect},
    {.func = "dns.healthcheck-outage",
     .help = "Health checkers stop probing and reporting",
     .bites = "the checker was running",
     ON_CHECKERS,
     .arguments = outage_fields,
     .effect = outage_effect},
    {.func = "dns.healthcheck-lie",
     .help = "Health checkers report what is not so: false alarms or false peace",
     .bites = "the checker was honest",
     ON_CHECKERS,
     .dc_argument = "endpoint",
     .arguments = lie_fields,
     .effect = lie_effect},
    {.func = "dns.healthcheck-flap",
     .help = "Probes fail and succeed by turns, at the edge of the threshold",
     .bites = "the checker saw steadily",
     ON_CHECKERS,
     .dc_argument = "endpoint",
     .arguments = flap_fields,
     .effect = flap_effect},
    {.func = "dns.control-freeze",
     .help = "The control plane stands still: changes of records stay PENDING, answers go on",
     .bites = "the control plane worked",
     ON_NAME_SERVERS,
     .arguments = no_arguments,
     .effect = freeze_effect},
    {.func = "dns.change",
     .help = "A change of records is submitted; it is PENDING until all name servers have it and "
             "stays when the action is over",
     .bites = "it was submitted",
     ON_NAME_SERVERS,
     .arguments = change_fields,
     .effect = change_effect},
    {.func = "dns.change-race",
     .help = "An old plan is carried out late, over all that was changed meanwhile",
     .bites = "it was submitted",
     ON_NAME_SERVERS,
     .arguments = race_fields,
     .effect = change_effect},
    {.func = "dns.propagation",
     .help = "Changes of health and of records reach the name servers slowly",
     .bites = "the law of propagation changed",
     ON_NAME_SERVERS,
     .arguments = propagation_fields,
     .effect = propagation_effect},
    {.func = "dns.mislocate",
     .help = "Clients seem to be on another continent than they are",
     .bites = "the share of clients changed",
     ON_RESOLVERS,
     .arguments = mislocate_fields,
     .effect = mislocate_effect},
    {.func = NULL},
};
