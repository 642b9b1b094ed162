/* intent.c - which alternatives there are, and what each costs. */
#include "sim/study/intent.h"

#include <math.h>
#include <string.h>

#include "sim/config/field.h"
#include "sim/config/json_place.h"
#include "sim/config/json_print.h"
#include "sim/scenario/scenario_names.h"
#include "sim/study/loss.h"
#include "sim/study/outlook.h"
#include "sim/study/rate.h"

enum { FIND_CHEAPEST, FIND_BEST };
static const char *const find_names[] = {"cheapest", "best", NULL};

/* The file as it is written. */
typedef struct IntentText {
    char *title, *metric;
    int find;
    double rate, most_cost; /* 0: not given */
    char **lost;
    const cJSON *set, *alternatives, *values;
} IntentText;

static const Field intent_fields[] = {
    FIELD_TEXT(IntentText, title, .help = "What is asked"),
    FIELD_TEXT(IntentText, metric, .initial = "http_req_failed rate 0.0002",
               .help = "What ranks the alternatives, with the difference that matters"),
    FIELD_CHOICE(IntentText, find, .initial = "cheapest", .more = find_names,
                 .help = "The cheapest at which every threshold passes, or the best metric"),
    FIELD_NUMBER(IntentText, rate, .initial = "0", .lowest = "0", .highest = "1000000000",
                 .help = "Requests a second"),
    FIELD_NUMBER(IntentText, most_cost, .initial = "0", .lowest = "0", .highest = "1000000000",
                 .help = "A month, at most"),
    FIELD_TEXTS(IntentText, lost, .help = "Sites that are dark from the first instant on"),
    FIELD_JSON(IntentText, set, .help = "{ pointer: value } for all alternatives"),
    FIELD_JSON(IntentText, alternatives, .help = "[ { name, set, monthly_cost } ]"),
    FIELD_JSON(IntentText, values, .help = "{ pointer: [ values ] }, all crossed"),
    FIELD_END,
};

typedef struct AlternativeText {
    char *name;
    double monthly_cost;
    const cJSON *set;
} AlternativeText;

static const Field alternative_fields[] = {
    FIELD_TEXT(AlternativeText, name, .flags = FIELD_REQUIRED, .help = "In the table"),
    FIELD_NUMBER(AlternativeText, monthly_cost, .initial = "0", .lowest = "-1000000",
                 .highest = "1000000", .help = "On top of what the scenario's prices say"),
    FIELD_JSON(AlternativeText, set, .help = "{ pointer: value }"),
    FIELD_END,
};

/* --- life ------------------------------------------------------------------------------------ */

static void alternative_free(Alternative *one)
{
    g_free(one->name);
    g_strfreev(one->sets);
    g_array_unref(one->values);
    g_free(one);
}

void intent_free(Intent *intent)
{
    if (intent != NULL) {
        g_free(intent->path);
        g_free(intent->intent);
        g_free(intent->title);
        g_free(intent->metric);
        g_free(intent->unit);
        g_free(intent->seed);
        g_free(intent->fresh_seed);
        g_free(intent->binding);
        g_strfreev(intent->lost);
        g_ptr_array_unref(intent->alternatives);
        g_free(intent);
    }
}

/* --- what is tried --------------------------------------------------------------------------- */

/* One alternative on its way, with the place it is written at. */
typedef struct Draft {
    Alternative *one;
    GPtrArray *sets; /* of char *, "POINTER=VALUE" */
    const cJSON *node;
    bool has_price;
} Draft;

static Draft *draft_new(const char *name, const cJSON *node)
{
    Draft *draft = g_new0(Draft, 1);

    draft->one = g_new0(Alternative, 1);
    draft->one->name = g_strdup(name);
    draft->one->values = g_array_new(FALSE, FALSE, sizeof(double));
    draft->sets = g_ptr_array_new_with_free_func(g_free);
    draft->node = node;
    return draft;
}

