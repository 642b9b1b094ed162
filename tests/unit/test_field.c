/* test_field.c - tables of fields: defaults, reading, messages, copies, printing, the self-test. */
#include "sim/config/field.h"

#include <glib.h>
#include <string.h>

#include "sim/config/json_place.h"
#include "tests/support/suite.h"

typedef struct Inner {
    SimSpan wait;
    int64_t tries;
} Inner;

typedef struct Shop {
    SimSpan idle, skew;
    int64_t memory, workers;
    double miss, scale, arrivals, bandwidth;
    bool is_open;
    int level;
    char *city;
    char **tags;
    Draw service, statements;
    Inner inner;
    const cJSON *plan;
} Shop;

static const char *const levels[] = {"ONE", "QUORUM", "LOCAL_QUORUM", NULL};

static const Field inner_fields[] = {
    FIELD_SPAN(Inner, wait, .initial = "1s", .help = "Wait", .source = "assumption"),
    FIELD_COUNT(Inner, tries, .flags = FIELD_REQUIRED, .help = "Tries"),
    FIELD_END,
};

static const Field shop_fields[] = {
    FIELD_SPAN(Shop, idle, .initial = "250ms", .lowest = "1us", .highest = "3h", .help = "Idle",
               .source = "assumption", .flags = FIELD_TUNABLE),
    FIELD_SPAN(Shop, skew, .initial = "-5ms", .lowest = "-1s", .help = "Clock offset",
               .source = "assumption"),
    FIELD_BYTES(Shop, memory, .initial = "4GiB", .lowest = "1MiB", .help = "Memory",
                .source = "assumption"),
    FIELD_COUNT(Shop, workers, .initial = "400", .lowest = "1", .highest = "20000",
                .help = "Workers", .source = "httpd 2.4 MaxRequestWorkers"),
    FIELD_RATIO(Shop, miss, .initial = "2%", .help = "Misses", .source = "assumption"),
    FIELD_NUMBER(Shop, scale, .initial = "2.5", .highest = "8", .help = "Scale",
                 .source = "assumption"),
    FIELD_RATE(Shop, arrivals, .initial = "24000/min", .help = "Arrivals", .source = "assumption"),
    FIELD_BYTE_RATE(Shop, bandwidth, .initial = "200Mbit/s", .help = "Bandwidth",
                    .source = "assumption"),
    FIELD_ROW(Shop, is_open, "open", FIELD_TYPE_FLAG, bool, .initial = "true", .help = "Open"),
    FIELD_CHOICE(Shop, level, .more = levels, .initial = "LOCAL_QUORUM", .help = "Level"),
    FIELD_TEXT(Shop, city, .initial = "Miami", .help = "City"),
    FIELD_TEXTS(Shop, tags, .initial = "a, b", .help = "Tags"),
    FIELD_DRAW(Shop, service, .initial = "exponential(mean=2ms)", .highest = "1s",
               .help = "Service", .source = "assumption"),
    FIELD_DRAW_NUMBER(Shop, statements, .initial = "uniform(1, 4)", .help = "Statements",
                      .source = "assumption"),
    FIELD_TABLE(Shop, inner, inner_fields, .help = "Inner"),
    FIELD_JSON(Shop, plan, .help = "Plan"),
    FIELD_END,
};

/* A shop with the text read over its defaults. */
typedef struct Rig {
    Shop shop;
    DiagList *diags;
    JsonDocument *document;
    DiagList *messages;
    bool is_right;
} Rig;

static Rig *rig_new(const char *text)
{
    Rig *rig = g_new0(Rig, 1);

    field_defaults(shop_fields, &rig->shop);
    rig->diags = diag_list_new(NULL, NULL);
    rig->document = json_document_parse("s", text, strlen(text), false, rig->diags);
    ck_assert_ptr_nonnull(rig->document);
    rig->messages = diag_list_new(json_document_find, rig->document);
    rig->is_right = field_read(shop_fields, &rig->shop, rig->document->root, rig->messages);
    return rig;
}

