/* closed_forms.c - see closed_forms.h. Splitting a Poisson stream by chance leaves Poisson streams;
 * so does passing it through a queue that is quasi-reversible (Burke, 1956; Kelly, 1979), as long
 * as nobody comes back. */
#include "models/queueing/closed_forms.h"

#include <stdarg.h>
#include <string.h>

#include "models/queueing/offered_load.h"

/* Share of the servers that may be busy for nobody to wait, practically: of 1000, 100 standard
 * deviations are free. */
#define NEVER_WAITS_SHARE 0.5
#define NEVER_WAITS_SERVERS 1000

bool law_is(Draw draw, const char *law)
{
    const char *text = draw.law != NULL ? draw_text(draw) : "";
    size_t length = strlen(law);

    return strncmp(text, law, length) == 0 && (text[length] == '(' || text[length] == ' ');
}

char *part_metric(const char *metric, const Component *part)
{
    return g_strdup_printf("%s{station:%s}", metric, strchr(part->name, '@') + 1);
}

const Feed *part_feed(const Network *network, const Component *part)
{
    return &network->feeds[component_id(part)];
}

const Station *part_station(const Component *part)
{
    return part != NULL && part->kind == &station_kind ? (const Station *)part : NULL;
}

bool part_is_last(const Component *part)
{
    Component *same = (Component *)(uintptr_t)part; /* only looked at */

    return (part->kind == &fork_kind ? fork_route(same) : station_route(same)).route->count == 0;
}

double station_service_s(const Station *station)
{
    return draw_mean(station->service) / (double)SIM_S;
}

bool station_is_plain(const Station *station)
{
    return station->room == 0 && station->patience.law == NULL && station->vacation.law == NULL &&
           station->breakdown.up.law == NULL && !station->balking && station->refused == NULL;
}

bool station_never_waits(const Station *station, double rate)
{
    return station_is_plain(station) && station->servers >= NEVER_WAITS_SERVERS &&
           rate * station_service_s(station) <= NEVER_WAITS_SHARE * (double)station->servers;
}

bool station_is_markov(const Station *station)
{
    return law_is(station->service, "exponential") &&
           (station->discipline == DISCIPLINE_FCFS || station->discipline == DISCIPLINE_RANDOM);
}

/* What leaves it, if Poisson comes, is Poisson, and it has the means of M/M/c. */
static bool is_quasi_reversible(const Station *station, double rate)
{
    bool is_shared =
        station->discipline == DISCIPLINE_PS || station->discipline == DISCIPLINE_LCFS_PR;
    bool is_exponential = law_is(station->service, "exponential");

    return station_is_plain(station) &&
           rate * station_service_s(station) < (double)station->servers &&
           (station_is_markov(station) ||
            (is_shared && (station->servers == 1 || is_exponential)) ||
            station_never_waits(station, rate));
}

bool closed_form_ask(Predictions *predictions, const char *family, const char *first, ...)
{
    cJSON *params = cJSON_CreateObject();
    va_list rest;

    va_start(rest, first);
    for (const char *name = first; name != NULL; name = va_arg(rest, const char *)) {
        cJSON_AddNumberToObject(params, name, va_arg(rest, double));
    }
    va_end(rest);
    return predictions_ask(predictions, family, params);
}

/* --- who comes from where ------------------------------------------------------------------- */

static bool is_poisson_source(const Component *source)
{
    SourceLaw law = source_law(source);

    return law_is(law.interarrival, "exponential") && law.batch <= 1 && law.usual.law == NULL;
}

/* Picks by chance alone. */
static bool is_by_chance(const Route *route)
{
    return route->type == ROUTE_CHANCE || route->balance == BALANCE_RANDOM;
}

static void count_ways(Network *network, PartRoute way, guint *(*count_of)(Feed *feed))
{
    for (guint i = 0; i < way.route->count; i++) {
        const Component *goal = way.route->steps[i].goal;

        if (goal != NULL) {
            (*count_of(&network->feeds[component_id(goal)]))++;
        }
    }
}

static guint *count_sources(Feed *feed)
{
    return &feed->from_sources;
}

static guint *count_stations(Feed *feed)
{
    return &feed->from_stations;
}

static guint *count_forks(Feed *feed)
{
    return &feed->from_forks;
}

static guint *count_others(Feed *feed)
{
    return &feed->others;
}

static void count_sources_ways(Network *network)
{
    const GPtrArray *sources = world_of_kind(network->world, source_kind.name);

    for (guint i = 0; i < sources->len; i++) {
        Component *source = g_ptr_array_index(sources, i);
        PartRoute way = source_route(source);

        count_ways(network, way, count_sources);
        if (way.route->count == 1 && way.route->steps[0].goal != NULL) {
            network->feeds[component_id(way.route->steps[0].goal)].source = source;
        }
    }
}