static void draft_free(Draft *draft)
{
    g_clear_pointer(&draft->one, alternative_free);
    g_ptr_array_unref(draft->sets);
    g_free(draft);
}

static char *set_of(const char *pointer, const cJSON *value)
{
    g_autofree char *printed = json_print_line(value);

    return g_strdup_printf("%s=%s", pointer, printed);
}

static void add_sets(Draft *draft, const cJSON *set, DiagList *diags)
{
    const cJSON *value;

    if (set != NULL && !cJSON_IsObject(set)) {
        diag_add(diags, DIAG_ERROR, set, DIAG_VALUE, "'set' is an object: { \"/pointer\": value }");
        return;
    }
    cJSON_ArrayForEach(value, set)
    {
        if (value->string[0] != '/') {
            diag_add(diags, DIAG_ERROR, value, DIAG_KEY,
                     "'%s' is no JSON Pointer, like '/system/wildfly/cpu'", value->string);
        }
        g_ptr_array_add(draft->sets, set_of(value->string, value));
    }
}

static void read_list(const IntentText *text, GPtrArray *drafts, DiagList *diags)
{
    const cJSON *node;

    if (text->alternatives != NULL && !cJSON_IsArray(text->alternatives)) {
        diag_add(diags, DIAG_ERROR, text->alternatives, DIAG_VALUE, "'alternatives' is an array");
        return;
    }
    cJSON_ArrayForEach(node, text->alternatives)
    {
        AlternativeText one = {0};

        field_defaults(alternative_fields, &one);
        if (field_read(alternative_fields, &one, node, diags)) {
            Draft *draft = draft_new(one.name, node);

            draft->one->extra = one.monthly_cost;
            draft->has_price = json_member(node, "monthly_cost") != NULL;
            add_sets(draft, one.set, diags);
            g_ptr_array_add(drafts, draft);
        }
        field_clear(alternative_fields, &one);
    }
}

/* A draft with one value more; `item` is a value or { "value", "monthly_cost" }. */
static Draft *extend(const Draft *before, const char *pointer, const cJSON *item)
{
    const cJSON *priced = json_member(item, "value");
    const cJSON *cost = json_member(item, "monthly_cost");
    g_autofree char *set = set_of(pointer, priced != NULL ? priced : item);
    g_autofree char *name =
        before->sets->len > 0 ? g_strdup_printf("%s %s", before->one->name, set) : g_strdup(set);
    Draft *draft = draft_new(name, item);

    for (guint i = 0; i < before->sets->len; i++) {
        g_ptr_array_add(draft->sets, g_strdup(g_ptr_array_index(before->sets, i)));
    }
    g_ptr_array_add(draft->sets, g_steal_pointer(&set));
    draft->one->extra = before->one->extra + (cJSON_IsNumber(cost) ? cost->valuedouble : 0);
    draft->has_price = before->has_price || cJSON_IsNumber(cost);
    return draft;
}

/* All values of all pointers, crossed. */
static void cross_values(const IntentText *text, GPtrArray *drafts, DiagList *diags)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)draft_free);
    const cJSON *axis;

    g_ptr_array_add(all, draft_new("", NULL));
    cJSON_ArrayForEach(axis, text->values)
    {
        GPtrArray *longer = g_ptr_array_new_with_free_func((GDestroyNotify)draft_free);
        const cJSON *item;

        if (!cJSON_IsArray(axis) || cJSON_GetArraySize(axis) == 0 || axis->string[0] != '/') {
            diag_add(diags, DIAG_ERROR, axis, DIAG_KEY,
                     "'values' names the values of JSON Pointers: { \"/pointer\": [1, 2] }");
        }
        for (guint i = 0; i < all->len && all->len <= INTENT_MOST; i++) {
            cJSON_ArrayForEach(item, axis)
            {
                g_ptr_array_add(longer, extend(g_ptr_array_index(all, i), axis->string, item));
            }
        }
        g_ptr_array_unref(all);
        all = longer;
    }
    for (guint i = 0; i < all->len && text->values != NULL; i++) {
        g_ptr_array_add(drafts, g_ptr_array_index(all, i));
    }
    g_ptr_array_set_free_func(all, text->values != NULL ? NULL : (GDestroyNotify)draft_free);
}

