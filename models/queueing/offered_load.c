/* offered_load.c - see offered_load.h. The equations are solved by letting arrivals flow on until
 * what still flows is nothing; in a network that somebody never leaves that would not end. */
#include "models/queueing/offered_load.h"

#include "models/queueing/network_parts.h"

#define FLOWS_MOST 100000
#define NOTHING 1e-9 /* of the sum of all sources */

/* Arrivals in a second, by the id of the component. */
typedef struct Flow {
    World *world;
    double *total;     /* so far */
    double *flowing;   /* what has come in the last step */
    double *next;      /* what comes in the next one */
    bool *is_adaptive; /* picked by its length: its share is not known beforehand */
} Flow;

static void pass_on(Flow *flow, PartRoute part, double rate)
{
    const Route *route = part.route;

    for (guint i = 0; i < route->count; i++) {
        const Component *goal = route->steps[i].goal;

        if (goal == NULL) {
            continue;
        }
        flow->next[component_id(goal)] += rate * route->steps[i].probability;
        if (route->type == ROUTE_BALANCE && route->balance >= BALANCE_SHORTEST) {
            flow->is_adaptive[component_id(goal)] = true;
        }
    }
}

static double source_flow(Flow *flow)
{
    const GPtrArray *sources = world_of_kind(flow->world, source_kind.name);
    double sum = 0;

    for (guint i = 0; i < sources->len; i++) {
        Component *source = g_ptr_array_index(sources, i);

        pass_on(flow, source_route(source), source_rate(source));
        sum += source_rate(source);
    }
    return sum;
}

/* One step: all that flows comes to where it goes. What still flows then. */
static double flow_on(Flow *flow)
{
    double sum = 0;
    double *last = flow->flowing;

    flow->flowing = flow->next;
    flow->next = last;
    memset(flow->next, 0, world_count(flow->world) * sizeof *flow->next);
    for (guint id = 0; id < world_count(flow->world); id++) {
        Component *part = world_component(flow->world, id);
        double rate = flow->flowing[id];

        if (rate <= 0) {
            continue;
        }
        sum += rate;
        flow->total[id] += rate;
        if (part->kind == &fork_kind) {
            guint count;
            Component *const *branches = fork_branches(part, &count);

            for (guint i = 0; i < count; i++) {
                flow->next[component_id(branches[i])] += rate;
            }
            pass_on(flow, fork_route(part), rate);
        } else {
            pass_on(flow, station_route(part), rate);
        }
    }
    return sum;
}

/* Whether somebody who is at a part can come to the end of its way, as far as is known. */
static bool can_leave(Component *part, const bool *is_known)
{
    const Route *route =
        part->kind == &fork_kind ? fork_route(part).route : station_route(part).route;

    for (guint i = 0; i < route->count; i++) {
        const RouteStep *step = &route->steps[i];

        if (step->probability > 0 && (step->goal == NULL || is_known[component_id(step->goal)])) {
            return true;
        }
    }
    return route->count == 0;
}

/* Finds out for all of a kind; true when there was something new. */
static bool learn_of_kind(const Flow *flow, const Kind *kind, bool *is_known)
{
    const GPtrArray *parts = world_of_kind(flow->world, kind->name);
    bool is_new = false;

    for (guint i = 0; i < parts->len; i++) {
        Component *part = g_ptr_array_index(parts, i);

        if (!is_known[component_id(part)] && can_leave(part, is_known)) {
            is_known[component_id(part)] = true;
            is_new = true;
        }
    }
    return is_new;
}

/* True when a station to which somebody comes keeps all for ever. */
static bool warn_of_traps(const Flow *flow, DiagList *diags)
{
    const GPtrArray *stations = world_of_kind(flow->world, station_kind.name);
    g_autofree bool *is_known = g_new0(bool, world_count(flow->world));
    bool is_trapped = false;

    while (learn_of_kind(flow, &station_kind, is_known) ||
           learn_of_kind(flow, &fork_kind, is_known)) {
    }
    for (guint i = 0; i < stations->len; i++) {
        const Component *station = g_ptr_array_index(stations, i);

        if (flow->total[component_id(station)] > 0 && !is_known[component_id(station)]) {
            is_trapped = true;
            diag_add(diags, DIAG_WARNING, station->settings, DIAG_KEY,
                     "who comes to station '%s' never leaves: no way leads out of the network",
                     station->settings->string);
        }
    }
    return is_trapped;
}

static void warn(const Flow *flow, Component *station, DiagList *diags)
{
    StationCapacity capacity = station_capacity(station);
    double offered = flow->total[component_id(station)];
    double load = offered * capacity.service_s / capacity.servers;

    if (capacity.is_bounded || !(offered > 0)) {
        return;
    }
    if (load >= 1 && !flow->is_adaptive[component_id(station)]) {
        station_warn_overload(station, load);
        diag_add(
            diags, DIAG_WARNING, station->settings, DIAG_KEY,
            "station '%s' is offered %.6g customers a second, %.4g times what it can serve: its "
            "queue grows without end",
            station->settings->string, offered, load);
    } else if (!capacity.has_wait) {
        station_warn_wait(station);
        diag_add(diags, DIAG_WARNING, station->settings, DIAG_KEY,
                 "the service of station '%s' has no finite variance: the mean wait is infinite, "
                 "only percentiles can be measured",
                 station->settings->string);
    }
}

double *offered_load_rates(World *world, double of_population)
{
    guint count = world_count(world);
    double *total = g_new0(double, count);
    g_autofree double *one = g_new0(double, count), *other = g_new0(double, count);
    g_autofree bool *is_adaptive = g_new0(bool, count);
    Flow flow = {world, total, one, other, is_adaptive};
    const GPtrArray *populations = world_of_kind(world, population_kind.name);
    double sum = source_flow(&flow) + of_population * populations->len;

    for (guint i = 0; i < populations->len; i++) {
        pass_on(&flow, population_route(g_ptr_array_index(populations, i)), of_population);
    }
    for (guint i = 0; i < FLOWS_MOST && flow_on(&flow) > NOTHING * sum; i++) {
    }
    return total;
}

void offered_load_check(World *world, DiagList *diags)
{
    guint count = world_count(world);
    g_autofree double *total = g_new0(double, count), *one = g_new0(double, count),
                      *other = g_new0(double, count);
    g_autofree bool *is_adaptive = g_new0(bool, count);
    Flow flow = {world, total, one, other, is_adaptive};
    const GPtrArray *stations = world_of_kind(world, station_kind.name);
    double sources = source_flow(&flow);

    for (guint i = 0; i < FLOWS_MOST && flow_on(&flow) > NOTHING * sources; i++) {
    }
    if (warn_of_traps(&flow, diags)) {
        return; /* all else follows from it */
    }
    for (guint i = 0; i < stations->len; i++) {
        warn(&flow, g_ptr_array_index(stations, i), diags);
    }
}
