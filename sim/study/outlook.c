/* outlook.c - what a capacity means in months and money. */
#include "sim/study/outlook.h"

#include <math.h>
#include <string.h>

#include "sim/config/json_place.h"
#include "sim/config/unit.h"
#include "sim/scenario/scenario_names.h"
#include "sim/theory/theory.h"

/* Compaction needs room for as much again. Source: Apache Cassandra documentation, compaction. */
#define DISK_USABLE 0.5

#define NUMBER(member, initial_text, where, text)                                                  \
    FIELD_NUMBER(OutlookInputs, member, .initial = initial_text, .lowest = "0",                    \
                 .highest = "1000000000000", .source = where, .help = text)
#define GROWTH "assumption: give your own"
#define COST_PAGE "hosts and cost reference, section 10"

static const Field input_fields[] = {
    FIELD_TEXT(OutlookInputs, prices, .flags = FIELD_PATH, .help = "File of prices"),
    FIELD_TEXT(OutlookInputs, start, .help = "Day from which growth counts, \"2026-11-22\""),
    NUMBER(target_low, "0", NULL, "Requests a second that must be carried; 0: none is promised"),
    NUMBER(target_high, "0", NULL, "Requests a second that should be carried; 0: none is promised"),
    NUMBER(mean_rate, "0", NULL, "Requests a second over a month; 0: not known"),
    NUMBER(linear_low, "0.01", GROWTH, "Growth a month as a share of today, at least"),
    NUMBER(linear_high, "0.03", GROWTH, "Growth a month as a share of today, at most"),
    NUMBER(compound_low, "0.01", GROWTH, "Growth a month as a share of the month before, at least"),
    NUMBER(compound_high, "0.03", GROWTH, "Growth a month as a share of the month before, at most"),
    NUMBER(volume_gb, "0", COST_PAGE,
           "GB of a volume rented for each Cassandra node on top of its server's disk"),
    NUMBER(data_gb, "10", GROWTH, "Unique data of a live site today, in GB"),
    FIELD_COUNT(OutlookInputs, copies, .initial = "3", .lowest = "1", .highest = "100",
                .source = "replication of the canonical topology", .help = "Copies at a live site"),
    NUMBER(answer_bytes, "3000", COST_PAGE, "Bytes of an answer"),
    NUMBER(write_bytes, "1000", COST_PAGE, "Bytes of a write"),
    NUMBER(write_ratio, "0.6", COST_PAGE, "Share of requests that write"),
    NUMBER(resolvers, "38", COST_PAGE, "Resolvers with steady demand"),
    NUMBER(checks, "5", COST_PAGE, "Health checks"),
    NUMBER(check_options, "0", COST_PAGE, "Paid options of each health check"),
    FIELD_SPAN(OutlookInputs, ttl, .initial = "60s", .lowest = "1s", .highest = "7d",
               .source = COST_PAGE, .help = "Time to live of the answers"),
    FIELD_TEXT(OutlookInputs, cpu, .help = "Pointer to the law of CPU a request"),
    FIELD_COUNT(OutlookInputs, n_minus, .initial = "0", .lowest = "0", .highest = "2",
                .help = "Sites lost at once that are searched too"),
    FIELD_END,
};

static void wall_free(OutlookWall *wall)
{
    g_free(wall->name);
    g_free(wall->unit);
    g_free(wall);
}

static void item_free(OutlookItem *item)
{
    g_free(item->name);
    g_free(item);
}

void outlook_free(Outlook *outlook)
{
    if (outlook != NULL) {
        field_clear(input_fields, &outlook->inputs);
        money_clear(&outlook->prices);
        g_clear_pointer(&outlook->walls, g_ptr_array_unref);
        g_clear_pointer(&outlook->items, g_ptr_array_unref);
        g_free(outlook);
    }
}

/* --- inputs ---------------------------------------------------------------------------------- */