/* --- what contradicts itself -------------------------------------------------------------------
 */

static int compare_texts(gconstpointer one, gconstpointer other)
{
    return strcmp(*(const char *const *)one, *(const char *const *)other);
}

/* "/a=1" and "/a/b=2": the second would change what the first has replaced, or not, by order. */
static bool is_within(const char *inner, const char *outer)
{
    gsize length = strcspn(outer, "=");

    return strncmp(inner, outer, length) == 0 && (inner[length] == '/' || inner[length] == '=');
}

static void check_sets(const Draft *draft, DiagList *diags)
{
    for (guint i = 0; i < draft->sets->len; i++) {
        for (guint k = 0; k < draft->sets->len; k++) {
            const char *outer = g_ptr_array_index(draft->sets, i);
            const char *inner = g_ptr_array_index(draft->sets, k);
            bool is_same = strcspn(outer, "=") == strcspn(inner, "=");

            if (i != k && is_within(inner, outer) && (!is_same || i < k)) {
                diag_add(diags, DIAG_ERROR, draft->node, DIAG_VALUE,
                         "alternative '%s' contradicts itself: it sets '%.*s' and '%.*s'",
                         draft->one->name, (int)strcspn(outer, "="), outer,
                         (int)strcspn(inner, "="), inner);
            }
        }
    }
}

static void check_different(const GPtrArray *drafts, DiagList *diags)
{
    for (guint i = 0; i < drafts->len; i++) {
        const Draft *draft = g_ptr_array_index(drafts, i);

        for (guint k = 0; k < i; k++) {
            const Draft *before = g_ptr_array_index(drafts, k);

            if (strcmp(draft->one->name, before->one->name) == 0 ||
                g_strv_equal((const char *const *)draft->one->sets,
                             (const char *const *)before->one->sets)) {
                diag_add(diags, DIAG_ERROR, draft->node, DIAG_VALUE,
                         "alternatives '%s' and '%s' are the same", before->one->name,
                         draft->one->name);
            }
        }
    }
}

/* A machine of another size has another price, which only who wrote the intent knows. */
static void check_price(const Draft *draft, const Scenario *scenario, DiagList *diags)
{
    bool is_sized = false;
    bool is_priced = draft->has_price;

    for (guint i = 0; i < draft->sets->len; i++) {
        const char *set = g_ptr_array_index(draft->sets, i);

        is_sized |= g_str_has_prefix(set, "/system/sizes/");
        is_priced |= strstr(set, "monthly_cost") != NULL;
    }
    if (is_sized && !is_priced) {
        diag_add(diags, DIAG_ERROR, draft->node, DIAG_VALUE,
                 "alternative '%s' has no price: it changes a size of servers; set its "
                 "'monthly_cost' below /system/sizes, or give the alternative's own",
                 draft->one->name);
    }
    if (scenario->datacenters->len == 0 && draft->sets->len > 0 && !is_priced) {
        diag_add(diags, DIAG_ERROR, draft->node, DIAG_VALUE,
                 "alternative '%s' has no price: a scenario without sites knows none; give its "
                 "'monthly_cost'",
                 draft->one->name);
    }
}

static void check_lost(const Scenario *scenario, char *const *lost, const cJSON *node,
                       DiagList *diags)
{
    for (guint i = 0; lost != NULL && lost[i] != NULL; i++) {
        bool is_there = false;

        for (guint k = 0; k < scenario->datacenters->len; k++) {
            const DataCentre *dc = g_ptr_array_index(scenario->datacenters, k);

            is_there |= strcmp(dc->name, lost[i]) == 0;
        }
        if (!is_there) {
            diag_add(diags, DIAG_ERROR, node, DIAG_VALUE, "no site '%s' that could be lost",
                     lost[i]);
        }
    }
}

