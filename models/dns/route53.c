/* route53.c - Amazon Route 53: a zone, health checks decided by quorum of 16 checkers, and a data
 * plane that learns of a change of health after a propagation delay. Source: Route 53 Developer
 * Guide and API reference 2013-04-01. */
#include "models/dns/route53.h"

#include <errno.h>

#include "models/dns/health_checker.h"
#include "models/dns/route53_parts.h"
#include "models/dns/route53_predict.h"
#include "models/dns/route53_read.h"
#include "sim/world/host.h"
#include "sim/world/network.h"

/* --- answers ------------------------------------------------------------------------------------
 */

SimSpan route53_latency(void *context, const char *region)
{
    const LatencyFrom *from = context;
    const Site *site = g_hash_table_lookup(from->self->latency_sites, region);

    return site == NULL || from->region == NULL
               ? SIM_NEVER
               : network_base_delay(from->self->component.world, from->region, site);
}

static bool is_about(const Effect *effect, const char *name, const Answer *answer)
{
    if (effect->about == NULL || strcmp(effect->about, name) == 0) {
        return true;
    }
    for (guint i = 0; i < answer->set_count; i++) {
        if (strcmp(effect->about, answer->sets[i]->name) == 0) {
            return true;
        }
    }
    return false;
}

/* A record that lost its values: there is no address in the answer. */
static void empty_answer(Route53 *self, const Route53Query *query, Answer *answer)
{
    const Effect *effect;

    for (guint i = 0; (effect = component_effect(&self->component, i, NULL)) != NULL; i++) {
        double share = effect->shares[SHARE_DNS_EMPTY];

        if (share > 0 && is_about(effect, query->name, answer) &&
            rng_chance(&self->empties, share)) {
            answer->count = answer->set_count = 0;
            answer->ttl_s = self->zone->negative_ttl_s;
        }
    }
}

void route53_ask(Component *self, const Route53Query *query, Answer *answer)
{
    Route53 *route53 = (Route53 *)self;
    LatencyFrom from = {route53, query->region};
    Question question = {.name = query->name,
                         .type = "A",
                         .place = query->place,
                         .latency = route53_latency,
                         .latency_context = &from,
                         .cidr = cidr_fit};

    route53->queries++;
    *answer = route53_answer(route53->zone, &question,
                             query->is_before_start ? route53->at_start : route53->visible,
                             query->luck != NULL ? query->luck : &route53->answers);
    if (component_is_affected(self) && !query->is_before_start) {
        empty_answer(route53, query, answer);
    }
    if (answer->code == DNS_NXDOMAIN) {
        route53->no_name++;
    } else if (answer->count == 0) {
        route53->no_data++;
    } else if (route53->ttl > 0) {
        answer->ttl_s = route53->ttl / SIM_S;
    }
}

/* --- set-up -------------------------------------------------------------------------------------
 */

/* Reads the file that setting `name` names. A file that cannot be read is told at that setting. */
static JsonDocument *read_file(const Route53 *self, const char *name, const char *path,
                               DiagList *diags)
{
    const cJSON *node = json_member(self->component.settings, name);

    return route53_open(node != NULL ? node : self->component.settings, path, diags);
}

JsonDocument *route53_open(const cJSON *node, const char *path, DiagList *diags)
{
    FILE *file = fopen(path, "rb");

    if (file == NULL) {
        int reason = errno;

        diag_add(diags, DIAG_ERROR, node, DIAG_VALUE, "'%s' cannot be read: %s", path,
                 g_strerror(reason));
        return NULL;
    }
    fclose(file);
    return json_document_read(path, diags);
}

/* Without a file of its own, "health-checks.json" beside the zone, if there is one. */
static char *checks_path(const Route53 *self)
{
    g_autofree char *directory = g_path_get_dirname(self->zone_path);
    g_autofree char *beside = g_build_filename(directory, "health-checks.json", NULL);

    if (self->checks_path != NULL) {
        return g_strdup(self->checks_path);
    }
    return g_file_test(beside, G_FILE_TEST_EXISTS) ? g_steal_pointer(&beside) : NULL;
}

