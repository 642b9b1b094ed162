/* test_field_export.c - schema and page say what the reader takes.
 * The schema is tried with a small validator: the words of draft-07 that the export uses. */
#include "sim/config/field_export.h"

#include <string.h>

#include "sim/config/json_place.h"
#include "tests/support/suite.h"

static bool is_of_type(const cJSON *value, const char *type)
{
    double number = cJSON_IsNumber(value) ? value->valuedouble : 0;

    return (strcmp(type, "string") == 0 && cJSON_IsString(value)) ||
           (strcmp(type, "number") == 0 && cJSON_IsNumber(value)) ||
           (strcmp(type, "integer") == 0 && cJSON_IsNumber(value) &&
            number >= (double)(int64_t)number && number <= (double)(int64_t)number) ||
           (strcmp(type, "boolean") == 0 && cJSON_IsBool(value)) ||
           (strcmp(type, "object") == 0 && cJSON_IsObject(value)) ||
           (strcmp(type, "array") == 0 && cJSON_IsArray(value));
}

static bool has_type(const cJSON *type, const cJSON *value)
{
    const cJSON *name;

    if (type == NULL || cJSON_IsString(type)) {
        return type == NULL || is_of_type(value, type->valuestring);
    }
    cJSON_ArrayForEach(name, type)
    {
        if (is_of_type(value, name->valuestring)) {
            return true;
        }
    }
    return false;
}

static bool is_valid(const cJSON *schema, const cJSON *value);

static bool is_in_enum(const cJSON *names, const cJSON *value)
{
    const cJSON *name;

    cJSON_ArrayForEach(name, names)
    {
        if (cJSON_Compare(name, value, true)) {
            return true;
        }
    }
    return names == NULL;
}

static bool is_any_of(const cJSON *schemas, const cJSON *value)
{
    const cJSON *schema;

    cJSON_ArrayForEach(schema, schemas)
    {
        if (is_valid(schema, value)) {
            return true;
        }
    }
    return schemas == NULL;
}

static bool is_in_limits(const cJSON *schema, const cJSON *value)
{
    const cJSON *lowest = json_member(schema, "minimum"), *highest = json_member(schema, "maximum");

    return !cJSON_IsNumber(value) ||
           ((lowest == NULL || value->valuedouble >= lowest->valuedouble) &&
            (highest == NULL || value->valuedouble <= highest->valuedouble));
}

static bool is_matching(const cJSON *pattern, const cJSON *value)
{
    return pattern == NULL || !cJSON_IsString(value) ||
           g_regex_match_simple(pattern->valuestring, value->valuestring, 0, 0);
}

static bool has_required(const cJSON *names, const cJSON *value)
{
    const cJSON *name;

    cJSON_ArrayForEach(name, names)
    {
        if (json_member(value, name->valuestring) == NULL) {
            return false;
        }
    }
    return true;
}

static bool are_members_valid(const cJSON *schema, const cJSON *value)
{
    const cJSON *member, *properties = json_member(schema, "properties");

    if (!cJSON_IsObject(value) || properties == NULL) {
        return true;
    }
    cJSON_ArrayForEach(member, value)
    {
        const cJSON *known = json_member(properties, member->string);

        if (known == NULL ? !g_str_has_prefix(member->string, "x-") : !is_valid(known, member)) {
            return false;
        }
    }
    return has_required(json_member(schema, "required"), value);
}

static bool are_items_valid(const cJSON *items, const cJSON *value)
{
    const cJSON *item;

    if (items == NULL || !cJSON_IsArray(value)) {
        return true;
    }
    cJSON_ArrayForEach(item, value)
    {
        if (!is_valid(items, item)) {
            return false;
        }
    }
    return true;
}

static bool is_valid(const cJSON *schema, const cJSON *value)
{
    return has_type(json_member(schema, "type"), value) &&
           is_in_enum(json_member(schema, "enum"), value) &&
           is_any_of(json_member(schema, "anyOf"), value) &&
           is_matching(json_member(schema, "pattern"), value) && is_in_limits(schema, value) &&
           are_items_valid(json_member(schema, "items"), value) && are_members_valid(schema, value);
}

