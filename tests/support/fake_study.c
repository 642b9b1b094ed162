/* fake_study.c - studies, made up. */
#include "tests/support/fake_study.h"

#include <check.h>
#include <cjson/cJSON.h>
#include <glib.h>

void fake_study_write(const char *directory, const char *text)
{
    g_autofree char *path = g_build_filename(directory, "study.json", NULL);

    ck_assert_int_eq(g_mkdir_with_parents(directory, 0777), 0);
    ck_assert(g_file_set_contents(path, text, -1, NULL));
}

static void write_tree(const char *directory, cJSON *json)
{
    char *text = cJSON_Print(json);

    fake_study_write(directory, text);
    cJSON_free(text);
    cJSON_Delete(json);
}

static cJSON *begin(const char *format, const char *title)
{
    cJSON *json = cJSON_CreateObject();

    cJSON_AddStringToObject(json, "format", format);
    cJSON_AddStringToObject(json, "scenario", "scenarios/made-up.json");
    cJSON_AddStringToObject(json, "title", title);
    cJSON_AddStringToObject(json, "seed", "7");
    cJSON_AddNumberToObject(json, "replications", 5);
    cJSON_AddNumberToObject(json, "confidence", 0.95);
    return json;
}

static cJSON *add_interval(cJSON *object, const char *name, double value, double half)
{
    cJSON *interval = cJSON_AddObjectToObject(object, name);

    cJSON_AddNumberToObject(interval, "value", value);
    cJSON_AddNumberToObject(interval, "low", value - half);
    cJSON_AddNumberToObject(interval, "high", value + half);
    return interval;
}

/* --- a capacity ----------------------------------------------------------------------------- */

static void add_tiers(cJSON *one, const char *title, double rate)
{
    static const double full[] = {3312.75, 3655.5, 4790.25, 8123};
    cJSON *tiers = cJSON_AddArrayToObject(one, "tiers");

    for (guint i = 0; i < G_N_ELEMENTS(full); i++) {
        cJSON *tier = cJSON_CreateObject();
        g_autofree char *name = g_strdup_printf("CPU of app%u %s", i, title);

        cJSON_AddStringToObject(tier, "name", name);
        cJSON_AddNumberToObject(tier, "utilisation_law", rate / full[i]);
        add_interval(tier, "utilisation", 1.01 * rate / full[i], 0.0123);
        cJSON_AddNumberToObject(tier, "saturation_rate", full[i]);
        cJSON_AddItemToArray(tiers, tier);
    }
}

static void add_looks(cJSON *one, double capacity)
{
    cJSON *looks = cJSON_AddArrayToObject(one, "looks");

    for (int i = -3; i <= 2; i++) {
        cJSON *look = cJSON_CreateObject();

        cJSON_AddNumberToObject(look, "rate", capacity * (1 + 0.031 * i));
        add_interval(look, "margin", -0.21 * i, 0.05);
        cJSON_AddNumberToObject(look, "replications", 5);
        cJSON_AddStringToObject(look, "binding", "http_req_duration p(99)<800ms");
        cJSON_AddItemToArray(looks, look);
    }
}

static void add_case(cJSON *cases, const char *name, double capacity, const char *title)
{
    cJSON *one = cJSON_CreateObject();
    cJSON *shares;
    cJSON *share;

    cJSON_AddStringToObject(one, "case", name);
    cJSON_AddStringToObject(one, "end", "found");
    add_interval(one, "capacity", capacity, 41.37);
    cJSON_AddNumberToObject(one, "replications", 10);
    cJSON_AddStringToObject(one, "answer", "found");
    cJSON_AddStringToObject(one, "binding", "http_req_duration p(99)<800ms");
    cJSON_AddNumberToObject(one, "tiers_at_rate", 0.99 * capacity);
    add_tiers(one, title, 0.99 * capacity);
    shares = cJSON_AddArrayToObject(one, "shares");
    share = cJSON_CreateObject();
    cJSON_AddStringToObject(share, "dc", "DC01");
    cJSON_AddNumberToObject(share, "share", 0.7342);
    cJSON_AddBoolToObject(share, "backup", 0);
    cJSON_AddItemToArray(shares, share);
    add_looks(one, capacity);
    cJSON_AddItemToArray(cases, one);
}

