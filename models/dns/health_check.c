/* health_check.c - health checks read from JSON, a checker's view and the quorum. */
#include "models/dns/health_check.h"

#define ID_LONGEST 64
#define PATH_LONGEST 255
#define CHILDREN_MOST 256

const char *const health_regions[HEALTH_REGIONS + 1] = {
    "us-east-1",      "us-west-1",      "us-west-2", "eu-west-1", "ap-southeast-1",
    "ap-southeast-2", "ap-northeast-1", "sa-east-1", NULL};

static const char *const type_words[] = {
    "HTTP", "HTTPS",      "HTTP_STR_MATCH",    "HTTPS_STR_MATCH",
    "TCP",  "CALCULATED", "CLOUDWATCH_METRIC", "RECOVERY_CONTROL",
    NULL};

static const char *const health_paths[] = {"as-configured", "deep", "shallow", NULL};

const Field health_override_fields[] = {
    FIELD_ROW(HealthOverrides, interval_s, "RequestInterval", FIELD_TYPE_COUNT, int64_t,
              .initial = "0", .lowest = "0", .highest = "30",
              .help = "Seconds from an answer to the next request of a checker, for all checks: 10 "
                      "or 30; 0 leaves them as their file says",
              .source = "Route 53 Developer Guide: 30, or 10 for fast checks"),
    FIELD_ROW(HealthOverrides, threshold, "FailureThreshold", FIELD_TYPE_COUNT, int64_t,
              .initial = "0", .lowest = "0", .highest = "10",
              .help = "Results in a row that turn a checker's view, for all checks: 1 to 10; 0 "
                      "leaves them as their file says",
              .source = "Route 53 Developer Guide: 1 to 10, default 3"),
    FIELD_SPAN(HealthOverrides, period, .initial = "0s", .highest = "1h",
               .help = "From one request of a checker to the next, instead of RequestInterval, for "
                       "other name servers that check (gdnsd: interval); 0: as Route 53 does",
               .source = "gdnsd 3.8.1 checks at fixed times; Route 53 does not"),
    FIELD_SPAN(HealthOverrides, timeout, .initial = "0s", .highest = "1min",
               .help = "Of a whole probe, for other name servers that check; 0: as Route 53 does",
               .source = "Route 53 Developer Guide: 4 s to connect, then 2 s"),
    FIELD_COUNT(HealthOverrides, checkers, .initial = "0", .lowest = "0", .highest = "16",
                .help = "How many of the checkers probe, for other name servers that check: 1; 0: "
                        "those of each check's regions",
                .source = "Route 53: two in each region"),
    FIELD_CHOICE(HealthOverrides, path, .initial = "as-configured", .more = health_paths,
                 .help = "Whether probes ask the application (deep) or what the web server answers "
                         "by itself (shallow); as-configured goes by each check's ResourcePath",
                 .source = "assumption"),
    FIELD_END,
};

bool health_check_is_probed(const HealthCheck *check)
{
    return check->type <= HEALTH_TCP && !check->is_disabled;
}

guint health_check_count_checkers(const HealthCheck *check)
{
    return HEALTH_CHECKERS_A_REGION * (guint)__builtin_popcount(check->regions);
}

/* --- the configuration ---------------------------------------------------------------------------
 */

static void health_check_free(gpointer item)
{
    HealthCheck *check = item;

    g_free(check->id);
    g_free(check->domain);
    g_free(check->path);
    g_free(check->alarm);
    g_array_free(check->children, TRUE);
    g_free(check);
}

HealthChecks *health_checks_new(void)
{
    HealthChecks *checks = g_new0(HealthChecks, 1);

    checks->checks = g_ptr_array_new_with_free_func(health_check_free);
    return checks;
}

void health_checks_free(HealthChecks *checks)
{
    if (checks != NULL) {
        g_ptr_array_free(checks->checks, TRUE);
        g_free(checks);
    }
}

int health_checks_find(const HealthChecks *checks, const char *id)
{
    for (guint i = 0; i < checks->checks->len; i++) {
        if (strcmp(health_checks_at(checks, i)->id, id) == 0) {
            return (int)i;
        }
    }
    return -1;
}

char *health_checks_suggest(const HealthChecks *checks, const char *id)
{
    g_autofree const char **ids = g_new0(const char *, checks->checks->len + 1);

    for (guint i = 0; i < checks->checks->len; i++) {
        ids[i] = health_checks_at(checks, i)->id;
    }
    return diag_suggest(id, ids);
}

