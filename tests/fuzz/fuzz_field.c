/* fuzz_field.c - any JSON into a table with a row of each type.
 * Holds: false exactly when something was reported; what was read prints in a notation that reads
 * back to the same; copies and clears own what they say (AddressSanitizer looks on). */
#include <glib.h>
#include <stdint.h>
#include <string.h>

#include "sim/config/field.h"
#include "sim/config/json_place.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct Inner {
    SimSpan wait;
    int64_t tries;
} Inner;

typedef struct Shop {
    SimSpan idle;
    int64_t memory, workers;
    double miss, scale, arrivals, bandwidth;
    bool open;
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
    FIELD_SPAN(Shop, idle, .initial = "250ms", .help = "Idle", .source = "assumption"),
    FIELD_BYTES(Shop, memory, .help = "Memory"),
    FIELD_COUNT(Shop, workers, .help = "Workers"),
    FIELD_RATIO(Shop, miss, .help = "Misses"),
    FIELD_NUMBER(Shop, scale, .help = "Scale"),
    FIELD_RATE(Shop, arrivals, .help = "Arrivals"),
    FIELD_BYTE_RATE(Shop, bandwidth, .help = "Bandwidth"),
    FIELD_FLAG(Shop, open, .help = "Open"),
    FIELD_CHOICE(Shop, level, .more = levels, .help = "Level"),
    FIELD_TEXT(Shop, city, .initial = "Miami", .help = "City"),
    FIELD_TEXTS(Shop, tags, .initial = "a, b", .help = "Tags"),
    FIELD_DRAW(Shop, service, .initial = "2ms", .help = "Service", .source = "assumption"),
    FIELD_DRAW_NUMBER(Shop, statements, .help = "Statements"),
    FIELD_TABLE(Shop, inner, inner_fields, .help = "Inner"),
    FIELD_JSON(Shop, plan, .help = "Plan"),
    FIELD_END,
};

/* What a value prints, as JSON to read it from; NULL without one. */
static cJSON *printed_value(const Field *field, const char *text)
{
    switch (field->type) {
    case FIELD_TYPE_SPAN:
    case FIELD_TYPE_BYTES:
    case FIELD_TYPE_RATIO:
    case FIELD_TYPE_RATE:
    case FIELD_TYPE_BYTE_RATE:
    case FIELD_TYPE_CHOICE:
    case FIELD_TYPE_TEXT:
    case FIELD_TYPE_DRAW:
    case FIELD_TYPE_DRAW_NUMBER:
        return *text == '\0' ? NULL : cJSON_CreateString(text);
    case FIELD_TYPE_NUMBER:
    case FIELD_TYPE_COUNT:
        return cJSON_CreateNumber(g_ascii_strtod(text, NULL));
    default:
        return NULL;
    }
}

static void check_print(const Shop *shop)
{
    for (const Field *field = shop_fields; field->name != NULL; field++) {
        g_autofree char *text = field_print(field, shop), *again = NULL;
        g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
        cJSON *value = printed_value(field, text);
        Shop copy = {0};

        if (value == NULL) {
            continue;
        }
        g_assert_true(field_read_value(field, &copy, value, diags));
        again = field_print(field, &copy);
        g_assert_cmpstr(text, ==, again);
        cJSON_Delete(value);
        field_clear(shop_fields, &copy);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(DiagList) none = diag_list_new(NULL, NULL);
    g_autoptr(JsonDocument) document =
        json_document_parse("f", (const char *)data, size, false, none);
    g_autoptr(DiagList) diags = NULL;
    g_autofree char *messages = NULL;
    Shop shop = {0}, copy = {0};
    bool is_right;

    if (document == NULL) {
        return 0;
    }
    diags = diag_list_new(json_document_find, document);
    field_defaults(shop_fields, &shop);
    is_right = field_read(shop_fields, &shop, document->root, diags);
    messages = diag_list_to_text(diags);
    g_assert_true(is_right == (diag_count_errors(diags) == 0));
    g_assert_true(is_right == (*messages == '\0'));
    check_print(&shop);
    field_copy(shop_fields, &copy, &shop);
    field_clear(shop_fields, &shop);
    field_clear(shop_fields, &copy);
    return 0;
}