static void add_wall(cJSON *walls, const char *name, double capacity, double current)
{
    cJSON *wall = cJSON_CreateObject();

    cJSON_AddStringToObject(wall, "name", name);
    cJSON_AddStringToObject(wall, "unit", "requests/s");
    cJSON_AddNumberToObject(wall, "capacity", capacity);
    cJSON_AddNumberToObject(wall, "current", current);
    cJSON_AddNumberToObject(wall, "months_linear_first", (capacity / current - 1) / 0.03);
    cJSON_AddNumberToObject(wall, "months_linear_last", (capacity / current - 1) / 0.01);
    cJSON_AddNumberToObject(wall, "months_compound_first", (capacity / current - 1) / 0.04);
    cJSON_AddNullToObject(wall, "months_compound_last"); /* never */
    cJSON_AddItemToArray(walls, wall);
}

static void add_outlook(cJSON *json, const char *title)
{
    static const char *const numbers =
        "{\"start\":\"2026-11-22\",\"target_low\":2500,\"target_high\":3000,\"mean_rate\":1200,"
        "\"linear_low\":0.01,\"linear_high\":0.03,\"compound_low\":0.01,\"compound_high\":0.03}";
    cJSON *outlook = cJSON_AddObjectToObject(json, "outlook");
    cJSON *items;
    cJSON *walls;

    cJSON_AddItemToObject(outlook, "inputs", cJSON_Parse(numbers));
    cJSON_AddStringToObject(outlook, "prices_of", "2026-09-30");
    cJSON_AddStringToObject(outlook, "currency", "EUR");
    cJSON_AddNumberToObject(outlook, "monthly", 325.967);
    cJSON_AddNumberToObject(outlook, "per_million_at_mean", 0.104799);
    cJSON_AddNumberToObject(outlook, "per_million_at_peak", 0.0419);
    cJSON_AddNumberToObject(outlook, "reserve_ratio", 0.24);
    cJSON_AddNumberToObject(outlook, "cpu_now_s", 0.0016);
    cJSON_AddNumberToObject(outlook, "cpu_most_s", 0.00142);
    items = cJSON_AddArrayToObject(outlook, "items");
    for (guint i = 0; i < 3; i++) {
        cJSON *item = cJSON_CreateObject();
        g_autofree char *name = g_strdup_printf("item %u %s", i, title);

        cJSON_AddStringToObject(item, "name", name);
        cJSON_AddNumberToObject(item, "monthly", 200.005 / (i + 1));
        cJSON_AddItemToArray(items, item);
    }
    walls = cJSON_AddArrayToObject(outlook, "walls");
    add_wall(walls, "requests, one site lost", 2741.25, 2000);
    add_wall(walls, "disk", 900, 400.5);
}

static void add_basis(cJSON *json, const char *title)
{
    cJSON *basis = cJSON_AddObjectToObject(json, "basis");
    cJSON *settings;
    cJSON *row = cJSON_CreateObject();
    cJSON *list;

    cJSON_AddStringToObject(basis, "version", "1.0");
    cJSON_AddStringToObject(basis, "description", title);
    cJSON_AddItemToObject(basis, "sites",
                          cJSON_Parse("[{\"name\":\"DC01\",\"live\":true,\"nodes\":8},"
                                      "{\"name\":\"DC02\",\"live\":true,\"nodes\":8},"
                                      "{\"name\":\"DC03\",\"live\":true,\"nodes\":8},"
                                      "{\"name\":\"DCB1\",\"live\":false,\"nodes\":5}]"));
    settings = cJSON_AddArrayToObject(basis, "settings");
    cJSON_AddStringToObject(row, "setting", "/system/wildfly/cpu");
    cJSON_AddStringToObject(row, "value", title);
    cJSON_AddStringToObject(row, "origin", "made-up.json:3");
    cJSON_AddItemToArray(settings, row);
    list = cJSON_AddArrayToObject(basis, "left_out");
    cJSON_AddItemToArray(list, cJSON_CreateString("wildfly: what it leaves out"));
}