static void rig_free(Rig *rig)
{
    field_clear(shop_fields, &rig->shop);
    json_document_free(rig->document);
    diag_list_free(rig->diags);
    diag_list_free(rig->messages);
    g_free(rig);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rig, rig_free)

static void check_print(const Shop *shop, const char *name, const char *expected)
{
    g_autofree char *text = field_print(field_find(shop_fields, name), shop);

    ck_assert_str_eq(text, expected);
}

START_TEST(defaults_fill_every_field)
{
    g_autoptr(Rig) rig = rig_new("{}");
    const Shop *shop = &rig->shop;

    ck_assert(rig->is_right);
    ck_assert_int_eq(shop->idle, 250 * SIM_MS);
    ck_assert_int_eq(shop->skew, -5 * SIM_MS);
    ck_assert_int_eq(shop->memory, INT64_C(4) << 30);
    ck_assert_int_eq(shop->workers, 400);
    ck_assert_double_eq(shop->miss, 0.02);
    ck_assert_double_eq(shop->scale, 2.5);
    ck_assert_double_eq(shop->arrivals, 400);
    ck_assert_double_eq(shop->bandwidth, 25e6);
    ck_assert(shop->is_open);
    ck_assert_int_eq(shop->level, 2);
    ck_assert_str_eq(shop->city, "Miami");
    ck_assert_str_eq(shop->tags[0], "a");
    ck_assert_str_eq(shop->tags[1], "b");
    ck_assert_ptr_null(shop->tags[2]);
    ck_assert_double_eq_tol(draw_mean(shop->service), 2e6, 1e-3);
    ck_assert_double_eq_tol(draw_mean(shop->statements), 2.5, 1e-9);
    ck_assert_int_eq(shop->inner.wait, SIM_S);
    ck_assert_ptr_null(shop->plan);
}
END_TEST

START_TEST(values_are_read_over_the_defaults)
{
    g_autoptr(Rig) rig = rig_new(
        "{\"idle\": \"2min\", \"skew\": \"-1s\", \"memory\": \"40GB\", \"workers\": 20000,"
        " \"miss\": \"50%\", \"scale\": -1e-3, \"arrivals\": \"1.5/h\","
        " \"bandwidth\": \"1024KiB/s\", \"open\": false, \"level\": \"ONE\", \"city\": \"\","
        " \"tags\": [\"x\"], \"service\": \"3ms\", \"statements\": 2,"
        " \"inner\": {\"tries\": 0, \"x-more\": 1}, \"plan\": [1], \"$comment\": 1, \"x-y\": {}}");
    const Shop *shop = &rig->shop;

    ck_assert(rig->is_right);
    ck_assert_int_eq(shop->idle, 2 * SIM_MIN);
    ck_assert_int_eq(shop->skew, -SIM_S);
    ck_assert_int_eq(shop->memory, INT64_C(40000000000));
    ck_assert_int_eq(shop->workers, 20000);
    ck_assert_double_eq(shop->miss, 0.5);
    ck_assert_double_eq(shop->scale, -1e-3);
    ck_assert_double_eq(shop->arrivals, 1.5 / 3600);
    ck_assert_double_eq(shop->bandwidth, 1048576);
    ck_assert(!shop->is_open);
    ck_assert_int_eq(shop->level, 0);
    ck_assert_str_eq(shop->city, "");
    ck_assert_str_eq(shop->tags[0], "x");
    ck_assert_ptr_null(shop->tags[1]);
    ck_assert_double_eq_tol(draw_mean(shop->service), 3e6, 1e-3);
    ck_assert_double_eq_tol(draw_mean(shop->statements), 2, 1e-9);
    ck_assert_int_eq(shop->inner.wait, SIM_S);
    ck_assert_int_eq(shop->inner.tries, 0);
    ck_assert_ptr_eq(shop->plan, json_member(rig->document->root, "plan"));
}
END_TEST

typedef struct BadValue {
    const char *text, *messages;
} BadValue;

#define SPAN_UNITS "(ns, us, ms, s, min, h, d)"
#define SIZE_UNITS "(B, KiB, MiB, GiB, TiB, PiB, kB, MB, GB, TB, PB)"