static void check_all(const GPtrArray *drafts, const Scenario *scenario, const IntentText *text,
                      const cJSON *root, DiagList *diags)
{
    for (guint i = 0; i < drafts->len; i++) {
        const Draft *draft = g_ptr_array_index(drafts, i);

        check_sets(draft, diags);
        check_price(draft, scenario, diags);
    }
    check_different(drafts, diags);
    check_lost(scenario, text->lost, json_member(root, "lost"), diags);
    if (drafts->len < 2 || drafts->len > INTENT_MOST) {
        diag_add(diags, DIAG_ERROR, root, DIAG_VALUE,
                 "a choice is among 2 to %d alternatives; here are %u", INTENT_MOST, drafts->len);
    }
    if (scenario->thresholds->len == 0 && text->find == FIND_CHEAPEST) {
        diag_add(diags, DIAG_ERROR, root, DIAG_VALUE,
                 "the cheapest one at which every threshold passes needs thresholds; the scenario "
                 "has none");
    }
}

/* --- reading --------------------------------------------------------------------------------- */

/* What all share, then the alternative's own changes; sorted for comparison. */
static bool close_drafts(const IntentText *text, const Scenario *scenario, const Rate *rate,
                         GPtrArray *drafts, DiagList *diags)
{
    g_auto(GStrv) turned = text->rate > 0 ? rate_sets(rate, text->rate) : NULL;
    g_auto(GStrv) gone = loss_sets(scenario, 0, text->lost);

    for (guint i = 0; i < drafts->len; i++) {
        Draft *draft = g_ptr_array_index(drafts, i);
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

        add_sets(draft, text->set, diags);
        g_ptr_array_sort(draft->sets, compare_texts);
        for (guint k = 0; turned != NULL && turned[k] != NULL; k++) {
            g_strv_builder_add(builder, turned[k]);
        }
        for (guint k = 0; k < draft->sets->len; k++) {
            g_strv_builder_add(builder, g_ptr_array_index(draft->sets, k));
        }
        for (guint k = 0; gone[k] != NULL; k++) {
            g_strv_builder_add(builder, gone[k]);
        }
        draft->one->sets = g_strv_builder_end(builder);
    }
    return diag_count_errors(diags) == 0;
}

static gint compare_costs(gconstpointer one, gconstpointer other)
{
    const Alternative *a = *(const Alternative *const *)one;
    const Alternative *b = *(const Alternative *const *)other;

    return a->monthly < b->monthly ? -1 : a->monthly > b->monthly ? 1 : strcmp(a->name, b->name);
}

/* Each must be a scenario; with what it costs a month. */
static bool price_all(const Study *study, const IntentOrder *order, Intent *intent, GError **error)
{
    for (guint i = 0; i < intent->alternatives->len; i++) {
        Alternative *one = g_ptr_array_index(intent->alternatives, i);
        g_autoptr(Scenario) scenario =
            study_read(study, order->path, (const char *const *)one->sets, error);

        if (scenario == NULL) {
            g_prefix_error(error, "%s: alternative '%s' is no scenario:\n", order->intent,
                           one->name);
            return false;
        }
        if (!outlook_monthly(scenario, order->prices, &one->monthly, error)) {
            return false;
        }
        one->monthly += one->extra;
    }
    g_ptr_array_sort(intent->alternatives, compare_costs);
    return true;
}