/* One server is full at 468 a second or before, where every second replication holds. */
void fake_study_wall(const char *directory, const char *title)
{
    cJSON *json = begin("dcdrill-capacity-1", title);
    cJSON *cases = cJSON_AddArrayToObject(json, "cases");
    cJSON *one;
    cJSON *full;

    add_case(cases, "intact", 700, title);
    add_case(cases, "without DC03", 468, title);
    one = cJSON_GetArrayItem(cases, 1);
    cJSON_AddItemToObject(one, "wall",
                          cJSON_Parse("{\"nine_in_ten\":449.12,\"words\":\"a wall\"}"));
    one = cJSON_GetArrayItem(cJSON_GetObjectItem(one, "tiers"), 0);
    full = cJSON_AddObjectToObject(one, "saturation");
    cJSON_AddNullToObject(full, "low");
    cJSON_AddNumberToObject(full, "high", 3312.75);
    write_tree(directory, json);
}

void fake_study_capacity(const char *directory, const char *title)
{
    cJSON *json = begin("dcdrill-capacity-1", title);
    cJSON *list = cJSON_AddArrayToObject(json, "thresholds");
    cJSON *cases;

    cJSON_AddItemToArray(list, cJSON_CreateString("http_req_duration p(99)<800ms"));
    cases = cJSON_AddArrayToObject(json, "cases");
    add_case(cases, "intact", 3898.234, title);
    add_case(cases, "without DC01", 3123.5, title);
    add_case(cases, "without DC03", 2741.25, title);
    add_outlook(json, title);
    add_basis(json, title);
    write_tree(directory, json);
}

/* --- the others ----------------------------------------------------------------------------- */

static void add_point(cJSON *points, const char *first, const char *second, double p99)
{
    cJSON *point = cJSON_CreateObject();
    cJSON *at = cJSON_AddArrayToObject(point, "at");
    cJSON *values = cJSON_AddArrayToObject(point, "values");

    cJSON_AddItemToArray(at, cJSON_CreateString(first));
    if (second != NULL) {
        cJSON_AddItemToArray(at, cJSON_CreateString(second));
    }
    for (guint i = 0; i < 2; i++) {
        cJSON *holder = cJSON_CreateObject();

        add_interval(holder, "x", p99 / (i + 1), 0.0041);
        cJSON_AddItemToArray(values, cJSON_DetachItemFromObject(holder, "x"));
        cJSON_Delete(holder);
    }
    cJSON_AddItemToArray(points, point);
}

static cJSON *begin_sweep(const char *name, guint axes)
{
    cJSON *json = begin("dcdrill-sweep-1", "");
    cJSON *over = cJSON_AddArrayToObject(json, "over");
    cJSON *list;

    cJSON_AddItemToArray(over, cJSON_CreateString(axes == 1 ? "/load/users/rate" : name));
    if (axes == 2) {
        cJSON_AddItemToArray(over, cJSON_CreateString("/system/x/servers"));
    }
    list = cJSON_AddArrayToObject(json, "metrics");
    cJSON_AddItemToArray(list, cJSON_CreateString("http_req_duration p(99)"));
    cJSON_AddItemToArray(list, cJSON_CreateString(name));
    list = cJSON_AddArrayToObject(json, "units");
    cJSON_AddItemToArray(list, cJSON_CreateString("s"));
    cJSON_AddItemToArray(list, cJSON_CreateString("s"));
    return json;
}

void fake_study_sweep(const char *directory, const char *name)
{
    cJSON *json = begin_sweep(name, 1);
    cJSON *points = cJSON_AddArrayToObject(json, "points");

    cJSON_AddNumberToObject(json, "knee", 2412.6);
    cJSON_AddStringToObject(json, "knee_metric", "http_req_duration p(99)");
    for (guint i = 1; i <= 6; i++) {
        g_autofree char *rate = g_strdup_printf("%u", 500 * i);

        add_point(points, rate, NULL, 0.08 + 0.011 * i * i);
    }
    write_tree(directory, json);
}

void fake_study_map(const char *directory, const char *name)
{
    cJSON *json = begin_sweep(name, 2);
    cJSON *points = cJSON_AddArrayToObject(json, "points");

    for (guint i = 1; i <= 3; i++) {
        for (guint k = 1; k <= 4; k++) {
            g_autofree char *first = g_strdup_printf("%u", 500 * i);
            g_autofree char *second = g_strdup_printf("%u", k);

            add_point(points, first, second, 0.3 * i / k);
        }
    }
    write_tree(directory, json);
}