static const BadValue bad_values[] = {
    {"{\"workrs\": 4}", "s:1:2: error: unknown field 'workrs'; did you mean 'workers'?\n"},
    {"{\"color\": 4}", "s:1:2: error: unknown field 'color'\n"},
    {"{\"Idle\": \"1s\"}", "s:1:2: error: unknown field 'Idle'; did you mean 'idle'?\n"},
    {"{\"idle\": 5}", "s:1:2: error: 'idle' needs a unit " SPAN_UNITS ", like \"5s\"\n"},
    {"{\"idle\": 0.25}", "s:1:2: error: 'idle' needs a unit " SPAN_UNITS ", like \"0.25s\"\n"},
    {"{\"idle\": \"120\"}", "s:1:2: error: 'idle' needs a unit " SPAN_UNITS ", like \"120s\"\n"},
    {"{\"idle\": -5}", "s:1:2: error: 'idle' needs a unit " SPAN_UNITS ", like \"250ms\"\n"},
    {"{\"idle\": \"5 s\"}",
     "s:1:2: error: 'idle' has the unknown unit ' s' " SPAN_UNITS ", like \"250ms\"\n"},
    {"{\"idle\": \"5sec\"}",
     "s:1:2: error: 'idle' has the unknown unit 'sec' " SPAN_UNITS ", like \"250ms\"\n"},
    {"{\"idle\": \"soon\"}", "s:1:2: error: 'idle' must be a duration, like \"250ms\"\n"},
    {"{\"idle\": null}", "s:1:2: error: 'idle' must be a duration, like \"250ms\"\n"},
    {"{\"idle\": {}}", "s:1:2: error: 'idle' must be a duration, like \"250ms\"\n"},
    {"{\"idle\": \"0s\"}", "s:1:2: error: 'idle' must lie from 1us to 3h\n"},
    {"{\"idle\": \"181min\"}", "s:1:2: error: 'idle' must lie from 1us to 3h\n"},
    {"{\"skew\": \"-2s\"}", "s:1:2: error: 'skew' must be at least -1s\n"},
    {"{\"memory\": 4096}",
     "s:1:2: error: 'memory' needs a unit " SIZE_UNITS ", like \"4096MiB\"\n"},
    {"{\"memory\": \"4gb\"}",
     "s:1:2: error: 'memory' has the unknown unit 'gb' " SIZE_UNITS ", like \"4GiB\"\n"},
    {"{\"memory\": \"1KiB\"}", "s:1:2: error: 'memory' must be at least 1MiB\n"},
    {"{\"workers\": 0}", "s:1:2: error: 'workers' must lie from 1 to 20000\n"},
    {"{\"workers\": 2.5}", "s:1:2: error: 'workers' must be a whole number, like 400\n"},
    {"{\"workers\": 1e300}", "s:1:2: error: 'workers' must be a whole number, like 400\n"},
    {"{\"workers\": \"many\"}", "s:1:2: error: 'workers' must be a whole number, like 400\n"},
    {"{\"workers\": \"4\"}",
     "s:1:2: error: 'workers' must be a whole number without quotes, like 4\n"},
    {"{\"miss\": 1.5}", "s:1:2: error: 'miss' must lie from 0 to 1\n"},
    {"{\"miss\": -0.1}", "s:1:2: error: 'miss' must lie from 0 to 1\n"},
    {"{\"miss\": \"150%\"}", "s:1:2: error: 'miss' must lie from 0 to 1\n"},
    {"{\"miss\": \"half\"}", "s:1:2: error: 'miss' must be a ratio, like 0.02\n"},
    {"{\"scale\": 9}", "s:1:2: error: 'scale' must be at most 8\n"},
    {"{\"arrivals\": 400}",
     "s:1:2: error: 'arrivals' needs a unit (/ms, /s, /min, /h, /d), like \"400/s\"\n"},
    {"{\"bandwidth\": \"200Mbps\"}",
     "s:1:2: error: 'bandwidth' has the unknown unit 'Mbps' (KiB/s, MiB/s, GiB/s, kB/s, MB/s, "
     "GB/s, kbit/s, Mbit/s, Gbit/s), like \"200Mbit/s\"\n"},
    {"{\"open\": 1}", "s:1:2: error: 'open' must be true or false\n"},
    {"{\"open\": \"true\"}", "s:1:2: error: 'open' must be true or false\n"},
    {"{\"level\": \"LOCAL_QUORM\"}", "s:1:2: error: 'level' must be one of 'ONE', 'QUORUM', "
                                     "'LOCAL_QUORUM'; did you mean 'LOCAL_QUORUM'?\n"},
    {"{\"level\": \"TEN\"}",
     "s:1:2: error: 'level' must be one of 'ONE', 'QUORUM', 'LOCAL_QUORUM'\n"},
    {"{\"level\": 1}", "s:1:2: error: 'level' must be one of 'ONE', 'QUORUM', 'LOCAL_QUORUM'\n"},
    {"{\"city\": 3}", "s:1:2: error: 'city' must be a text\n"},
    {"{\"tags\": {}}", "s:1:2: error: 'tags' must be a text or a list of texts, like [\"one\", "
                       "\"two\"]\n"},
    {"{\"tags\": [\"a\", 1]}", "s:1:16: error: 'tags' must be a text or a list of texts, like "
                               "[\"one\", \"two\"]\n"},
    {"{\"service\": 5}", "s:1:2: error: 'service' needs a unit " SPAN_UNITS ", like \"5ms\"\n"},
    {"{\"service\": \"2s\"}", "s:1:2: error: 'service' must have a mean of at most 1s\n"},
    {"{\"inner\": 3}", "s:1:2: error: 'inner' must be an object\n"},
    {"{\"inner\": {\"wait\": \"-1s\", \"tris\": 1}}",
     "s:1:2: error: 'inner.tries' is required\n"
     "s:1:12: error: 'inner.wait' must be at least 0s\n"
     "s:1:27: error: unknown field 'inner.tris'; did you mean 'inner.tries'?\n"},
    {"[]", "s:1:1: error: this must be an object\n"},
};

