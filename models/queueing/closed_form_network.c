/* closed_form_network.c - closed forms of several parts together: journeys through open and closed
 * networks, nodes that fail, balancers, two classes at one server, retries. */
#include <math.h>

#include "models/queueing/closed_forms.h"

/* --- open networks -------------------------------------------------------------------------- */

/* With one source, what all stations hold divided by what comes is the journey (Little). */
static void predict_journey(const Network *network, Predictions *predictions)
{
    const GPtrArray *sources = world_of_kind(network->world, source_kind.name);
    const GPtrArray *stations = world_of_kind(network->world, station_kind.name);
    Component *source = sources->len == 1 ? g_ptr_array_index(sources, 0) : NULL;
    g_autofree char *name = source != NULL ? part_metric("journey", source) : NULL;
    double there = 0;

    if (source == NULL || !network->has_closed_form || stations->len < 2) {
        return;
    }
    for (guint i = 0; i < stations->len; i++) {
        const Station *station = g_ptr_array_index(stations, i);
        double rate = part_feed(network, &station->component)->rate;
        double service_s = station_service_s(station);

        if (rate <= 0) {
            continue;
        }
        if (station_never_waits(station, rate)) {
            there += rate * service_s;
        } else if (closed_form_ask(predictions, "mmc", "lam", rate, "mu", 1 / service_s, "c",
                                   (double)station->servers, NULL)) {
            there += predictions_figure(predictions, "L");
        }
    }
    predictions_state(predictions, "jackson", "sum of L over all stations / arrivals",
                      there / source_rate(source), name, "avg");
}

/* --- closed networks ------------------------------------------------------------------------ */

static bool is_closed_station(const Station *station)
{
    bool is_shared =
        station->discipline == DISCIPLINE_PS || station->discipline == DISCIPLINE_LCFS_PR;

    return station_is_plain(station) &&
           (station_is_markov(station) || (is_shared && station->servers == 1));
}

static void add_closed_figures(const Network *network, const GPtrArray *stations,
                               const Component *population, Predictions *predictions)
{
    g_autofree char *journey = part_metric("journey", population);

    predictions_add(predictions, "R", 1, journey, "avg");
    for (guint i = 0; i < stations->len; i++) {
        const Component *part = g_ptr_array_index(stations, i);
        g_autofree char *done = part_metric("station_throughput", part);
        g_autofree char *there = part_metric("station_in_system", part);
        g_autofree char *busy = part_metric("station_busy", part);
        g_autofree char *number = g_strdup_printf("Q_%u", i), *load = g_strdup_printf("U_%u", i);

        predictions_add(predictions, "X", part_feed(network, part)->rate, done, "rate");
        predictions_add(predictions, number, 1, there, "avg");
        predictions_add(predictions, load, 1, busy, "avg");
    }
}

/* One population and nobody from outside: work by station is visits times service. */
static void predict_closed(const Network *network, Predictions *predictions)
{
    const GPtrArray *populations = world_of_kind(network->world, population_kind.name);
    const GPtrArray *stations = world_of_kind(network->world, station_kind.name);
    cJSON *params, *demands = cJSON_CreateArray(), *servers = cJSON_CreateArray();
    bool is_good = populations->len == 1 && !network->has_forks &&
                   world_of_kind(network->world, source_kind.name)->len == 0;
    double most = 0;

    for (guint i = 0; i < stations->len; i++) {
        const Station *station = g_ptr_array_index(stations, i);
        double visits = part_feed(network, &station->component)->rate;

        is_good = is_good && visits > 0 && is_closed_station(station);
        cJSON_AddItemToArray(demands, cJSON_CreateNumber(visits * station_service_s(station)));
        cJSON_AddItemToArray(servers, cJSON_CreateNumber((double)station->servers));
        most = fmax(most, (double)station->servers);
    }
    params = cJSON_CreateObject();
    cJSON_AddItemToObject(params, "demands", demands);
    if (most > 1) {
        cJSON_AddItemToObject(params, "servers", servers);
    } else {
        cJSON_Delete(servers);
    }
    if (is_good) {
        const Component *population = g_ptr_array_index(populations, 0);
        PopulationLaw law = population_law(population);

        cJSON_AddNumberToObject(params, "think", law.think_s);
        cJSON_AddNumberToObject(params, "N", (double)law.customers);
        if (predictions_ask(predictions, most > 1 ? "closed-multiserver" : "mva", params)) {
            add_closed_figures(network, stations, population, predictions);
        }
    } else {
        cJSON_Delete(params);
    }
}

/* --- nodes that fail ------------------------------------------------------------------------ */