static bool read_inputs(Outlook *outlook, const Scenario *scenario, const char *prices,
                        GError **error)
{
    cJSON *tree = json_pointer(scenario->root, "/search/capacity");
    g_autoptr(DiagList) diags = scenario_diags_new(scenario);
    OutlookInputs *inputs = &outlook->inputs;

    field_defaults(input_fields, inputs);
    if (field_read(input_fields, inputs, tree, diags)) {
        const cJSON *node = json_member(tree, "prices");
        g_autofree char *own = node != NULL ? scenario_path(scenario, node, inputs->prices) : NULL;

        if (prices == NULL && own == NULL) {
            diag_add(diags, DIAG_ERROR, tree, DIAG_VALUE,
                     "cost needs prices: name a file with --prices or \"prices\"");
        } else {
            money_read(&outlook->prices, prices != NULL ? prices : own, diags);
        }
    }
    if (inputs->target_high <= 0) {
        inputs->target_high = inputs->target_low;
    }
    if (inputs->cpu != NULL && inputs->target_high <= 0) {
        diag_add(diags, DIAG_ERROR, tree, DIAG_VALUE,
                 "'cpu' is searched at the rate that is promised: give 'target_high', too");
    }
    if (inputs->linear_low > inputs->linear_high || inputs->compound_low > inputs->compound_high ||
        inputs->target_low > inputs->target_high) {
        diag_add(diags, DIAG_ERROR, tree, DIAG_VALUE,
                 "the lower end of growth and target must not be above the upper one");
    }
    if (diag_count_errors(diags) > 0) {
        g_autofree char *text = diag_list_to_text(diags);

        g_set_error(error, STUDY_ERROR, STUDY_ERROR_INPUT, "%s", text);
        return false;
    }
    return true;
}

/* --- walls ----------------------------------------------------------------------------------- */

static double months(double capacity, double current, double linear, double compound,
                     const char *figure)
{
    cJSON *params = cJSON_CreateObject();

    if (current >= capacity) {
        cJSON_Delete(params);
        return 0;
    }
    cJSON_AddNumberToObject(params, "capacity", capacity);
    cJSON_AddNumberToObject(params, "current", current);
    cJSON_AddNumberToObject(params, "linear_per_month", linear * current);
    cJSON_AddNumberToObject(params, "compound_per_month", compound);
    double value = theory_figure("exhaustion", figure, params);

    return isnan(value) ? (double)INFINITY : value; /* no growth: never */
}

static void add_wall(Outlook *outlook, const char *name, const char *unit, double capacity,
                     double current)
{
    const OutlookInputs *inputs = &outlook->inputs;
    OutlookWall *wall = g_new0(OutlookWall, 1);

    if (isnan(capacity) || !(current > 0)) {
        g_free(wall);
        return;
    }
    *wall = (OutlookWall){
        .name = g_strdup(name),
        .unit = g_strdup(unit),
        .capacity = capacity,
        .current = current,
        .linear_first =
            months(capacity, current, inputs->linear_high, inputs->compound_high, "months_linear"),
        .linear_last =
            months(capacity, current, inputs->linear_low, inputs->compound_low, "months_linear"),
        .compound_first = months(capacity, current, inputs->linear_high, inputs->compound_high,
                                 "months_compound"),
        .compound_last =
            months(capacity, current, inputs->linear_low, inputs->compound_low, "months_compound"),
    };
    g_ptr_array_add(outlook->walls, wall);
}

/* What a site's size says, in bytes; 0 when it does not. */
static double size_bytes(const Scenario *scenario, const DataCentre *dc, const char *what)
{
    const cJSON *sizes = json_pointer(scenario->root, "/system/sizes");
    const cJSON *text = json_member(json_member(sizes, dc->size), what);
    int64_t bytes = 0;

    return cJSON_IsString(text) && unit_parse_bytes(text->valuestring, &bytes) ? (double)bytes : 0;
}

/* What one Cassandra node is advised to hold, lower and upper end. Source: published capacity per
 * node for 3.x, older vendor guidance as recalled, not verified (Cassandra reference). */
static void add_advice(Outlook *outlook, double nodes)
{
    static const struct {
        const char *name;
        double gb;
    } advice[] = {
        {"advised typical data of Cassandra's nodes, 500 GB each", 500},
        {"advised typical data of Cassandra's nodes, 1 TB each", 1000},
        {"advised most data of Cassandra's nodes, 3 TB each", 3000},
        {"advised most data of Cassandra's nodes, 5 TB each", 5000},
    };

    for (guint i = 0; i < G_N_ELEMENTS(advice) && nodes > 0; i++) {
        add_wall(outlook, advice[i].name, "GB",
                 advice[i].gb * nodes / (double)outlook->inputs.copies, outlook->inputs.data_gb);
    }
}