static void apply_overrides(Route53 *self, DiagList *diags)
{
    const cJSON *settings = json_member(self->component.settings, "health_checks");
    const HealthOverrides *overrides = &self->overrides;

    if (json_member(settings, "RequestInterval") != NULL && overrides->interval_s != 10 &&
        overrides->interval_s != 30) {
        diag_add(diags, DIAG_ERROR, json_member(settings, "RequestInterval"), DIAG_VALUE,
                 "'RequestInterval' must be 10 or 30");
    }
    if (json_member(settings, "FailureThreshold") != NULL && overrides->threshold == 0) {
        diag_add(diags, DIAG_ERROR, json_member(settings, "FailureThreshold"), DIAG_VALUE,
                 "'FailureThreshold' must lie from 1 to 10");
    }
    for (guint i = 0; i < self->checks->checks->len; i++) {
        HealthCheck *check = health_checks_at(self->checks, i);

        if (overrides->interval_s > 0) {
            check->interval = overrides->interval_s * SIM_S;
        }
        if (overrides->threshold > 0) {
            check->threshold = overrides->threshold;
        }
        check->period = overrides->period;
        check->timeout = overrides->timeout;
    }
}

static void read_change(Route53 *self, DiagList *diags)
{
    g_autoptr(JsonDocument) document = read_file(self, "change_batch", self->change_path, diags);
    Zone *changed =
        document != NULL ? route53_read_change(document, self->zone, self->checks, diags) : NULL;

    if (changed != NULL) {
        zone_free(self->zone);
        self->zone = changed;
    }
}

static bool read_configuration(Route53 *self, DiagList *diags)
{
    g_autofree char *path = checks_path(self);
    g_autoptr(JsonDocument) checks =
        path != NULL ? read_file(self, "health_checks_file", path, diags) : NULL;
    g_autoptr(JsonDocument) zone = read_file(self, "zone", self->zone_path, diags);

    self->checks = path == NULL     ? health_checks_new()
                   : checks != NULL ? health_checks_read(checks, diags)
                                    : NULL;
    if (zone == NULL || self->checks == NULL) {
        return false;
    }
    apply_overrides(self, diags);
    self->zone = route53_read_zone(zone, self->checks, diags);
    if (self->zone != NULL && self->change_path != NULL) {
        read_change(self, diags);
    }
    if (self->zone != NULL) {
        changes_read(self, diags);
        cidr_read(self, diags);
    }
    return self->zone != NULL;
}

static void use_check(Route53 *self, guint rank)
{
    const HealthCheck *check = health_checks_at(self->checks, rank);

    self->states[rank].is_used = true;
    for (guint i = 0; i < check->children->len; i++) {
        self->states[g_array_index(check->children, guint, i)].is_used = true;
    }
}

/* One that a change will bring is probed from the start: in Route 53 checks live by themselves. */
static void use_check_of(Route53 *self, const RecordSet *set)
{
    int rank = set->check_id != NULL ? health_checks_find(self->checks, set->check_id) : -1;

    if (rank >= 0) {
        use_check(self, (guint)rank);
    }
}

/* As every check stands before there is data: healthy, unless Inverted. */
static bool health_at_start(const Route53 *self, guint rank)
{
    const HealthCheck *check = health_checks_at(self->checks, rank);
    bool is_healthy = true;

    if (check->type == HEALTH_CALCULATED && !check->is_disabled) {
        is_healthy = health_calculate(check, self->at_start);
    } else if (check->type > HEALTH_CALCULATED && !check->is_disabled) {
        is_healthy = check->alarm != NULL || !check->is_bad_without_data;
    }
    return is_healthy != check->is_inverted;
}

/* Calculated checks come last: they count the others. */
static void set_up_states(Route53 *self)
{
    guint count = self->checks->checks->len;

    self->states = g_new0(CheckState, count + 1);
    self->visible = g_new0(bool, count + 1);
    self->at_start = g_new0(bool, count + 1);
    for (guint i = 0; i < self->zone->sets->len; i++) {
        use_check_of(self, g_ptr_array_index(self->zone->sets, i));
    }
    for (guint i = 0; i < self->plans->len; i++) {
        const Plan *plan = g_ptr_array_index(self->plans, i);

        for (guint k = 0; k < plan->changes->len; k++) {
            use_check_of(self, g_array_index(plan->changes, Change, k).set);
        }
    }
    for (int pass = 0; pass < 2; pass++) {
        for (guint i = 0; i < count; i++) {
            const HealthCheck *check = health_checks_at(self->checks, i);

            if ((check->type == HEALTH_CALCULATED) == (pass == 1)) {
                self->at_start[i] = health_at_start(self, i);
                self->visible[i] = self->states[i].is_healthy = self->at_start[i];
                self->states[i].is_deep = self->overrides.path == HEALTH_PATH_DEEP ||
                                          (self->overrides.path == HEALTH_PATH_AS_CONFIGURED &&
                                           g_strcmp0(check->path, self->shallow_path) != 0);
            }
        }
    }
}