typedef struct Inner {
    SimSpan wait;
    int64_t tries;
} Inner;

typedef struct Shop {
    SimSpan idle;
    int64_t memory, workers;
    double miss, scale, arrivals, bandwidth;
    bool is_open;
    int level;
    char *city;
    char **tags;
    Draw service, statements;
    Inner inner;
    const cJSON *plan, *any;
} Shop;

static const char *const levels[] = {"ONE", "QUORUM", NULL};

static const Field inner_fields[] = {
    FIELD_SPAN(Inner, wait, .initial = "1s", .help = "Wait", .source = "assumption"),
    FIELD_COUNT(Inner, tries, .flags = FIELD_REQUIRED, .help = "Tries"),
    FIELD_END,
};

static const Field shop_fields[] = {
    FIELD_SPAN(Shop, idle, .initial = "250ms", .lowest = "1us", .highest = "3h", .help = "Idle",
               .source = "RFC 1", .flags = FIELD_TUNABLE),
    FIELD_BYTES(Shop, memory, .initial = "4GiB", .help = "Memory", .source = "assumption"),
    FIELD_COUNT(Shop, workers, .initial = "400", .lowest = "1", .highest = "20000",
                .help = "Workers | threads", .source = "assumption"),
    FIELD_RATIO(Shop, miss, .initial = "2%", .help = "Misses", .source = "assumption"),
    FIELD_NUMBER(Shop, scale, .initial = "2.5", .highest = "8", .help = "Scale",
                 .source = "assumption"),
    FIELD_RATE(Shop, arrivals, .initial = "400/s", .help = "Arrivals", .source = "assumption"),
    FIELD_BYTE_RATE(Shop, bandwidth, .initial = "200Mbit/s", .help = "Bandwidth",
                    .source = "assumption"),
    FIELD_ROW(Shop, is_open, "open", FIELD_TYPE_FLAG, bool, .initial = "true", .help = "Open"),
    FIELD_CHOICE(Shop, level, .more = levels, .initial = "QUORUM", .help = "Level"),
    FIELD_TEXT(Shop, city, .help = "City"),
    FIELD_TEXTS(Shop, tags, .initial = "a, b", .help = "Tags"),
    FIELD_DRAW(Shop, service, .initial = "exponential(mean=2ms)", .help = "Service",
               .source = "assumption"),
    FIELD_DRAW_NUMBER(Shop, statements, .initial = "3", .help = "Statements",
                      .source = "assumption"),
    FIELD_TABLE(Shop, inner, inner_fields, .help = "Inner"),
    FIELD_JSON(Shop, plan, .help = "Plan", .schema = "{\"type\": \"array\"}"),
    FIELD_JSON(Shop, any, .help = "Any", .schema = "{\"description\": \"Own\"}"),
    FIELD_END,
};

static JsonDocument *parse(const char *text)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);

    return json_document_parse("f", text, strlen(text), false, diags);
}