static bool check_cost(const Intent *intent, const IntentOrder *order, GError **error)
{
    const Alternative *cheapest = g_ptr_array_index(intent->alternatives, 0);

    if (cheapest->monthly <= intent->most_cost) {
        return true;
    }
    g_set_error(error, STUDY_ERROR, STUDY_ERROR_WRONG,
                "%s: the intent contradicts itself: 'most_cost' is %.2f, and the cheapest "
                "alternative, '%s', costs %.2f",
                order->intent, intent->most_cost, cheapest->name, cheapest->monthly);
    return false;
}

static Intent *intent_new(const IntentOrder *order, const IntentText *text,
                          const Scenario *scenario, GPtrArray *drafts)
{
    Intent *intent = g_new0(Intent, 1);

    intent->path = g_strdup(order->path);
    intent->intent = g_strdup(order->intent);
    intent->title = g_strdup(text->title != NULL ? text->title : "");
    intent->metric = g_strdup(text->metric);
    intent->seed = g_strdup(scenario->simulation.seed_text);
    intent->fresh_seed = g_strdup_printf("%" G_GUINT64_FORMAT, scenario->simulation.seed + 1);
    intent->is_cheapest = text->find == FIND_CHEAPEST;
    intent->most_cost = text->most_cost > 0 ? text->most_cost : (double)INFINITY;
    intent->rate = text->rate > 0 ? text->rate : (double)NAN;
    intent->confidence = scenario->confidence;
    intent->budget = order->budget;
    intent->lost = g_strdupv(text->lost);
    intent->winner = -1;
    intent->alternatives = g_ptr_array_new_with_free_func((GDestroyNotify)alternative_free);
    for (guint i = 0; i < drafts->len; i++) {
        Draft *draft = g_ptr_array_index(drafts, i);

        g_ptr_array_add(intent->alternatives, g_steal_pointer(&draft->one));
    }
    return intent;
}

/* All that can be told from the file and the scenario alone. */
static Intent *read_text(const IntentOrder *order, const Scenario *scenario, JsonDocument *document,
                         DiagList *diags, GError **error)
{
    g_autoptr(GPtrArray) drafts = g_ptr_array_new_with_free_func((GDestroyNotify)draft_free);
    IntentText text = {0};
    Intent *intent = NULL;

    field_defaults(intent_fields, &text);
    if (field_read(intent_fields, &text, document->root, diags)) {
        g_autoptr(Rate) rate = text.rate > 0 ? rate_find(scenario, order->rate, error) : NULL;

        read_list(&text, drafts, diags);
        cross_values(&text, drafts, diags);
        if (text.rate > 0 && rate == NULL) {
            field_clear(intent_fields, &text);
            return NULL;
        }
        if (close_drafts(&text, scenario, rate, drafts, diags)) {
            check_all(drafts, scenario, &text, document->root, diags);
        }
        if (diag_count_errors(diags) == 0) {
            intent = intent_new(order, &text, scenario, drafts);
        }
    }
    field_clear(intent_fields, &text);
    return intent;
}

Intent *intent_read(const Study *study, const IntentOrder *order, GError **error)
{
    g_autoptr(Scenario) scenario = study_read(study, order->path, NULL, error);
    g_autoptr(DiagList) unread = diag_list_new(NULL, NULL);
    g_autoptr(JsonDocument) document =
        scenario != NULL ? json_document_read(order->intent, unread) : NULL;
    g_autoptr(Intent) intent = NULL;

    if (scenario == NULL) {
        return NULL;
    }
    g_autoptr(DiagList) diags =
        document != NULL ? diag_list_new(json_document_find, document) : NULL;

    if (document != NULL) {
        intent = read_text(order, scenario, document, diags, error);
    }
    if (intent == NULL) {
        g_autofree char *text = diag_list_to_text(document != NULL ? diags : unread);

        if (error != NULL && *error == NULL) {
            g_set_error(error, STUDY_ERROR, STUDY_ERROR_INPUT, "%s", text);
        }
        return NULL;
    }
    return price_all(study, order, intent, error) && check_cost(intent, order, error)
               ? g_steal_pointer(&intent)
               : NULL;
}