/* Refuses while it is down, and nobody ever waits. */
static bool is_node(const Network *network, const Component *part)
{
    const Station *station = part_station(part);

    return station != NULL && station->breakdown.while_down == WHILE_DOWN_REFUSE &&
           law_is(station->breakdown.up, "exponential") && station->servers >= 1000 &&
           station->room == 0 && station->patience.law == NULL && station->vacation.law == NULL &&
           !station->balking && station->refused == NULL && part_is_last(part) &&
           part_feed(network, part)->rate * station_service_s(station) < 1e-3;
}

/* Three different nodes of one failing and repair. */
static bool are_three_nodes(const Network *network, const Component *fork)
{
    guint count;
    Component *const *branches = fork_branches(fork, &count);
    bool is_good = count == 3 && branches[0] != branches[1] && branches[1] != branches[2] &&
                   branches[0] != branches[2];

    for (guint i = 0; i < count && is_good; i++) {
        is_good = is_node(network, branches[i]) &&
                  draw_mean(part_station(branches[i])->breakdown.up) ==
                      draw_mean(part_station(branches[0])->breakdown.up) &&
                  draw_mean(part_station(branches[i])->breakdown.down) ==
                      draw_mean(part_station(branches[0])->breakdown.down);
    }
    return is_good;
}

static bool ask_availability(const Component *node, Predictions *predictions)
{
    const Breakdown *breakdown = &part_station(node)->breakdown;

    return closed_form_ask(predictions, "availability", "mtbf",
                           draw_mean(breakdown->up) / (double)SIM_S, "mttr",
                           draw_mean(breakdown->down) / (double)SIM_S, NULL);
}

/* What is lost of a source that asks a node, or some of three: of Poisson arrivals as large a share
 * as of time. */
static void predict_nodes(const Network *network, Component *source, Predictions *predictions)
{
    static const char *const levels[] = {"", "one_of_3", "local_quorum_2of3", "all_3"};
    const Route *route = source_route(source).route;
    Component *goal = route->count == 1 ? route->steps[0].goal : NULL;
    g_autofree char *name = part_metric("journeys_lost", source);
    SourceLaw law = source_law(source);
    const char *level = NULL;
    guint count;

    if (goal == NULL || law.usual.law != NULL || !law_is(law.interarrival, "exponential")) {
        return;
    }
    if (is_node(network, goal) && ask_availability(goal, predictions)) {
        level = "node";
    } else if (goal->kind == &fork_kind && fork_route(goal).route->count == 0 &&
               are_three_nodes(network, goal) &&
               ask_availability(fork_branches(goal, &count)[0], predictions)) {
        level = levels[fork_need(goal)];
    }
    if (level != NULL) {
        double available = predictions_figure(predictions, level);

        predictions_add(predictions, level, source_rate(source) * (1 / available - 1), name,
                        "rate");
    }
}

/* --- balancers ------------------------------------------------------------------------------ */

/* Equal single servers that only this source comes to; their service, else NAN. */
static double balanced_service_s(const Network *network, const Route *route)
{
    double service_s = NAN;

    for (guint i = 0; i < route->count; i++) {
        const Component *goal = route->steps[i].goal;
        const Station *station = part_station(goal);
        const Feed *feed = goal != NULL ? part_feed(network, goal) : NULL;

        if (station == NULL || station->servers != 1 || !station_is_plain(station) ||
            !station_is_markov(station) || !part_is_last(goal) || feed->from_sources != 1 ||
            feed->from_stations + feed->from_forks + feed->others > 0 ||
            (i > 0 && station_service_s(station) != service_s)) {
            return NAN;
        }
        service_s = station_service_s(station);
    }
    return service_s;
}

static void predict_balanced(const Network *network, Component *source, Predictions *predictions)
{
    const Route *route = source_route(source).route;
    SourceLaw law = source_law(source);
    g_autofree char *name = part_metric("journey", source);
    double service_s, load, count = route->count;

    if (route->type != ROUTE_BALANCE || law.batch > 1 || law.usual.law != NULL ||
        !law_is(law.interarrival, "exponential")) {
        return;
    }
    service_s = balanced_service_s(network, route);
    load = source_rate(source) * service_s / count;
    if (!(load < 1)) { /* NAN, too */
        return;
    }
    if (route->balance == BALANCE_ROUND_ROBIN &&
        closed_form_ask(predictions, "balancer-rr", "servers", count, "rho", load, "mean_service",
                        service_s, NULL)) {
        predictions_add(predictions, "W_round_robin", 1, name, "avg");
        predictions_add(predictions, "W_rr_p99", 1, name, "p(99)");
    } else if ((route->balance == BALANCE_SHORTEST || route->balance == BALANCE_POWER_OF_2) &&
               count <= 4 &&
               closed_form_ask(predictions, "power-of-d-finite", "servers", count, "choices",
                               route->balance == BALANCE_SHORTEST ? count : 2.0, "rho", load,
                               NULL)) {
        predictions_add(predictions, "W", service_s, name, "avg");
    }
}

/* --- classes and retries -------------------------------------------------------------------- */