START_TEST(each_mistake_is_told_with_what_would_be_right)
{
    g_autoptr(Rig) rig = rig_new(bad_values[_i].text);
    g_autofree char *messages = diag_list_to_text(rig->messages);

    ck_assert_str_eq(messages, bad_values[_i].messages);
    ck_assert(!rig->is_right);
}
END_TEST

START_TEST(a_field_with_a_mistake_keeps_what_it_held)
{
    g_autoptr(Rig) rig = rig_new("{\"idle\": \"4h\", \"service\": \"2s\", \"tags\": [1],"
                                 " \"city\": 1, \"level\": \"x\", \"workers\": 7}");

    check_print(&rig->shop, "idle", "250ms");
    check_print(&rig->shop, "service", "exponential(mean=2ms)");
    check_print(&rig->shop, "tags", "a, b");
    check_print(&rig->shop, "city", "Miami");
    check_print(&rig->shop, "level", "LOCAL_QUORUM");
    check_print(&rig->shop, "workers", "7");
}
END_TEST

START_TEST(all_mistakes_are_told_in_one_pass)
{
    g_autoptr(Rig) rig = rig_new("{\n    \"workrs\": 4,\n    \"idle\": 5,\n    \"miss\": 3\n}");
    g_autofree char *messages = diag_list_to_text(rig->messages);

    ck_assert_str_eq(messages, "s:2:5: error: unknown field 'workrs'; did you mean 'workers'?\n"
                               "s:3:5: error: 'idle' needs a unit " SPAN_UNITS ", like \"5s\"\n"
                               "s:4:5: error: 'miss' must lie from 0 to 1\n");
}
END_TEST

START_TEST(what_is_required_and_absent_is_told_at_the_key_of_its_table)
{
    g_autoptr(Rig) rig = rig_new("{\n  \"inner\":\n  {}}");
    g_autofree char *messages = diag_list_to_text(rig->messages);

    ck_assert_str_eq(messages, "s:2:3: error: 'inner.tries' is required\n");
}
END_TEST