static void count_all_ways(Network *network)
{
    const GPtrArray *stations = world_of_kind(network->world, station_kind.name);
    const GPtrArray *forks = world_of_kind(network->world, fork_kind.name);
    const GPtrArray *populations = world_of_kind(network->world, population_kind.name);

    count_sources_ways(network);
    for (guint i = 0; i < stations->len; i++) {
        count_ways(network, station_route(g_ptr_array_index(stations, i)), count_stations);
        count_ways(network, station_refused_route(g_ptr_array_index(stations, i)), count_others);
    }
    for (guint i = 0; i < populations->len; i++) {
        count_ways(network, population_route(g_ptr_array_index(populations, i)), count_others);
    }
    for (guint i = 0; i < forks->len; i++) {
        Component *fork = g_ptr_array_index(forks, i);
        guint count;
        Component *const *branches = fork_branches(fork, &count);

        count_ways(network, fork_route(fork), count_forks);
        for (guint k = 0; k < count; k++) {
            network->feeds[component_id(branches[k])].from_forks++;
        }
    }
    network->has_forks = forks->len > 0;
    network->is_open = populations->len == 0;
}

/* Whether a way leads from a route to a part. */
static bool leads_to(const Route *route, const Component *part)
{
    for (guint i = 0; i < route->count; i++) {
        if (route->steps[i].goal == part) {
            return true;
        }
    }
    return false;
}

/* All sources that lead to `part` are Poisson, and so is what comes from stations. */
static bool comes_as_poisson(const Network *network, const Component *part)
{
    const GPtrArray *sources = world_of_kind(network->world, source_kind.name);
    const GPtrArray *stations = world_of_kind(network->world, station_kind.name);
    const Feed *feed = &network->feeds[component_id(part)];
    bool is_good = feed->from_forks == 0 && feed->others == 0;

    for (guint i = 0; i < sources->len && is_good; i++) {
        Component *source = g_ptr_array_index(sources, i);
        const Route *route = source_route(source).route;

        is_good = !leads_to(route, part) || (is_poisson_source(source) && is_by_chance(route));
    }
    for (guint i = 0; i < stations->len && is_good; i++) {
        Component *from = g_ptr_array_index(stations, i);
        const Route *route = station_route(from).route;
        const Feed *before = &network->feeds[component_id(from)];

        is_good =
            !leads_to(route, part) || (before->is_poisson && is_by_chance(route) &&
                                       is_quasi_reversible((const Station *)from, before->rate));
    }
    return is_good && feed->from_sources + feed->from_stations > 0;
}

/* From the sources on; a way back never becomes Poisson. */
static void find_poisson(Network *network, const Kind *kind)
{
    const GPtrArray *parts = world_of_kind(network->world, kind->name);
    bool is_new = true;

    while (is_new) {
        is_new = false;
        for (guint i = 0; i < parts->len; i++) {
            const Component *part = g_ptr_array_index(parts, i);
            Feed *feed = &network->feeds[component_id(part)];

            if (!feed->is_poisson && comes_as_poisson(network, part)) {
                feed->is_poisson = true;
                is_new = true;
            }
        }
    }
}

/* --- the whole ------------------------------------------------------------------------------ */

/* Jackson's conditions, and Kelly's: then the means of M/M/c hold at every station, ways back
 * included. */
static bool has_closed_form(const Network *network)
{
    const GPtrArray *sources = world_of_kind(network->world, source_kind.name);
    const GPtrArray *stations = world_of_kind(network->world, station_kind.name);
    bool is_good = network->is_open && !network->has_forks;

    for (guint i = 0; i < sources->len && is_good; i++) {
        Component *source = g_ptr_array_index(sources, i);

        is_good = is_poisson_source(source) && is_by_chance(source_route(source).route);
    }
    for (guint i = 0; i < stations->len && is_good; i++) {
        Component *station = g_ptr_array_index(stations, i);

        is_good = is_by_chance(station_route(station).route) &&
                  is_quasi_reversible((const Station *)station,
                                      network->feeds[component_id(station)].rate);
    }
    return is_good;
}

void closed_forms_predict(World *world, Predictions *predictions)
{
    g_autofree Feed *feeds = g_new0(Feed, world_count(world));
    g_autofree double *rates = offered_load_rates(world, 1);
    Network network = {.world = world, .feeds = feeds};
    const GPtrArray *stations = world_of_kind(world, station_kind.name);

    for (guint id = 0; id < world_count(world); id++) {
        feeds[id].rate = rates[id];
    }
    count_all_ways(&network);
    for (guint id = 0; id < world_count(world); id++) {
        const Feed *feed = &feeds[id];

        if (feed->from_sources + feed->from_stations + feed->from_forks + feed->others != 1) {
            feeds[id].source = NULL;
        }
    }
    find_poisson(&network, &station_kind);
    find_poisson(&network, &fork_kind);
    network.has_closed_form = has_closed_form(&network);
    for (guint i = 0; i < stations->len && network.is_open; i++) {
        closed_form_station(&network, g_ptr_array_index(stations, i), predictions);
    }
    closed_form_networks(&network, predictions);
}