static void add_checkers(Route53 *self, World *world, DiagList *diags)
{
    for (guint rank = 0; rank < HEALTH_CHECKERS; rank++) {
        const char *region = health_regions[rank / HEALTH_CHECKERS_A_REGION];
        g_autofree char *place =
            g_strdup_printf("%s/%u", region, rank % HEALTH_CHECKERS_A_REGION + 1);
        Site *site = world_find_site(world, region);
        Component *checker =
            world_add(world, &health_checker_kind, place, NULL, site, NULL, NULL, diags);

        if (checker != NULL) {
            health_checker_join(checker, &self->component, rank);
        }
        self->lost_at[rank] = SIM_NEVER;
    }
}

static void route53_on_make(Component *self, World *world, DiagList *diags)
{
    Route53 *route53 = (Route53 *)self;

    if (read_configuration(route53, diags)) {
        set_up_states(route53);
        add_checkers(route53, world, diags);
    }
}

/* Which data centre stands in for an AWS region: the one of the setting, or the one in its city. */
static const Site *latency_site(const Route53 *self, World *world, const char *region)
{
    static const struct {
        const char *region, *city;
    } near[] = {{"ca-central-1", "Montreal"},
                {"us-east-1", "Miami"},
                {"eu-west-2", "London"},
                {"eu-central-1", "Nuremberg"},
                {"eu-central-2", "Munich"}};
    const cJSON *named = json_member(self->latency_regions, region);

    if (cJSON_IsString(named)) {
        return world_find_site(world, named->valuestring);
    }
    for (guint i = 0; i < G_N_ELEMENTS(near); i++) {
        for (guint k = 0; strcmp(near[i].region, region) == 0 && k < world_count_sites(world);
             k++) {
            const Site *site = world_site(world, k);

            if (site->type == SITE_DC && g_strcmp0(site->city, near[i].city) == 0) {
                return site;
            }
        }
    }
    return NULL;
}

static void find_latency_site(Route53 *self, World *world, const RecordSet *set, DiagList *diags)
{
    const Site *site;

    if (set->policy != ROUTING_LATENCY) {
        return;
    }
    site = latency_site(self, world, set->region);
    if (site == NULL) {
        diag_add_at(diags, DIAG_ERROR, set->place,
                    "no data centre stands in for region '%s'; name one in 'latency_regions' "
                    "of 'route53'",
                    set->region);
    } else {
        g_hash_table_insert(self->latency_sites, (gpointer)g_intern_string(set->region),
                            (gpointer)site);
    }
}

static void find_latency_sites(Route53 *self, World *world, DiagList *diags)
{
    self->latency_sites = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < self->zone->sets->len; i++) {
        find_latency_site(self, world, g_ptr_array_index(self->zone->sets, i), diags);
    }
    for (guint i = 0; i < self->plans->len; i++) {
        const Plan *plan = g_ptr_array_index(self->plans, i);

        for (guint k = 0; k < plan->changes->len; k++) {
            find_latency_site(self, world, g_array_index(plan->changes, Change, k).set, diags);
        }
    }
}

static void route53_on_wire(Component *self, World *world, DiagList *diags)
{
    Route53 *route53 = (Route53 *)self;

    engine_open_stream(world_engine(world), &route53->answers, "route53/answers");
    engine_open_stream(world_engine(world), &route53->delays, "route53/delays");
    engine_open_stream(world_engine(world), &route53->control, "route53/control");
    engine_open_stream(world_engine(world), &route53->empties, "route53/empties");
    find_latency_sites(route53, world, diags);
    alarms_read(route53, diags);
    route53_warn(route53, world, diags);
    for (guint i = 0; i < route53->checks->checks->len; i++) {
        const HealthCheck *check = health_checks_at(route53->checks, i);
        Host *host = check->address != 0 ? host_find_address(world, check->address) : NULL;
        CheckState *state = &route53->states[i];

        state->dc = host != NULL ? host_component(host)->site->name : check->id;
        for (guint rank = 0; rank < HEALTH_CHECKERS; rank++) {
            if (route53_is_probed_by(self, i, rank)) {
                state->reporting |= (uint16_t)(1u << rank);
            }
        }
    }
}

const HealthChecks *route53_checks(Component *self)
{
    return ((Route53 *)self)->checks;
}

bool route53_is_probed_by(Component *self, guint check, guint checker)
{
    const Route53 *route53 = (Route53 *)self;
    const HealthCheck *what = health_checks_at(route53->checks, check);

    return route53->states[check].is_used && health_check_is_probed(what) &&
           (route53->overrides.checkers == 0 || checker < route53->overrides.checkers) &&
           (what->regions >> checker / HEALTH_CHECKERS_A_REGION & 1) != 0;
}

