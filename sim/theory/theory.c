/* theory.c - see theory.h. */
#include "sim/theory/theory.h"

#include <math.h>
#include <string.h>

#include "sim/config/field_export.h"
#include "sim/config/json_place.h"
#include "sim/config/unit.h"
#include "sim/theory/theory_case.h"

#define AGREEMENT 1e-6
#define NUMBERS_MOST 64

const TheoryFamily *const theory_families[] = {
    &mm1_family,
    &mmc_family,
    &mmck_family,
    &mg1_family,
    &ps_family,
    &gm1_family,
    &jackson_family,
    &mva_family,
    &closed_multiserver_family,
    &kth_of_n_family,
    &quorum_mix_family,
    &each_quorum_family,
    &fork_join_2_family,
    &availability_family,
    &dns_failover_family,
    &dns_checkers_family,
    &dns_on_demand_family,
    &dns_caches_family,
    &breakdown_family,
    &vacation_family,
    &retrial_family,
    &impatience_exp_family,
    &timeout_fixed_family,
    &balking_family,
    &retry_amplification_family,
    &machine_repair_family,
    &balancer_2_family,
    &balancer_rr_family,
    &supermarket_family,
    &power_of_d_finite_family,
    &priority_np_family,
    &mmpp2_m1_family,
    &bulk_geometric_family,
    &hedge_exp_family,
    &fan_out_family,
    &rare_event_family,
    &error_budget_family,
    &headroom_family,
    &exhaustion_family,
    &slo_capacity_family,
    NULL,
};

/* --- families by name ----------------------------------------------------------------------- */

const TheoryFamily *theory_find(const char *name)
{
    for (guint i = 0; theory_families[i] != NULL; i++) {
        if (strcmp(theory_families[i]->name, name) == 0) {
            return theory_families[i];
        }
    }
    return NULL;
}

char *theory_suggest(const char *name)
{
    const char *names[G_N_ELEMENTS(theory_families)] = {NULL};

    for (guint i = 0; theory_families[i] != NULL; i++) {
        names[i] = theory_families[i]->name;
    }
    return diag_suggest(name, names);
}

/* --- what solvers use ----------------------------------------------------------------------- */

void theory_add(TheoryCase *theory, double value, const char *format, ...)
{
    TheoryValue figure = {.value = value};
    va_list arguments;

    va_start(arguments, format);
    g_vsnprintf(figure.name, sizeof figure.name, format, arguments);
    va_end(arguments);
    if (isfinite(value)) {
        g_array_append_val(theory->answer, figure);
    } else {
        theory_refuse(theory, NULL, "'%s' has no finite value for these parameters", figure.name);
    }
}

void theory_refuse(TheoryCase *theory, const char *name, const char *format, ...)
{
    const cJSON *node = name != NULL ? json_member(theory->tree, name) : NULL;
    g_autofree char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    diag_add(theory->diags, DIAG_ERROR, node != NULL ? node : theory->tree, DIAG_KEY, "%s", text);
}

bool theory_is_stable(TheoryCase *theory, double load, const char *what)
{
    if (load < 1) {
        return true;
    }
    theory_refuse(theory, NULL,
                  "unstable: %s is offered %.6g times what it can serve and grows without end; the "
                  "load must be below 1",
                  what, load);
    return false;
}

bool theory_agrees(TheoryCase *theory, const char *name, double given, double value)
{
    if (given == 0 || fabs(given - value) <= AGREEMENT * fabs(value)) {
        return true;
    }
    theory_refuse(theory, name, "'%s' is %.10g, but from the other parameters it is %.10g", name,
                  given, value);
    return false;
}

double *theory_numbers(TheoryCase *theory, const char *name, const cJSON *array, guint *count,
                       double lowest, double highest)
{
    guint size = cJSON_IsArray(array) ? (guint)cJSON_GetArraySize(array) : 0;
    g_autofree double *numbers = g_new0(double, MAX(size, 1));
    const cJSON *item = size > 0 ? array->child : NULL;

    if (*count > 0 && size != *count) {
        theory_refuse(theory, name, "'%s' must be an array of %u numbers", name, *count);
        return NULL;
    }
    if (size == 0 || size > NUMBERS_MOST) {
        theory_refuse(theory, name, "'%s' must be an array of 1 to %d numbers, like [1, 2]", name,
                      NUMBERS_MOST);
        return NULL;
    }
    for (guint i = 0; i < size; i++, item = item->next) {
        if (!cJSON_IsNumber(item) || !(item->valuedouble >= lowest) ||
            !(item->valuedouble <= highest)) {
            theory_refuse(theory, name, "item %u of '%s' must be a number from %g to %g", i, name,
                          lowest, highest);
            return NULL;
        }
        numbers[i] = item->valuedouble;
    }
    *count = size;
    return g_steal_pointer(&numbers);
}