static guint read_regions(AwsReader *reader, const cJSON *config)
{
    const cJSON *list = json_member(config, "Regions");
    const cJSON *item;
    guint regions = 0;

    if (list == NULL) {
        return (1u << HEALTH_REGIONS) - 1;
    }
    cJSON_ArrayForEach(item, list)
    {
        guint bit = 0;

        while (bit < HEALTH_REGIONS &&
               (!cJSON_IsString(item) || strcmp(item->valuestring, health_regions[bit]) != 0)) {
            bit++;
        }
        if (bit == HEALTH_REGIONS) {
            g_autofree char *hint =
                cJSON_IsString(item) ? diag_suggest(item->valuestring, health_regions) : NULL;

            aws_error(reader, item, DIAG_VALUE, "'%s' is no region of health checkers%s",
                      cJSON_IsString(item) ? item->valuestring : "this", hint != NULL ? hint : "");
            continue;
        }
        regions |= 1u << bit;
    }
    if (__builtin_popcount(regions) < 3) {
        aws_error(reader, list, DIAG_VALUE, "'Regions' needs at least 3 different regions");
    }
    return regions;
}

static void read_interval(AwsReader *reader, const cJSON *config, HealthCheck *check)
{
    int64_t seconds = 30;

    if (aws_whole(reader, config, "RequestInterval", false, 10, 30, &seconds) && seconds != 10 &&
        seconds != 30) {
        aws_error(reader, json_member(config, "RequestInterval"), DIAG_VALUE,
                  "'RequestInterval' must be 10 or 30");
    }
    check->interval = seconds * SIM_S;
    check->threshold = 3;
    aws_whole(reader, config, "FailureThreshold", false, 1, 10, &check->threshold);
}

static void read_endpoint(AwsReader *reader, const cJSON *config, HealthCheck *check)
{
    bool is_https = check->type == HEALTH_HTTPS || check->type == HEALTH_HTTPS_STR_MATCH;
    const char *address = aws_text(reader, config, "IPAddress", false, 0, 45);
    const char *domain = aws_text(reader, config, "FullyQualifiedDomainName", false, 1, 255);
    int64_t port = is_https ? 443 : 80;

    if (address != NULL && !aws_parse_address(address, &check->address)) {
        aws_error(reader, json_member(config, "IPAddress"), DIAG_VALUE,
                  "'%s' is no IPv4 address, like \"192.0.2.11\"", address);
    }
    if (address == NULL && domain == NULL) {
        aws_error(reader, config, DIAG_VALUE,
                  "'IPAddress' or 'FullyQualifiedDomainName' is required");
    }
    if (domain != NULL) {
        g_autofree char *lower = g_ascii_strdown(domain, -1);

        check->domain = g_strconcat(lower, g_str_has_suffix(lower, ".") ? NULL : ".", NULL);
    }
    aws_whole(reader, config, "Port", check->type == HEALTH_TCP, 1, 65535, &port);
    check->port = (uint16_t)port;
    check->path = g_strdup(aws_text(reader, config, "ResourcePath", false, 0, PATH_LONGEST));
    aws_text(reader, config, "SearchString",
             check->type == HEALTH_HTTP_STR_MATCH || check->type == HEALTH_HTTPS_STR_MATCH, 1, 255);
    read_interval(reader, config, check);
    check->regions = read_regions(reader, config);
}

static void read_alarm(AwsReader *reader, const cJSON *config, HealthCheck *check)
{
    static const char *const words[] = {"Healthy", "Unhealthy", "LastKnownStatus", NULL};
    const cJSON *alarm = json_member(config, "AlarmIdentifier");
    int word = aws_choice(reader, config, "InsufficientDataHealthStatus", false, words);

    check->is_bad_without_data = word == 1;
    check->keeps_without_data = word < 0 || word == 2;
    if (check->type == HEALTH_CLOUDWATCH_METRIC && alarm != NULL) {
        aws_text(reader, alarm, "Region", true, 1, 64);
        check->alarm = g_strdup(aws_text(reader, alarm, "Name", true, 1, 255));
        return;
    }
    aws_warning(reader, json_member(config, "Type"), DIAG_VALUE,
                "routing controls, and alarms without 'AlarmIdentifier', are not simulated; this "
                "check always is %s",
                check->is_bad_without_data ? "unhealthy" : "healthy");
}