const char *route53_check_dc(Component *self, guint check)
{
    return ((Route53 *)self)->states[check].dc;
}

bool route53_is_deep(Component *self, guint check)
{
    return ((Route53 *)self)->states[check].is_deep;
}

/* After an outage of its own it comes back knowing what its checkers know. */
static void route53_on_start(Component *self)
{
    Route53 *route53 = (Route53 *)self;
    guint unhealthy = 0;

    for (guint i = 0; i < route53->checks->checks->len; i++) {
        route53->visible[i] = route53->states[i].is_healthy;
        unhealthy += route53->states[i].is_healthy ? 0 : 1;
    }
    gauge_set(&route53->unhealthy, world_now(self->world), unhealthy);
    alarms_start(route53);
}

static void route53_on_condition(Component *self, const Effect *before)
{
    (void)before;
    changes_on_condition((Route53 *)self);
}

char *route53_refuse_name(const Component *self, const char *name)
{
    const Route53 *route53 = (const Route53 *)self;
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autofree char *hint = NULL;

    if (zone_has_name(route53->zone, name)) {
        return NULL;
    }
    for (guint i = 0; i < route53->zone->groups->len; i++) {
        const RecordGroup *group = g_ptr_array_index(route53->zone->groups, i);

        g_ptr_array_add(names, (gpointer)group->name);
    }
    g_ptr_array_add(names, NULL);
    hint = diag_suggest(name, (const char *const *)names->pdata);
    return g_strdup_printf("the zone has no record '%s'%s", name, hint);
}

/* Names that an effect is about must be ones of the zone, or of a change. */
static char *route53_on_refuse(const Component *self, const Effect *effect)
{
    if (effect->about == NULL || effect->shares[SHARE_DNS_EMPTY] <= 0) {
        return effect->shares[SHARE_DNS_CHANGE] > 0
                   ? changes_refuse((const Route53 *)self, effect->about)
                   : NULL;
    }
    return route53_refuse_name(self, effect->about);
}

static void route53_on_free(Component *self)
{
    Route53 *route53 = (Route53 *)self;

    changes_free(route53);
    alarms_free(route53);
    cidr_free(route53);
    zone_free(route53->zone);
    health_checks_free(route53->checks);
    g_clear_pointer(&route53->latency_sites, g_hash_table_unref);
    g_free(route53->states);
    g_free(route53->visible);
    g_free(route53->at_start);
}

/* --- the kind -----------------------------------------------------------------------------------
 */

static const Field route53_fields[] = {
    FIELD_ROW(Route53, zone_path, "zone", FIELD_TYPE_TEXT, char *,
              .flags = FIELD_REQUIRED | FIELD_PATH,
              .help = "File with the zone, as `aws route53 list-resource-record-sets` prints it"),
    FIELD_ROW(Route53, checks_path, "health_checks_file", FIELD_TYPE_TEXT, char *,
              .flags = FIELD_PATH,
              .help = "File with the health checks, as `aws route53 list-health-checks` prints it; "
                      "without it 'health-checks.json' beside the zone"),
    FIELD_ROW(Route53, change_path, "change_batch", FIELD_TYPE_TEXT, char *, .flags = FIELD_PATH,
              .help = "File with a change batch that is applied to the zone before the run"),
    FIELD_ROW(Route53, change_files, "changes", FIELD_TYPE_JSON, const cJSON *, .flags = FIELD_PATH,
              .help = "Change batches that an action 'dns.change' may submit: name to file",
              .schema = "{\"type\": \"object\", \"additionalProperties\": {\"type\": "
                        "\"string\"}}"),
    FIELD_ROW(Route53, alarm_settings, "alarms", FIELD_TYPE_JSON, const cJSON *,
              .help =
                  "Alarms that CLOUDWATCH_METRIC checks follow, by name: {\"node\", \"period\", "
                  "\"periods\"}; the node tells each period how many of its processes do not "
                  "run, and nothing when it cannot",
              .schema = "{\"type\": \"object\", \"additionalProperties\": {\"type\": "
                        "\"object\"}}"),
    FIELD_ROW(Route53, cidr_files, "cidr_collections", FIELD_TYPE_JSON, const cJSON *,
              .flags = FIELD_PATH,
              .help = "CIDR collections of IP-based routing: id to a file, as `aws route53 "
                      "list-cidr-blocks` prints it",
              .schema = "{\"type\": \"object\", \"additionalProperties\": {\"type\": "
                        "\"string\"}}"),
    FIELD_JSON(Route53, client_blocks,
               .help = "For IP-based routing: client region to the block of addresses that its "
                       "clients have, like \"203.0.113.0/24\"",
               .schema = "{\"type\": \"object\", \"additionalProperties\": {\"type\": "
                         "\"string\"}}"),
    FIELD_ROW(Route53, overrides, "health_checks", FIELD_TYPE_TABLE, HealthOverrides,
              .more = health_override_fields, .help = "Settings over those of all health checks"),
    FIELD_TEXT(Route53, shallow_path, .initial = "/ping",
               .help = "ResourcePath that the web server answers by itself"),
    FIELD_SPAN(Route53, ttl, .initial = "0s", .highest = "24h",
               .help = "Time to live of all answers with addresses, in whole seconds; 0 leaves it "
                       "as the zone says",
               .source = "Route 53 Developer Guide: at most 60 s with health checks"),
    FIELD_DRAW(Route53, propagation, .initial = "clipped(0s, 30s, lognormal(median=3s, sigma=0.6))",
               .lowest = "0s",
               .help = "Time from a change of health to the answers of all name servers",
               .source = "assumption: Route 53 Developer Guide says 'quickly'"),
    FIELD_DRAW(Route53, change_propagation, .initial = "uniform(5s, 60s)", .lowest = "0s",
               .help = "Time from a change of records to the answers of all name servers",
               .source = "Route 53 Developer Guide: within 60 seconds; law: assumption"),
    FIELD_DRAW(Route53, calculation, .initial = "uniform(1s, 5s)", .lowest = "0s",
               .help = "Time until a calculated check has seen a change of one it counts",
               .source = "assumption"),
    FIELD_SPAN(Route53, report_validity, .initial = "120s", .lowest = "1s",
               .help = "How long the reports of a checker that is gone are still counted; without "
                       "any report the last status stays",
               .source = "assumption"),
    FIELD_JSON(Route53, latency_regions,
               .help = "AWS region to the data centre that stands in for it in the latency policy; "
                       "without an entry the one in the region's city",
               .schema = "{\"type\": \"object\", \"additionalProperties\": {\"type\": "
                         "\"string\"}}"),
    FIELD_END,
};