/* --- asking --------------------------------------------------------------------------------- */

GArray *theory_solve(const TheoryFamily *family, const cJSON *params, DiagList *diags)
{
    g_autofree char *room = g_malloc0(family->size);
    g_autoptr(GArray) answer = g_array_new(false, true, sizeof(TheoryValue));
    TheoryCase theory = {.params = room, .tree = params, .answer = answer, .diags = diags};
    guint before = diag_count_errors(diags);

    if (!cJSON_IsObject(params)) {
        diag_add(diags, DIAG_ERROR, params, DIAG_VALUE,
                 "the parameters of '%s' must be an object, like {\"name\": value}", family->name);
        return NULL;
    }
    field_defaults(family->fields, room);
    if (field_read(family->fields, room, params, diags)) {
        family->solve(&theory);
    }
    field_clear(family->fields, room);
    return diag_count_errors(diags) == before ? g_steal_pointer(&answer) : NULL;
}

double theory_value(const GArray *answer, const char *name)
{
    for (guint i = 0; i < answer->len; i++) {
        const TheoryValue *figure = &g_array_index(answer, TheoryValue, i);

        if (strcmp(figure->name, name) == 0) {
            return figure->value;
        }
    }
    return NAN;
}

double theory_figure(const char *family, const char *figure, cJSON *params)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    const TheoryFamily *found = theory_find(family);
    g_autoptr(GArray) answer = NULL;

    g_assert_nonnull(found);
    answer = theory_solve(found, params, diags);
    cJSON_Delete(params);
    return answer != NULL ? theory_value(answer, figure) : NAN;
}

/* --- to and from text ----------------------------------------------------------------------- */

/* JSON when it is, else text: 'dist=det' needs no quotes. */
static cJSON *value_of(const char *text)
{
    g_autoptr(DiagList) unheard = diag_list_new(NULL, NULL);
    g_autoptr(JsonDocument) document = json_document_parse("", text, strlen(text), false, unheard);

    return document != NULL ? g_steal_pointer(&document->root) : cJSON_CreateString(text);
}

cJSON *theory_params(const char *const *words, DiagList *diags)
{
    cJSON *params = cJSON_CreateObject();

    for (guint i = 0; words[i] != NULL; i++) {
        const char *equals = strchr(words[i], '=');
        g_autofree char *name =
            equals != NULL ? g_strndup(words[i], (gsize)(equals - words[i])) : NULL;

        if (name == NULL || *name == '\0' || equals[1] == '\0') {
            diag_add(diags, DIAG_ERROR, NULL, DIAG_KEY, "'%s' is not name=value, like lam=0.8",
                     words[i]);
        } else if (json_member(params, name) != NULL) {
            diag_add(diags, DIAG_ERROR, NULL, DIAG_KEY, "'%s' is given twice", name);
        } else {
            cJSON_AddItemToObject(params, name, value_of(equals + 1));
        }
    }
    return params;
}

char *theory_print(const GArray *answer)
{
    GString *text = g_string_new("{");

    for (guint i = 0; i < answer->len; i++) {
        const TheoryValue *figure = &g_array_index(answer, TheoryValue, i);
        g_autofree char *number = unit_print_number(figure->value);

        g_string_append_printf(text, "%s\n  \"%s\": %s", i == 0 ? "" : ",", figure->name, number);
    }
    return g_string_free(g_string_append(text, "\n}\n"), false);
}

static void explain_field(GString *text, const Field *field)
{
    g_string_append_printf(text, "  %-18s %s", field->name, field->help);
    if (field->type == FIELD_TYPE_CHOICE) {
        const char *const *words = field->more;
        g_autofree char *list = g_strjoinv(", ", (char **)words);

        g_string_append_printf(text, ": %s", list);
    } else if (field->lowest != NULL || field->highest != NULL) {
        g_string_append_printf(text, " (%s to %s)", field->lowest != NULL ? field->lowest : "-",
                               field->highest != NULL ? field->highest : "-");
    }
    if (field->initial != NULL) {
        g_string_append_printf(text, "; %s when left out", field->initial);
    } else if ((field->flags & FIELD_REQUIRED) == 0) {
        g_string_append(text, "; may be left out");
    }
    g_string_append_c(text, '\n');
}

char *theory_explain(const TheoryFamily *family)
{
    GString *text = g_string_new(NULL);

    g_string_append_printf(text, "%s (theory)\n  %s\n\nExample:\n  dcdrill theory %s %s\n\n",
                           family->name, family->help, family->name, family->example);
    g_string_append(text, "Parameters (times and rates in one unit of your choice):\n");
    for (const Field *field = family->fields; field->name != NULL; field++) {
        explain_field(text, field);
    }
    g_string_append_printf(text, "\nComputed by: %s\nAssumes: %s\nSource: %s\n", family->formula,
                           family->assumes, family->source);
    return g_string_free(text, false);
}