START_TEST(nothing_to_read_still_lacks_what_is_required)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    Inner inner = {0};

    ck_assert(!field_read(inner_fields, &inner, NULL, diags));
    ck_assert_uint_eq(diag_count_errors(diags), 1);
    ck_assert(field_read(shop_fields, &(Shop){0}, NULL, diags));
}
END_TEST

START_TEST(one_value_is_read_into_its_place)
{
    g_autoptr(Rig) rig = rig_new("{}");
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    cJSON *right = cJSON_CreateString("3s"), *wrong = cJSON_CreateNumber(3);
    const Field *idle = field_find(shop_fields, "idle");

    ck_assert(field_read_value(idle, &rig->shop, right, diags));
    ck_assert(!field_read_value(idle, &rig->shop, wrong, diags));
    ck_assert_int_eq(rig->shop.idle, 3 * SIM_S);
    ck_assert_uint_eq(diag_count_errors(diags), 1);
    cJSON_Delete(right);
    cJSON_Delete(wrong);
}
END_TEST

START_TEST(a_copy_owns_what_it_holds)
{
    Rig *rig =
        rig_new("{\"city\": \"London\", \"tags\": [\"x\", \"y\"], \"inner\": {\"tries\": 3}}");
    Shop copy = {0};

    field_copy(shop_fields, &copy, &rig->shop);
    rig_free(rig);
    check_print(&copy, "city", "London");
    check_print(&copy, "tags", "x, y");
    check_print(&copy, "service", "exponential(mean=2ms)");
    check_print(&copy, "inner", "wait=1s, tries=3");
    field_clear(shop_fields, &copy);
    ck_assert_ptr_null(copy.city);
    ck_assert_ptr_null(copy.tags);
    ck_assert_ptr_null(copy.service.law);
    ck_assert_int_eq(copy.inner.tries, 0);
}
END_TEST

START_TEST(values_print_in_the_users_notation)
{
    g_autoptr(Rig) rig = rig_new("{\"plan\": {\"a\": [1, \"b\"]}}");
    Shop empty = {0};

    check_print(&rig->shop, "idle", "250ms");
    check_print(&rig->shop, "skew", "-5ms");
    check_print(&rig->shop, "memory", "4GiB");
    check_print(&rig->shop, "workers", "400");
    check_print(&rig->shop, "miss", "0.02");
    check_print(&rig->shop, "scale", "2.5");
    check_print(&rig->shop, "arrivals", "400/s");
    check_print(&rig->shop, "bandwidth", "25MB/s");
    check_print(&rig->shop, "open", "true");
    check_print(&rig->shop, "level", "LOCAL_QUORUM");
    check_print(&rig->shop, "tags", "a, b");
    check_print(&rig->shop, "statements", "uniform(1, 4)");
    check_print(&rig->shop, "plan", "{\"a\":[1,\"b\"]}");
    check_print(&empty, "city", "");
    check_print(&empty, "tags", "");
    check_print(&empty, "service", "");
    check_print(&empty, "plan", "");
}
END_TEST

/* What field_print says can be read again: for every ordered row of the table. */
START_TEST(what_is_printed_reads_back_unchanged)
{
    g_autoptr(Rig) rig =
        rig_new("{\"idle\": \"1234567ns\", \"memory\": \"123456789B\", \"arrivals\": \"7/min\","
                " \"bandwidth\": \"333.333333333kB/s\", \"miss\": 0.333333}");
    static const char *const names[] = {"idle", "memory", "arrivals", "bandwidth"};

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        const Field *field = field_find(shop_fields, names[i]);
        g_autofree char *text = field_print(field, &rig->shop), *again = NULL;
        cJSON *value = cJSON_CreateString(text);

        ck_assert_msg(field_read_value(field, &rig->shop, value, rig->messages), "%s", text);
        again = field_print(field, &rig->shop);
        ck_assert_str_eq(text, again);
        cJSON_Delete(value);
    }
}
END_TEST

