/* network_link.c - one direction between two sites: delay, jitter, loss in bursts, and a line rate.
 * Sources: reference network 7 (path states, jitter, loss: Fontugne et al. 2015, WonderNetwork
 * pings of July 2020), 9 (ports, queue). */
#include "sim/base/draw.h"
#include "sim/base/fixed_math.h"
#include "sim/config/json_place.h"
#include "sim/world/link_pass.h"

#define BURST_STAY (2.0 / 3.0) /* losses come three in a row on average (network 7) */
#define BURST_LOSS_MOST 0.75   /* a burst model of this mean length can lose no larger share */

/* One row a state: network 7, "Recommended generator". */
typedef struct PathLaw {
    SimSpan sojourn;         /* mean */
    double median_ns, sigma; /* of the lognormal jitter */
    double loss_factor;      /* times the link's own loss */
    double loss_least;
    double share; /* of time, for the state that a run begins in */
} PathLaw;

static const PathLaw path_laws[PATH_STATES] = {
    [PATH_CALM] = {6 * SIM_HOUR, 0.15e6, 0.9, 1, 0, 0.932},
    [PATH_BUSY] = {20 * SIM_MIN, 3e6, 0.8, 5, 0, 0.065},
    [PATH_BAD] = {4 * SIM_MIN, 25e6, 0.8, 5, 0.02, 0.003},
};

static double jitter_quantile(PathState state, double u)
{
    const PathLaw *law = &path_laws[state];

    return law->median_ns * fixed_exp(law->sigma * fixed_normal_quantile(u));
}

JitterTable *jitter_table_new(void)
{
    JitterTable *table = g_new0(JitterTable, 1);

    for (int state = 0; state < PATH_STATES; state++) {
        for (int i = 1; i < JITTER_STEPS; i++) {
            table->at[state][i] = jitter_quantile((PathState)state, (double)i / JITTER_STEPS);
        }
    }
    return table;
}

void jitter_table_free(JitterTable *table)
{
    g_free(table);
}

SimSpan link_draw_tail(PathState state, double u)
{
    return (SimSpan)(jitter_quantile(state, u) + 0.5);
}

/* --- state of the path ------------------------------------------------------------------------ */

static PathState path_next(PathState state, double u)
{
    switch (state) {
    case PATH_CALM:
        return u < 0.95 ? PATH_BUSY : PATH_BAD;
    case PATH_BUSY:
        return u < 0.8 ? PATH_CALM : PATH_BAD;
    case PATH_BAD:
        return PATH_BUSY;
    case PATH_STATES:
        break;
    }
    g_assert_not_reached();
}

static void link_enter_state(Link *link, PathState state, SimTime since)
{
    link->state = state;
    link->state_until = since + 1 + draw_exponential_span(path_laws[state].sojourn, &link->states);
}

static void link_draw_first_state(Link *link)
{
    double u = rng_uniform(&link->states);

    if (u < path_laws[PATH_BAD].share) {
        link_enter_state(link, PATH_BAD, 0);
    } else if (u < path_laws[PATH_BAD].share + path_laws[PATH_BUSY].share) {
        link_enter_state(link, PATH_BUSY, 0);
    } else {
        link_enter_state(link, PATH_CALM, 0);
    }
}

void link_live_until(Link *link, SimTime now)
{
    while (now >= link->state_until) {
        PathState next = path_next(link->state, rng_uniform(&link->states));

        link_enter_state(link, next, link->state_until);
    }
}

/* --- a packet train -----------------------------------------------------------------------------
 */

void link_weigh_losses(Link *link)
{
    const PathLaw *law = &path_laws[link->state];
    double loss = MIN(MAX(link->loss * law->loss_factor, law->loss_least), 1);
    bool has_bursts = loss < BURST_LOSS_MOST;

    link->chances =
        (LinkChances){.loss = link->loss,
                      .state = link->state,
                      .alone = loss,
                      .in_burst = has_bursts ? BURST_STAY : loss,
                      .beside = has_bursts ? loss * (1 - BURST_STAY) / (1 - loss) : loss};
}

/* --- the kind -----------------------------------------------------------------------------------
 */

static void link_on_wire(Component *self, World *world, DiagList *diags)
{
    Link *link = (Link *)self;
    g_autofree char *packets = g_strdup_printf("%s/packets", self->name);
    g_autofree char *states = g_strdup_printf("%s/states", self->name);
    g_autofree char *faults = g_strdup_printf("%s/faults", self->name);

    (void)diags;
    engine_open_stream(world_head_engine(world), &link->packets, packets);
    engine_open_stream(world_head_engine(world), &link->states, states);
    engine_open_stream(world_head_engine(world), &link->faults, faults);
    if (link->jitter == LINK_JITTER_STATES) {
        link_draw_first_state(link);
    }
}