static void find_walls(Outlook *outlook, const Scenario *scenario, const Capacity *capacity)
{
    const OutlookInputs *inputs = &outlook->inputs;
    const NodeGroup *store = names_find_group(scenario, "db");
    double smallest_gb = (double)INFINITY;
    double fewest_nodes = (double)INFINITY;
    double quota_tb = 0;
    double sites = 0;

    for (guint i = 0; i < scenario->datacenters->len; i++) {
        const DataCentre *dc = g_ptr_array_index(scenario->datacenters, i);
        double disk = size_bytes(scenario, dc, "disk") / 1e9;

        quota_tb += dc->nodes * size_bytes(scenario, dc, "traffic") / 1e12;
        sites += 1;
        if (dc->is_live && store != NULL) {
            fewest_nodes = fmin(fewest_nodes, names_count_nodes(store, dc));
        }
        if (dc->is_live && store != NULL && disk > 0) {
            smallest_gb =
                fmin(smallest_gb, names_count_nodes(store, dc) * (disk + inputs->volume_gb) *
                                      DISK_USABLE / (double)inputs->copies);
        }
    }
    for (guint i = 0; i < capacity->cases->len; i++) {
        const CapacityCase *one = g_ptr_array_index(capacity->cases, i);
        g_autofree char *name = g_strdup_printf("requests, %s", one->name);

        if (i == 0 || one == capacity_worst(capacity)) {
            add_wall(outlook, name, "/s", one->frontier->rate, inputs->target_low);
        }
    }
    if (isfinite(smallest_gb)) {
        add_wall(outlook, "disk of a live site, half of it for compaction", "GB", smallest_gb,
                 inputs->data_gb);
    }
    if (isfinite(fewest_nodes)) {
        add_advice(outlook, fewest_nodes);
    }
    if (quota_tb > 0) {
        add_wall(outlook, "traffic quota of all servers", "TB a month", quota_tb,
                 money_traffic_tb(inputs->mean_rate, inputs->answer_bytes,
                                  inputs->mean_rate * inputs->write_ratio, inputs->write_bytes,
                                  sites));
    }
}

/* --- money ----------------------------------------------------------------------------------- */

static void add_item(Outlook *outlook, const char *name, double monthly)
{
    OutlookItem *item = g_new0(OutlookItem, 1);

    item->name = g_strdup(name);
    item->monthly = monthly;
    outlook->total += monthly;
    g_ptr_array_add(outlook->items, item);
}

/* Of all sites: each Cassandra node has one. */
static void add_volumes(Outlook *outlook, const Scenario *scenario)
{
    const NodeGroup *store = names_find_group(scenario, "db");
    double gb = 0;

    for (guint i = 0; store != NULL && i < scenario->datacenters->len; i++) {
        gb += names_count_nodes(store, g_ptr_array_index(scenario->datacenters, i)) *
              outlook->inputs.volume_gb;
    }
    if (gb > 0) {
        g_autofree char *name = g_strdup_printf("volumes, %.15g GB", gb);

        add_item(outlook, name, gb * outlook->prices.volume_per_gb);
    }
}

static void find_costs(Outlook *outlook, const Scenario *scenario)
{
    const OutlookInputs *inputs = &outlook->inputs;
    double sites = scenario->datacenters->len;
    double servers = 0;
    double quota_tb = 0;
    double traffic =
        money_traffic_tb(inputs->mean_rate, inputs->answer_bytes,
                         inputs->mean_rate * inputs->write_ratio, inputs->write_bytes, sites);
    double queries = money_million_queries(inputs->resolvers, sim_span_to_s(inputs->ttl));

    for (guint i = 0; i < scenario->datacenters->len; i++) {
        const DataCentre *dc = g_ptr_array_index(scenario->datacenters, i);
        g_autofree char *name = g_strdup_printf("%s, %u servers", dc->name, dc->nodes);

        servers += dc->nodes;
        quota_tb += dc->nodes * size_bytes(scenario, dc, "traffic") / 1e12;
        add_item(outlook, name, dc->monthly_cost);
    }
    if (servers > 0) {
        add_item(outlook, "traffic beyond the quota",
                 money_overage(&outlook->prices, traffic, quota_tb / servers, servers));
    }
    add_volumes(outlook, scenario);
    add_item(outlook, "Route 53: zone, health checks, queries",
             outlook->prices.eur_per_usd * money_route53_usd(&outlook->prices, inputs->checks,
                                                             inputs->check_options, queries));
    for (guint i = 0; i < scenario->costs->len; i++) {
        const CostItem *cost = g_ptr_array_index(scenario->costs, i);

        if (strcmp(cost->name, "route53") != 0) { /* counted from its prices above */
            add_item(outlook, cost->name, cost->monthly);
        }
    }
}

