/* route.c - see route.h. */
#include "models/queueing/route.h"

#include <math.h>
#include <string.h>

#include "models/queueing/network_parts.h"
#include "sim/config/json_place.h"

/* How far probabilities as written may be from 1 in sum: three thirds of 0.333. */
#define SUM_SLACK 0.0015

/* --- the tables -----------------------------------------------------------------------------
 */

/* One step of a list, as text. */
typedef struct StepText {
    char *station, *fork;
    bool is_out;
    double probability;
} StepText;

static const Field step_fields[] = {
    FIELD_TEXT(StepText, station, .help = "The station to go to"),
    FIELD_TEXT(StepText, fork, .help = "The fork to go to"),
    FIELD_ROW(StepText, is_out, "out", FIELD_TYPE_FLAG, bool, .help = "Leaves the network"),
    FIELD_RATIO(StepText, probability, .help = "How likely it is; all of a list sum to 1"),
    FIELD_END,
};

static const char *const balances[] = {[BALANCE_RANDOM] = "random",
                                       [BALANCE_ROUND_ROBIN] = "round-robin",
                                       [BALANCE_SHORTEST] = "shortest",
                                       [BALANCE_POWER_OF_2] = "power-of-2",
                                       NULL};

typedef struct BalanceText {
    int balance;
    char **among;
} BalanceText;

static const Field balance_fields[] = {
    FIELD_CHOICE(BalanceText, balance, .more = balances, .flags = FIELD_REQUIRED,
                 .help = "How one of the stations is picked"),
    FIELD_TEXTS(BalanceText, among, .flags = FIELD_REQUIRED, .help = "The stations"),
    FIELD_END,
};

/* --- names ----------------------------------------------------------------------------------
 */

static Component *find_part(World *world, const Kind *kind, const char *name)
{
    g_autofree char *full = g_strdup_printf("%s@%s", kind->name, name);

    return world_find(world, full);
}

static void add_names(World *world, const Kind *kind, GPtrArray *names)
{
    const GPtrArray *parts = world_of_kind(world, kind->name);

    for (guint i = 0; i < parts->len; i++) {
        const Component *part = g_ptr_array_index(parts, i);

        g_ptr_array_add(names, (void *)(uintptr_t)(strchr(part->name, '@') + 1));
    }
}

static void report_name(World *world, const char *what, bool has_stations, bool has_forks,
                        const char *name, const cJSON *node, DiagList *diags)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autofree char *suggestion = NULL;

    if (has_stations) {
        add_names(world, &station_kind, names);
    }
    if (has_forks) {
        add_names(world, &fork_kind, names);
    }
    g_ptr_array_add(names, NULL);
    suggestion = diag_suggest(name, (const char *const *)names->pdata);
    diag_add(diags, DIAG_ERROR, node, DIAG_VALUE, "unknown %s '%s'%s", what, name, suggestion);
}

Component *route_find_station(World *world, const char *name, const cJSON *node, DiagList *diags)
{
    Component *station = find_part(world, &station_kind, name);

    if (station == NULL) {
        report_name(world, "station", true, false, name, node, diags);
    }
    return station;
}

Component *route_find_goal(World *world, const char *name, const cJSON *node, DiagList *diags)
{
    Component *station = find_part(world, &station_kind, name);
    Component *fork = find_part(world, &fork_kind, name);

    if (station == NULL && fork == NULL) {
        report_name(world, "station or fork", true, true, name, node, diags);
    }
    return station != NULL ? station : fork;
}

/* --- reading --------------------------------------------------------------------------------
 */

static RouteStep *add_step(Route *route, Component *goal, double probability)
{
    RouteStep *step;

    route->steps = g_renew(RouteStep, route->steps, route->count + 1);
    step = &route->steps[route->count];
    *step = (RouteStep){.goal = goal, .probability = probability};
    step->up_to = probability + (route->count > 0 ? step[-1].up_to : 0);
    route->count++;
    return step;
}

static void read_name(Route *route, const cJSON *to, World *world, DiagList *diags)
{
    Component *goal = route_find_goal(world, to->valuestring, to, diags);

    if (goal != NULL) {
        add_step(route, goal, 1);
    }
}

/* One of a list, or the only one (`is_only`: then it needs no probability). */
static void read_step(Route *route, const cJSON *tree, bool is_only, World *world, DiagList *diags)
{
    StepText text = {0};
    Component *goal = NULL;
    int named;

    if (!cJSON_IsObject(tree)) {
        diag_add(diags, DIAG_ERROR, tree, DIAG_VALUE,
                 "a step must be an object, like {\"station\": \"db\", \"probability\": 0.4}");
        return;
    }
    field_defaults(step_fields, &text);
    field_read(step_fields, &text, tree, diags);
    named = (text.station != NULL) + (text.fork != NULL) + text.is_out;
    if (named != 1) {
        diag_add(diags, DIAG_ERROR, tree, DIAG_VALUE,
                 "a step leads to one of 'station', 'fork' and 'out', this one to %s",
                 named == 0 ? "none" : "several");
    } else if (text.station != NULL) {
        goal = route_find_station(world, text.station, json_member(tree, "station"), diags);
    } else if (text.fork != NULL) {
        goal = find_part(world, &fork_kind, text.fork);
        if (goal == NULL) {
            report_name(world, "fork", false, true, text.fork, json_member(tree, "fork"), diags);
        }
    }
    if (!is_only && json_member(tree, "probability") == NULL) {
        diag_add(diags, DIAG_ERROR, tree, DIAG_VALUE, "a step of a list needs 'probability'");
    }
    add_step(route, goal, is_only ? 1 : text.probability);
    field_clear(step_fields, &text);
}