/* Texts that the reader takes (true) or refuses for a reason that a schema can say. */
static const struct {
    const char *text;
    bool is_right;
} texts[] = {
    {"{}", true},
    {"{\"$comment\": \"why\", \"x-note\": {}}", true},
    {"{\"idle\": \"1.5s\"}", true},
    {"{\"idle\": 5}", false},
    {"{\"idle\": \"5\"}", false},
    {"{\"idle\": \"5 s\"}", false},
    {"{\"idle\": \"5sec\"}", false},
    {"{\"memory\": \"40GB\"}", true},
    {"{\"memory\": \"1.5MiB\"}", true},
    {"{\"memory\": \"4gb\"}", false},
    {"{\"memory\": 4096}", false},
    {"{\"workers\": 1}", true},
    {"{\"workers\": 0}", false},
    {"{\"workers\": 20001}", false},
    {"{\"workers\": 2.5}", false},
    {"{\"workers\": \"4\"}", false},
    {"{\"miss\": 1}", true},
    {"{\"miss\": \"50%\"}", true},
    {"{\"miss\": \"1e-4\"}", true},
    {"{\"miss\": 1.5}", false},
    {"{\"miss\": \"half\"}", false},
    {"{\"scale\": -7.5}", true},
    {"{\"scale\": 8.5}", false},
    {"{\"arrivals\": \"24000/min\"}", true},
    {"{\"arrivals\": \"400 per s\"}", true},
    {"{\"arrivals\": 400}", false},
    {"{\"arrivals\": \"400/sec\"}", false},
    {"{\"bandwidth\": \"1024KiB/s\"}", true},
    {"{\"bandwidth\": \"8bit/s\"}", true},
    {"{\"bandwidth\": \"200Mbps\"}", false},
    {"{\"open\": false}", true},
    {"{\"open\": 1}", false},
    {"{\"level\": \"ONE\"}", true},
    {"{\"level\": \"one\"}", false},
    {"{\"level\": 1}", false},
    {"{\"city\": \"\"}", true},
    {"{\"city\": 1}", false},
    {"{\"tags\": \"a\"}", true},
    {"{\"tags\": [\"a\", \"b\"]}", true},
    {"{\"tags\": [1]}", false},
    {"{\"service\": \"lognormal(median=2ms, p99=40ms)\"}", true},
    {"{\"service\": 5}", false},
    {"{\"statements\": 2}", true},
    {"{\"statements\": \"uniform(1, 4)\"}", true},
    {"{\"statements\": true}", false},
    {"{\"inner\": {\"tries\": 1, \"x-y\": 1}}", true},
    {"{\"inner\": {}}", false},
    {"{\"inner\": {\"tries\": 1, \"trys\": 1}}", false},
    {"{\"inner\": 1}", false},
    {"{\"any\": [null]}", true},
    {"{\"workrs\": 1}", false},
    {"[]", false},
};

START_TEST(reader_and_schema_agree)
{
    g_autoptr(JsonDocument) document = parse(texts[_i].text);
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    cJSON *schema = field_export_schema(shop_fields, false);
    Shop shop = {0};

    ck_assert(field_read(shop_fields, &shop, document->root, diags) == texts[_i].is_right);
    ck_assert_msg(is_valid(schema, document->root) == texts[_i].is_right, "%s", texts[_i].text);
    field_clear(shop_fields, &shop);
    cJSON_Delete(schema);
}
END_TEST

START_TEST(a_variable_may_stand_for_any_value)
{
    cJSON *schema = field_export_schema(shop_fields, false);
    const cJSON *property;
    cJSON *variable = cJSON_CreateString("${peak}");
    int count = 0;

    cJSON_ArrayForEach(property, json_member(schema, "properties"))
    {
        const Field *field = field_find(shop_fields, property->string);

        if (field != NULL && field->type != FIELD_TYPE_TABLE && field->type != FIELD_TYPE_JSON) {
            ck_assert_msg(is_valid(property, variable), "%s", property->string);
            count++;
        }
    }
    ck_assert_int_eq(count, 13);
    cJSON_Delete(variable);
    cJSON_Delete(schema);
}
END_TEST

START_TEST(defaults_and_examples_fit_their_own_schema)
{
    cJSON *schema = field_export_schema(shop_fields, false);
    const cJSON *property, *example;
    int defaults = 0, examples = 0;

    cJSON_ArrayForEach(property, json_member(schema, "properties"))
    {
        const cJSON *initial = json_member(property, "default");

        if (initial != NULL) {
            ck_assert_msg(is_valid(property, initial), "%s", property->string);
            defaults++;
        }
        cJSON_ArrayForEach(example, json_member(property, "examples"))
        {
            ck_assert_msg(is_valid(property, example), "%s", property->string);
            examples++;
        }
    }
    ck_assert_int_eq(defaults, 12);
    ck_assert_int_eq(examples, 9);
    cJSON_Delete(schema);
}
END_TEST

START_TEST(an_overlay_requires_nothing)
{
    cJSON *whole = field_export_schema(inner_fields, false);
    cJSON *overlay = field_export_schema(inner_fields, true);
    cJSON *nested = field_export_schema(shop_fields, true);
    g_autoptr(JsonDocument) empty = parse("{}"), inner = parse("{\"inner\": {}}");

    ck_assert(!is_valid(whole, empty->root));
    ck_assert(is_valid(overlay, empty->root));
    ck_assert(is_valid(nested, inner->root));
    cJSON_Delete(whole);
    cJSON_Delete(overlay);
    cJSON_Delete(nested);
}
END_TEST