static void read_check(AwsReader *reader, const cJSON *tree, HealthChecks *checks)
{
    const cJSON *config = json_member(tree, "HealthCheckConfig");
    const char *id = aws_text(reader, tree, "Id", true, 1, ID_LONGEST);
    HealthCheck *check;
    int type;

    if (!cJSON_IsObject(config)) {
        aws_error(reader, tree, DIAG_VALUE, "'HealthCheckConfig' is required");
        return;
    }
    type = aws_choice(reader, config, "Type", true, type_words);
    if (id == NULL || type < 0) {
        return;
    }
    if (health_checks_find(checks, id) >= 0) {
        aws_error(reader, json_member(tree, "Id"), DIAG_VALUE, "health check '%s' stands twice",
                  id);
    }
    check = g_new0(HealthCheck, 1);
    check->id = g_strdup(id);
    check->type = (HealthCheckType)type;
    check->children = g_array_new(FALSE, FALSE, sizeof(guint));
    check->is_inverted = aws_flag(reader, config, "Inverted", false);
    check->is_disabled = aws_flag(reader, config, "Disabled", false);
    g_ptr_array_add(checks->checks, check);
    if (check->type <= HEALTH_TCP) {
        read_endpoint(reader, config, check);
    } else if (check->type == HEALTH_CALCULATED) {
        aws_whole(reader, config, "HealthThreshold", true, 0, CHILDREN_MOST,
                  &check->healthy_needed);
    } else {
        read_alarm(reader, config, check);
    }
}

/* All ids are known by now. AWS refuses a CALCULATED check that counts another CALCULATED one. */
static void read_children(AwsReader *reader, const cJSON *tree, const HealthChecks *checks)
{
    const cJSON *config = json_member(tree, "HealthCheckConfig");
    const cJSON *id = json_member(tree, "Id");
    const cJSON *list = json_member(config, "ChildHealthChecks");
    int own = cJSON_IsString(id) ? health_checks_find(checks, id->valuestring) : -1;
    const cJSON *item;

    if (own < 0 || health_checks_at(checks, (guint)own)->type != HEALTH_CALCULATED) {
        return;
    }
    if (cJSON_GetArraySize(list) > CHILDREN_MOST) {
        aws_error(reader, list, DIAG_VALUE, "at most %d child health checks", CHILDREN_MOST);
    }
    cJSON_ArrayForEach(item, list)
    {
        const char *name = cJSON_IsString(item) ? item->valuestring : "";
        int child = health_checks_find(checks, name);
        guint rank = (guint)child;

        if (child < 0) {
            g_autofree char *hint = health_checks_suggest(checks, name);

            aws_error(reader, item, DIAG_VALUE, "health check '%s' names nothing%s", name, hint);
        } else if (health_checks_at(checks, rank)->type == HEALTH_CALCULATED) {
            aws_error(reader, item, DIAG_VALUE,
                      "a calculated check cannot count the calculated "
                      "check '%s'",
                      name);
        } else {
            g_array_append_val(health_checks_at(checks, (guint)own)->children, rank);
        }
    }
}

HealthChecks *health_checks_read(JsonDocument *document, DiagList *diags)
{
    AwsReader reader = {document, diags, 0};
    g_autoptr(HealthChecks) checks = health_checks_new();
    const cJSON *list = json_member(document->root, "HealthChecks");
    const cJSON *single = json_member(document->root, "HealthCheck");
    const cJSON *item;

    if (cJSON_IsObject(single)) {
        read_check(&reader, single, checks);
    } else if (!cJSON_IsArray(list)) {
        aws_error(&reader, document->root, DIAG_VALUE,
                  "'HealthChecks' is required: the output of `aws route53 list-health-checks`");
    }
    cJSON_ArrayForEach(item, list)
    {
        read_check(&reader, item, checks);
    }
    cJSON_ArrayForEach(item, list)
    {
        read_children(&reader, item, checks);
    }
    if (cJSON_IsTrue(json_member(document->root, "IsTruncated"))) {
        aws_error(&reader, json_member(document->root, "IsTruncated"), DIAG_VALUE,
                  "the listing is cut off; list all health checks without '--max-items'");
    }
    return reader.errors == 0 ? g_steal_pointer(&checks) : NULL;
}

/* --- what checkers make of it --------------------------------------------------------------------
 */

bool health_view_add(HealthView *view, bool is_ok, int64_t threshold)
{
    if (is_ok) {
        view->bad_in_row = 0;
        view->good_in_row = (uint8_t)MIN(view->good_in_row + 1, 10);
        if (view->is_bad && view->good_in_row >= threshold) {
            view->is_bad = false;
            return true;
        }
        return false;
    }
    view->good_in_row = 0;
    view->bad_in_row = (uint8_t)MIN(view->bad_in_row + 1, 10);
    if (!view->is_bad && view->bad_in_row >= threshold) {
        view->is_bad = true;
        return true;
    }
    return false;
}

bool health_quorum(guint good, guint reporting)
{
    return 100 * good > 18 * reporting;
}

bool health_calculate(const HealthCheck *check, const bool *healthy)
{
    int64_t good = 0;

    for (guint i = 0; i < check->children->len; i++) {
        good += healthy[g_array_index(check->children, guint, i)] ? 1 : 0;
    }
    return good >= check->healthy_needed;
}