static const MetricDef route53_metrics[] = {
    METRIC_COUNTER(Route53, queries, "Questions answered"),
    METRIC_COUNTER(Route53, no_data, "Answers without a record for the asker's place"),
    METRIC_COUNTER(Route53, no_name, "Answers that there is no such name"),
    METRIC_COUNTER(Route53, health_changes, "Health checks that changed their status"),
    METRIC_COUNTER(Route53, changes_submitted, "Changes of records that were submitted"),
    METRIC_COUNTER(Route53, changes_insync, "Changes of records that all name servers have"),
    METRIC_COUNTER(Route53, changes_refused, "Changes of records that did not fit the zone"),
    METRIC_GAUGE(Route53, unhealthy, "1", "Health checks that are unhealthy"),
    METRIC_END,
};

static const NoteDef route53_notes[] = {
    {.name = "route53.health-changed",
     .help = "The status of a data centre's health check changed",
     .labels = {"dc", "to"},
     .values = {"dc", "healthy|unhealthy"}},
    {.name = "route53.answers-changed",
     .help = "The name servers answer by a new status of a data centre's health check",
     .labels = {"dc", "to"},
     .values = {"dc", "healthy|unhealthy"}},
    {.name = "route53.record-change",
     .help = "A change of records was submitted, reached all name servers, or was refused",
     .labels = {"change", "status"},
     .values = {NULL, "PENDING|INSYNC|refused"}},
    NOTE_END,
};

const Kind route53_kind = {
    .name = "route53",
    .help = "Amazon Route 53: hosted zone, health checks and answers",
    .leaves_out =
        "routing controls, and name servers that learn of a change at different times: "
        "the propagation delay stands for the last of them. Alarms of several metrics "
        "or of M periods of N; the AWS CLI's waiter (30 s, 60 times), since nobody here "
        "waits for INSYNC; local zones (LocalZoneGroup) of geoproximity, which are "
        "refused: their coordinates say the same; get-health-check-status as JSON: 'dcdrill "
        "dns' tells how each checker votes; prices (they are in the price list of capacity)",
    .size = sizeof(Route53),
    .scope = KIND_ONE,
    .fields = route53_fields,
    .metrics = route53_metrics,
    .notes = route53_notes,
    .views = route53_views,
    .on_make = route53_on_make,
    .on_wire = route53_on_wire,
    .on_start = route53_on_start,
    .on_condition = route53_on_condition,
    .on_refuse = route53_on_refuse,
    .on_predict = route53_predict,
    .on_free = route53_on_free,
};