/* Four settings' effects on one metric, in its unit. */
static void add_effects(cJSON *effects, const char *metric, const char *unit, const char *name)
{
    for (guint i = 0; i < 4; i++) {
        cJSON *row = cJSON_CreateObject();
        g_autofree char *setting = g_strdup_printf("/system/%u/%s", i, name);

        cJSON_AddStringToObject(row, "metric", metric);
        cJSON_AddStringToObject(row, "unit", unit);
        cJSON_AddStringToObject(row, "setting", setting);
        cJSON_AddNumberToObject(row, "base", 0.31);
        cJSON_AddStringToObject(add_interval(row, "low", -0.0523 / (i + 1), 0.0042), "at", "1");
        cJSON_AddStringToObject(add_interval(row, "high", 0.0912 / (i + 1), 0.0061), "at", "9");
        cJSON_AddItemToArray(effects, row);
    }
}

void fake_study_tornado(const char *directory, const char *name)
{
    cJSON *json = begin("dcdrill-tornado-1", "");
    cJSON *effects = cJSON_AddArrayToObject(json, "effects");

    add_effects(effects, "http_req_duration p(99)", "s", name);
    add_effects(effects, "goodput rate", "1/s", name);
    add_effects(effects, "http_req_failed rate", "ratio", name);
    write_tree(directory, json);
}

static void add_alternative(cJSON *list, const char *name, double monthly, double figure)
{
    cJSON *row = cJSON_CreateObject();

    cJSON_AddStringToObject(row, "name", name);
    cJSON_AddNumberToObject(row, "monthly", monthly);
    cJSON_AddStringToObject(row, "thresholds", figure < 0.5 ? "holds" : "fails");
    add_interval(row, "metric", figure, 0.0123);
    add_interval(row, "difference", figure - 0.7317, 0.0231);
    cJSON_AddNumberToObject(row, "replications", 12);
    cJSON_AddItemToArray(list, row);
}

void fake_study_intent(const char *directory, const char *name)
{
    cJSON *json = begin("dcdrill-intent-1", "");
    cJSON *winner = cJSON_AddObjectToObject(json, "winner");
    cJSON *list = cJSON_AddArrayToObject(json, "alternatives");

    cJSON_AddStringToObject(json, "find", "cheapest");
    cJSON_AddStringToObject(json, "metric", "http_req_duration p(99) 1%");
    cJSON_AddStringToObject(json, "figure", "http_req_duration p(99)");
    cJSON_AddStringToObject(json, "unit", "s");
    cJSON_AddStringToObject(json, "command", "dcdrill capacity x.json --intent y.json");
    cJSON_AddStringToObject(json, "fingerprint", "00c0ffee00c0ffee");
    cJSON_AddStringToObject(winner, "name", name);
    cJSON_AddNumberToObject(winner, "monthly", 141.5);
    cJSON_AddStringToObject(winner, "seed", "8");
    add_interval(winner, "metric", 0.4321, 0.0111);
    cJSON_AddStringToObject(winner, "thresholds", "holds");
    add_alternative(list, "as it stands", 125, 0.7317);
    add_alternative(list, name, 141.5, 0.4217);
    write_tree(directory, json);
}

void fake_study_diff(const char *directory, const char *name)
{
    cJSON *json = begin("dcdrill-diff-1", "");
    cJSON *rows = cJSON_AddArrayToObject(json, "metrics");
    cJSON *row = cJSON_CreateObject();

    cJSON_AddStringToObject(json, "before", "as it stands");
    cJSON_AddStringToObject(json, "after", name);
    cJSON_AddNumberToObject(json, "pairs", 30);
    cJSON_AddStringToObject(json, "verdict", "better");
    cJSON_AddStringToObject(row, "metric", "http_req_duration");
    cJSON_AddStringToObject(row, "labels", "");
    cJSON_AddStringToObject(row, "aggregate", "p(99)");
    cJSON_AddStringToObject(row, "unit", "s");
    cJSON_AddNumberToObject(row, "before", 0.3141);
    cJSON_AddNumberToObject(row, "after", 0.2718);
    add_interval(row, "difference", -0.0423, 0.0071);
    cJSON_AddStringToObject(row, "verdict", "better");
    cJSON_AddItemToArray(rows, row);
    write_tree(directory, json);
}