static void check_json(const cJSON *node, const char *expected)
{
    char *text = cJSON_PrintUnformatted(node);

    ck_assert_str_eq(text, expected);
    cJSON_free(text);
}

START_TEST(a_schema_has_help_limits_default_and_source)
{
    cJSON *schema = field_export_schema(shop_fields, false);
    const cJSON *properties = json_member(schema, "properties");

    check_json(json_member(properties, "idle"),
               "{\"type\":\"string\",\"pattern\":\"^(-?[0-9]+(\\\\.[0-9]+)?(ns|us|ms|s|m|min|h|d))"
               "$|\\\\$\\\\{[^}]+\\\\}\",\"description\":\"Idle. Limits: 1us to 3h. Default: 250ms "
               "(RFC 1). A fault may change it while the run goes on\",\"default\":\"250ms\","
               "\"examples\":[\"250ms\"]}");
    check_json(
        json_member(properties, "workers"),
        "{\"type\":[\"integer\",\"string\"],\"minimum\":1,\"maximum\":20000,"
        "\"pattern\":\"\\\\$\\\\{[^}]+\\\\}\",\"description\":\"Workers | threads. Limits: 1 "
        "to 20000. Default: 400 (assumption)\",\"default\":400,\"examples\":[400]}");
    check_json(json_member(properties, "plan"), "{\"type\":\"array\",\"description\":\"Plan\"}");
    check_json(json_member(properties, "any"), "{\"description\":\"Own\"}");
    check_json(json_member(schema, "additionalProperties"), "false");
    cJSON_Delete(schema);
}
END_TEST

START_TEST(a_page_has_a_row_for_each_field)
{
    static const char *const expected =
        "| idle | duration | 250ms | 1us to 3h | Idle (tunable) | RFC 1 |\n"
        "| memory | size | 4GiB |  | Memory | assumption |\n"
        "| workers | count | 400 | 1 to 20000 | Workers \\| threads | assumption |\n"
        "| miss | ratio | 2% | 0 to 1 | Misses | assumption |\n"
        "| scale | number | 2.5 | at most 8 | Scale | assumption |\n"
        "| arrivals | rate | 400/s |  | Arrivals | assumption |\n"
        "| bandwidth | byte rate | 200Mbit/s |  | Bandwidth | assumption |\n"
        "| open | flag | true |  | Open |  |\n"
        "| level | choice | QUORUM | ONE, QUORUM | Level |  |\n"
        "| city | text |  |  | City |  |\n"
        "| tags | list of texts | a, b |  | Tags |  |\n"
        "| service | distribution of durations | exponential(mean=2ms) |  | Service | assumption "
        "|\n"
        "| statements | distribution of numbers | 3 |  | Statements | assumption |\n"
        "| inner | table |  |  | Inner |  |\n"
        "| inner.wait | duration | 1s | at least 0s | Wait | assumption |\n"
        "| inner.tries | count | required | at least 0 | Tries |  |\n"
        "| plan | JSON |  |  | Plan |  |\n"
        "| any | JSON |  |  | Any |  |\n";
    g_autoptr(GString) page = g_string_new(NULL);

    field_export_page(shop_fields, page);
    ck_assert_str_eq(page->str, expected);
}
END_TEST

START_TEST(the_table_of_this_test_is_right)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);

    ck_assert_uint_eq(field_check_table(shop_fields, diags), 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("field_export");
    TCase *tests = tcase_create("field_export");

    tcase_add_loop_test(tests, reader_and_schema_agree, 0, G_N_ELEMENTS(texts));
    tcase_add_test(tests, a_variable_may_stand_for_any_value);
    tcase_add_test(tests, defaults_and_examples_fit_their_own_schema);
    tcase_add_test(tests, an_overlay_requires_nothing);
    tcase_add_test(tests, a_schema_has_help_limits_default_and_source);
    tcase_add_test(tests, a_page_has_a_row_for_each_field);
    tcase_add_test(tests, the_table_of_this_test_is_right);
    suite_add_tcase(suite, tests);
    return suite;
}