/* Two Poisson sources of different priority that come to nothing but one server. */
static void predict_classes(const Network *network, const Station *station,
                            Predictions *predictions)
{
    const GPtrArray *sources = world_of_kind(network->world, source_kind.name);
    const Component *part = &station->component, *high = NULL, *low = NULL;
    const Feed *feed = part_feed(network, part);
    double service_s = station_service_s(station);

    for (guint i = 0; i < sources->len; i++) {
        Component *source = g_ptr_array_index(sources, i);
        const Route *route = source_route(source).route;

        if (route->count == 1 && route->steps[0].goal == part) {
            low = high != NULL ? source : low;
            high = high == NULL ? source : high;
        }
    }
    if (low == NULL || feed->from_sources != 2 || feed->from_stations > 0 || !feed->is_poisson ||
        source_law(high).priority == source_law(low).priority || station->servers > 1 ||
        !station_is_plain(station) || !law_is(station->service, "exponential") ||
        !part_is_last(part)) {
        return;
    }
    if (source_law(high).priority < source_law(low).priority) {
        const Component *kept = high;

        high = low;
        low = kept;
    }
    if (closed_form_ask(predictions, "priority-np", "lam_high", source_rate(high), "lam_low",
                        source_rate(low), "mean_high", service_s, "mean_low", service_s, NULL)) {
        g_autofree char *first = part_metric("journey", high), *other = part_metric("journey", low);
        double wait_high = predictions_figure(predictions, "Wq_high");
        double wait_low = predictions_figure(predictions, "Wq_low");

        predictions_add(predictions, "Wq_high", 1 + service_s / wait_high, first, "avg");
        predictions_add(predictions, "Wq_low", 1 + service_s / wait_low, other, "avg");
    }
}

/* The only source that leads to a part, and to nothing else; NULL when there is none. */
static Component *only_source(const Network *network, const Component *part)
{
    const GPtrArray *sources = world_of_kind(network->world, source_kind.name);
    Component *found = NULL;

    for (guint i = 0; i < sources->len && part_feed(network, part)->from_sources == 1; i++) {
        Component *source = g_ptr_array_index(sources, i);
        const Route *route = source_route(source).route;

        if (route->count == 1 && route->steps[0].goal == part) {
            found = source;
        }
    }
    return found != NULL && law_is(source_law(found).interarrival, "exponential") &&
                   source_law(found).batch <= 1 && source_law(found).usual.law == NULL
               ? found
               : NULL;
}

/* A server without a line, and a place from which all come back to it. */
static void predict_retrial(const Network *network, const Station *station,
                            Predictions *predictions)
{
    const Feed *feed = part_feed(network, &station->component);
    const Route *refused = &station->refused_route;
    const Component *goal = refused->count == 1 ? refused->steps[0].goal : NULL;
    const Station *orbit = part_station(goal);
    const Route *back = orbit != NULL ? &orbit->route : NULL;
    const Component *source = only_source(network, &station->component);
    g_autofree char *journey = source != NULL ? part_metric("journey", source) : NULL;

    if (back == NULL || station->room != 1 || station->servers != 1 || source == NULL ||
        feed->from_stations != 1 || !law_is(station->service, "exponential") ||
        !law_is(orbit->service, "exponential") || orbit->servers < 1000 || back->count != 1 ||
        back->steps[0].goal != &station->component || !part_is_last(&station->component)) {
        return;
    }
    if (closed_form_ask(predictions, "retrial", "lam", feed->rate, "mu",
                        1 / station_service_s(station), "retry_rate", 1 / station_service_s(orbit),
                        NULL)) {
        g_autofree char *there = part_metric("station_in_system", goal);

        predictions_add(predictions, "orbit", 1, there, "avg");
        predictions_add(predictions, "W", 1, journey, "avg");
    }
}

void closed_form_networks(const Network *network, Predictions *predictions)
{
    const GPtrArray *forks = world_of_kind(network->world, fork_kind.name);
    const GPtrArray *sources = world_of_kind(network->world, source_kind.name);
    const GPtrArray *stations = world_of_kind(network->world, station_kind.name);

    predict_journey(network, predictions);
    predict_closed(network, predictions);
    for (guint i = 0; i < forks->len && network->is_open; i++) {
        closed_form_fork(network, g_ptr_array_index(forks, i), predictions);
    }
    for (guint i = 0; i < sources->len; i++) {
        predict_balanced(network, g_ptr_array_index(sources, i), predictions);
        predict_nodes(network, g_ptr_array_index(sources, i), predictions);
    }
    for (guint i = 0; i < stations->len && network->is_open; i++) {
        const Station *station = g_ptr_array_index(stations, i);

        if (station->discipline == DISCIPLINE_PRIORITY) {
            predict_classes(network, station, predictions);
        } else if (station->refused != NULL) {
            predict_retrial(network, station, predictions);
        }
    }
}