START_TEST(rows_are_found_by_name)
{
    ck_assert_str_eq(field_find(shop_fields, "open")->name, "open");
    ck_assert_ptr_null(field_find(shop_fields, "is_open"));
}
END_TEST

static const Field bad_fields[] = {
    FIELD_SPAN(Shop, idle, .initial = "5", .help = "Idle", .source = "a"),
    FIELD_SPAN(Shop, idle, .initial = "5s", .help = "Idle", .source = "a"),
    FIELD_SPAN(Shop, skew, .initial = "-5s", .help = "Skew", .source = "a"),
    FIELD_BYTES(Shop, memory, .initial = "4GiB", .help = "Memory."),
    FIELD_COUNT(Shop, workers, .lowest = "1", .help = "Workers"),
    FIELD_RATIO(Shop, miss, .initial = "0.5", .lowest = "0.6", .highest = "x", .source = "a"),
    FIELD_NUMBER(Shop, scale, .initial = "1", .lowest = "3", .highest = "2", .help = "Scale",
                 .source = "a"),
    FIELD_CHOICE(Shop, level, .help = "Level"),
    FIELD_TEXT(Shop, city, .initial = "x", .lowest = "a", .flags = FIELD_REQUIRED, .help = "City"),
    FIELD_DRAW(Shop, service, .initial = "5", .help = "Service", .source = "a"),
    FIELD_JSON(Shop, plan, .initial = "{}", .help = "Plan", .schema = "{"),
    FIELD_END,
};

START_TEST(the_self_test_finds_each_mistake_of_a_table)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    guint mistakes = field_check_table(bad_fields, diags);
    g_autofree char *messages = diag_list_to_text(diags);

    ck_assert_str_eq(messages, "error: field 'idle' has the default '5', which cannot be read\n"
                               "error: field 'idle' stands twice\n"
                               "error: field 'skew' has the default '-5s' out of its limits\n"
                               "error: field 'memory' ends its help with a full stop\n"
                               "error: field 'memory' has a default without a source\n"
                               "error: field 'workers' has the default '0' out of its limits\n"
                               "error: field 'miss' has no help\n"
                               "error: field 'miss' has the limit 'x', which cannot be read\n"
                               "error: field 'scale' has its lowest above its highest\n"
                               "error: field 'level' has no names or rows in 'more'\n"
                               "error: field 'city' is required and has a default\n"
                               "error: field 'city' has the limit 'a', which cannot be read\n"
                               "error: field 'service' has the default '5', which cannot be read\n"
                               "error: field 'plan' has a schema that is no JSON object\n"
                               "error: field 'plan' has the default '{}', which cannot be read\n");
    ck_assert_uint_eq(mistakes, 15);
}
END_TEST

START_TEST(the_self_test_passes_a_right_table)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);

    ck_assert_uint_eq(field_check_table(shop_fields, diags), 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("field");
    TCase *tests = tcase_create("field");

    tcase_add_test(tests, defaults_fill_every_field);
    tcase_add_test(tests, values_are_read_over_the_defaults);
    tcase_add_loop_test(tests, each_mistake_is_told_with_what_would_be_right, 0,
                        G_N_ELEMENTS(bad_values));
    tcase_add_test(tests, a_field_with_a_mistake_keeps_what_it_held);
    tcase_add_test(tests, all_mistakes_are_told_in_one_pass);
    tcase_add_test(tests, what_is_required_and_absent_is_told_at_the_key_of_its_table);
    tcase_add_test(tests, nothing_to_read_still_lacks_what_is_required);
    tcase_add_test(tests, one_value_is_read_into_its_place);
    tcase_add_test(tests, a_copy_owns_what_it_holds);
    tcase_add_test(tests, values_print_in_the_users_notation);
    tcase_add_test(tests, what_is_printed_reads_back_unchanged);
    tcase_add_test(tests, rows_are_found_by_name);
    tcase_add_test(tests, the_self_test_finds_each_mistake_of_a_table);
    tcase_add_test(tests, the_self_test_passes_a_right_table);
    suite_add_tcase(suite, tests);
    return suite;
}