static const char *const link_jitters[] = {"none", "calm", "calm-busy-bad", NULL};

static const Field link_fields[] = {
    FIELD_SPAN(
        Link, rtt, .lowest = "0s", .highest = "10s",
        .help = "Round trip between the two sites on a calm path; twice the site's LAN delay "
                "within a site",
        .source = "WonderNetwork pings of July 2020 between the cities, as the scenario gives"),
    FIELD_NUMBER(Link, asymmetry, .initial = "0", .lowest = "-1", .highest = "1",
                 .help = "Share by which this direction takes more than half of the round trip",
                 .source = "WonderNetwork pings of July 2020: the median difference is 0.2 %"),
    FIELD_RATIO(Link, loss, .initial = "0.01%", .flags = FIELD_TUNABLE,
                .help = "Share of packets lost on a calm path; 0 within a site unless given",
                .source =
                    "assumption: transatlantic transit; carriers promise at most 0.1 to 0.3 %"),
    FIELD_CHOICE(Link, jitter, .initial = "calm-busy-bad", .more = link_jitters,
                 .help = "Whether delays vary, and whether the path has busy and bad times; none "
                         "within a site unless given",
                 .source = "Fontugne et al., INFOCOM 2015 (lognormal mixtures)"),
    FIELD_BYTE_RATE(Link, rate, .initial = "1Gbit/s", .lowest = "1KiB/s", .flags = FIELD_TUNABLE,
                    .help = "Line rate of this direction",
                    .source = "Hetzner Cloud: 1 Gbit/s port"),
    FIELD_SPAN(Link, queue, .initial = "50ms", .lowest = "0s", .flags = FIELD_TUNABLE,
               .help = "Longest wait for the line; what comes then is lost",
               .source = "assumption"),
    FIELD_SPAN(Link, neighbour_timeout, .initial = "0s",
               .help = "Within a site: when a host that is off is known to be unreachable; 3s on a "
                       "LAN of one's own (three ARP questions), 0s: never",
               .source = "providers route between VPS; Linux mcast_solicit 3 x retrans_time 1 s"),
    FIELD_END,
};

static const MetricDef link_metrics[] = {
    METRIC_COUNTER(Link, messages, "Messages and retransmissions given to the link"),
    {"bytes", METRIC_TYPE_COUNTER, METRIC_AT(Link, bytes, uint64_t), "B",
     "Payload given to the link"},
    METRIC_COUNTER(Link, lost, "Messages lost under way"),
    METRIC_COUNTER(Link, cut, "Messages given to the link while it was down"),
    METRIC_END,
};

const Kind link_kind = {
    .name = "link",
    .help = "One direction between two sites",
    .leaves_out =
        "congestion windows, fast retransmit, order within a connection, route changes and the "
        "time of day: requests fit one window, and the rest is far below the effect of a lost site",
    .size = sizeof(Link),
    .scope = KIND_PART,
    .fields = link_fields,
    .metrics = link_metrics,
    .on_wire = link_on_wire,
};

/* Within a site the defaults for the WAN do not hold. */
static void link_set_up(Link *link, const Site *from, const Site *to, DiagList *diags)
{
    const cJSON *settings = link->component.settings;

    link->to = to;
    if (from == to) {
        link->rtt = link->rtt > 0 ? link->rtt : 2 * from->lan_one_way;
        link->loss = json_member(settings, "loss") != NULL ? link->loss : 0;
        link->jitter = json_member(settings, "jitter") != NULL ? link->jitter : LINK_JITTER_NONE;
    } else if (link->rtt == 0) {
        diag_add(diags, DIAG_ERROR, settings, DIAG_KEY, "the link from '%s' to '%s' has no 'rtt'",
                 from->name, to->name);
    }
    link->one_way = (SimSpan)((double)link->rtt * 0.5 * (1 + link->asymmetry) + 0.5);
    link->ns_per_byte = 1e9 / link->rate;
    link->passed_at = LINK_NOT_PASSED;
}

Component *network_add_link(World *world, Site *from, Site *to, const cJSON *settings,
                            DiagList *diags)
{
    g_autofree char *place = g_strdup_printf("%s-%s", from->name, to->name);
    Component *component = world_add(world, &link_kind, place, "link", from, NULL, settings, diags);

    if (component != NULL) {
        link_set_up((Link *)component, from, to, diags);
        network_put_link(world_head_network(world), (Link *)component);
    }
    return component;
}

const Site *network_link_from(const Component *link)
{
    g_assert(link->kind == &link_kind);
    return link->site;
}

const Site *network_link_to(const Component *link)
{
    g_assert(link->kind == &link_kind);
    return ((const Link *)link)->to;
}