static void read_list(Route *route, const cJSON *to, World *world, DiagList *diags)
{
    const cJSON *item;
    guint before = diag_count_errors(diags);
    double sum;

    cJSON_ArrayForEach(item, to)
    {
        read_step(route, item, false, world, diags);
    }
    if (diag_count_errors(diags) > before) {
        return;
    }
    sum = route->count == 0 ? 0 : route->steps[route->count - 1].up_to;
    if (fabs(sum - 1) > SUM_SLACK) {
        diag_add(diags, DIAG_ERROR, to, DIAG_KEY, "the probabilities of 'to' sum to %g, not to 1",
                 sum);
        return;
    }
    for (guint i = 0; i < route->count; i++) {
        route->steps[i].probability /= sum;
        route->steps[i].up_to /= sum;
    }
}

static void read_balance(Route *route, const cJSON *to, World *world, DiagList *diags)
{
    BalanceText text = {0};
    const cJSON *among = json_member(to, "among");

    field_defaults(balance_fields, &text);
    if (field_read(balance_fields, &text, to, diags)) {
        guint count = g_strv_length(text.among);

        for (guint i = 0; i < count; i++) {
            const cJSON *item = cJSON_IsArray(among) ? cJSON_GetArrayItem(among, (int)i) : among;

            add_step(route, route_find_station(world, text.among[i], item, diags), 1.0 / count);
        }
        if (count < 2) {
            diag_add(diags, DIAG_ERROR, among, DIAG_VALUE, "'among' needs at least two stations");
        }
        route->type = ROUTE_BALANCE;
        route->balance = (Balance)text.balance;
        route->shortest = g_new(guint, MAX(count, 1));
    }
    field_clear(balance_fields, &text);
}

void route_read(Route *route, const cJSON *to, const Component *owner, const char *use,
                World *world, DiagList *diags)
{
    guint before = diag_count_errors(diags);
    g_autofree char *stream = g_strdup_printf("%s/%s", owner->name, use);

    if (to == NULL) {
        return;
    }
    if (cJSON_IsString(to)) {
        read_name(route, to, world, diags);
    } else if (cJSON_IsArray(to)) {
        read_list(route, to, world, diags);
    } else if (json_member(to, "balance") != NULL || json_member(to, "among") != NULL) {
        read_balance(route, to, world, diags);
    } else if (cJSON_IsObject(to)) {
        read_step(route, to, true, world, diags);
    } else {
        diag_add(diags, DIAG_ERROR, to, DIAG_VALUE,
                 "'to' must be a name, a list with probabilities, {\"balance\": ..., \"among\": "
                 "[...]} or {\"out\": true}");
    }
    if (diag_count_errors(diags) > before) {
        route_clear(route);
    } else if (route->count > 1) {
        engine_open_stream(world_engine(world), &route->rng, stream);
    }
}

void route_clear(Route *route)
{
    g_free(route->steps);
    g_free(route->shortest);
    *route = (Route){0};
}

/* --- picking --------------------------------------------------------------------------------
 */

static guint pick_by_chance(Route *route)
{
    double uniform = rng_uniform(&route->rng);
    guint i = 0;

    while (i + 1 < route->count && uniform >= route->steps[i].up_to) {
        i++;
    }
    return i;
}

static guint pick_shortest(Route *route)
{
    uint32_t least = UINT32_MAX;
    guint equals = 0;

    for (guint i = 0; i < route->count; i++) {
        uint32_t count = station_count(route->steps[i].goal);

        if (count < least) {
            least = count;
            equals = 0;
        }
        if (count == least) {
            route->shortest[equals++] = i;
        }
    }
    return route->shortest[rng_below(&route->rng, equals)];
}

static guint pick_of_two(Route *route)
{
    guint one = (guint)rng_below(&route->rng, route->count);
    guint other = (guint)rng_below(&route->rng, route->count - 1);

    other += other >= one;
    return station_count(route->steps[other].goal) < station_count(route->steps[one].goal) ? other
                                                                                           : one;
}

static guint pick_balanced(Route *route)
{
    switch (route->balance) {
    case BALANCE_ROUND_ROBIN:
        route->turn = route->turn % route->count + 1;
        return route->turn - 1;
    case BALANCE_SHORTEST:
        return pick_shortest(route);
    case BALANCE_POWER_OF_2:
        return pick_of_two(route);
    case BALANCE_RANDOM:
        break;
    }
    return (guint)rng_below(&route->rng, route->count);
}

Component *route_pick_of_several(Route *route)
{
    return route->steps[route->type == ROUTE_BALANCE ? pick_balanced(route) : pick_by_chance(route)]
        .goal;
}

void route_enter(Component *goal, Customer *customer)
{
    if (goal->kind == &station_kind) {
        station_enter(goal, customer);
    } else {
        fork_enter(goal, customer);
    }
}

void route_pass(Route *route, Customer *customer)
{
    Component *goal = route_pick(route);

    if (goal == NULL) {
        customer_end(customer, CUSTOMER_DONE);
    } else {
        route_enter(goal, customer);
    }
}