/* The share of the capacity that only the loss of a site needs. */
static double find_reserve(const Capacity *capacity)
{
    const CapacityCase *intact = g_ptr_array_index(capacity->cases, 0);
    const CapacityCase *worst = capacity_worst_of(capacity, 1); /* of one site, not of a pair */

    return worst != NULL ? 1 - worst->frontier->rate / intact->frontier->rate : (double)NAN;
}

/* A request may cost so much more CPU as the worst capacity lies above the target, as long as CPU
 * is what gives way. */
static void find_cpu(Outlook *outlook, const Scenario *scenario, const Capacity *capacity)
{
    g_autoptr(Rate) cpu =
        outlook->inputs.cpu != NULL ? rate_find(scenario, outlook->inputs.cpu, NULL) : NULL;

    outlook->cpu_now_s = cpu != NULL ? 1 / rate_offered(cpu) : (double)NAN;
    outlook->cpu_most_s = outlook->inputs.target_high > 0
                              ? outlook->cpu_now_s * capacity_worst(capacity)->frontier->rate /
                                    outlook->inputs.target_high
                              : (double)NAN;
}

static bool is_wanted(const Scenario *scenario, const char *prices)
{
    return prices != NULL || json_pointer(scenario->root, "/search/capacity") != NULL;
}

bool outlook_monthly(const Scenario *scenario, const char *prices, double *monthly, GError **error)
{
    g_autoptr(Outlook) outlook = g_new0(Outlook, 1);

    if (!is_wanted(scenario, prices)) {
        *monthly = scenario_monthly_cost(scenario);
        return true;
    }
    if (!read_inputs(outlook, scenario, prices, error)) {
        return false;
    }
    outlook->items = g_ptr_array_new_with_free_func((GDestroyNotify)item_free);
    find_costs(outlook, scenario);
    *monthly = outlook->total;
    return true;
}

void outlook_inputs_clear(OutlookInputs *inputs)
{
    field_clear(input_fields, inputs);
}

bool outlook_check(const Study *study, const char *path, const char *prices, OutlookInputs *inputs,
                   GError **error)
{
    g_autoptr(Scenario) scenario = study_read(study, path, NULL, error);
    g_autoptr(Outlook) outlook = g_new0(Outlook, 1);
    bool is_good = scenario != NULL &&
                   (!is_wanted(scenario, prices) || read_inputs(outlook, scenario, prices, error));

    if (is_good) {
        *inputs = outlook->inputs;
        outlook->inputs = (OutlookInputs){0};
    }
    return is_good;
}

Outlook *outlook_make(const Study *study, const char *path, const char *prices,
                      const Capacity *capacity, GError **error)
{
    g_autoptr(Scenario) scenario = study_read(study, path, NULL, error);
    g_autoptr(Outlook) outlook = g_new0(Outlook, 1);

    if (scenario == NULL || !is_wanted(scenario, prices) ||
        !read_inputs(outlook, scenario, prices, error)) {
        return NULL;
    }
    outlook->walls = g_ptr_array_new_with_free_func((GDestroyNotify)wall_free);
    outlook->items = g_ptr_array_new_with_free_func((GDestroyNotify)item_free);
    find_walls(outlook, scenario, capacity);
    find_costs(outlook, scenario);
    outlook->reserve_ratio = find_reserve(capacity);
    find_cpu(outlook, scenario, capacity);
    return g_steal_pointer(&outlook);
}
