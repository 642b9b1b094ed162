/* scenario_vars.c - see scenario_vars.h. */
#include "sim/scenario/scenario_vars.h"

#include <string.h>

#include "sim/config/json_merge.h"
#include "sim/config/json_place.h"
#include "sim/config/unit.h"

/* How many variables may stand inside each other. */
#define VARS_DEPTH 8
/* Limits that no honest file meets: a chain of variables can double what it says at each step. */
#define VARS_MOST_TEXT 65536
#define VARS_MOST_USES 100000

typedef struct Vars {
    const cJSON *table; /* "configuration", or NULL */
    GHashTable *used;   /* names; only looked up */
    Origins *origins;
    DiagList *diags;
    guint uses;
    const cJSON *remembered; /* of the environment, by name; or NULL */
} Vars;

/* --- the environment ----------------------------------------------------------------------- */

static bool is_env(const cJSON *value)
{
    const cJSON *type = json_member(value, "type");

    return cJSON_IsString(type) && strcmp(type->valuestring, "env") == 0;
}

static cJSON *number_from(const char *text, bool is_whole)
{
    char *end = NULL;
    double number = g_ascii_strtod(text, &end);

    if (end == text || *end != '\0' || number - number != 0 ||
        (is_whole && (number > 9007199254740992.0 || number < -9007199254740992.0 ||
                      number != (double)(int64_t)number))) {
        return NULL;
    }
    return cJSON_CreateNumber(number);
}

/* As strict as a file. */
static cJSON *json_from(const char *text)
{
    g_autoptr(DiagList) unheard = diag_list_new(NULL, NULL);
    g_autoptr(JsonDocument) document = json_document_parse("", text, strlen(text), false, unheard);

    return document != NULL ? g_steal_pointer(&document->root) : NULL;
}

/* The text as the wanted type, or NULL when it is not one. */
static cJSON *value_from(const char *text, const char *type)
{
    if (strcmp(type, "int") == 0) {
        return number_from(text, true);
    }
    if (strcmp(type, "float") == 0) {
        return number_from(text, false);
    }
    if (strcmp(type, "bool") == 0) {
        bool is_true = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;

        return is_true || strcmp(text, "false") == 0 || strcmp(text, "0") == 0
                   ? cJSON_CreateBool(is_true)
                   : NULL;
    }
    if (strcmp(type, "json") == 0) {
        return json_from(text);
    }
    return g_utf8_validate(text, -1, NULL) ? cJSON_CreateString(text) : NULL;
}

/* What an {"type": "env"} stands for, or NULL when that was reported. */
static cJSON *env_value(Vars *vars, const cJSON *value)
{
    static const char *const types[] = {"str", "int", "float", "bool", "json", NULL};
    static const char *const keys[] = {"type", "key", "default", "env_var_type", NULL};
    const cJSON *key = json_member(value, "key");
    const cJSON *type = json_member(value, "env_var_type");
    const cJSON *preset = json_member(value, "default");
    const char *type_text = cJSON_IsString(type) ? type->valuestring : "str";
    const char *text;
    cJSON *found;

    for (const cJSON *member = value->child; member != NULL; member = member->next) {
        if (!g_strv_contains(keys, member->string) && strcmp(member->string, "$comment") != 0) {
            g_autofree char *hint = diag_suggest(member->string, keys);

            diag_add(vars->diags, DIAG_ERROR, member, DIAG_KEY, "unknown field '%s'%s",
                     member->string, hint);
        }
    }
    if (!cJSON_IsString(key)) {
        diag_add(vars->diags, DIAG_ERROR, value, DIAG_KEY,
                 "'%s' needs 'key', the name of an environment variable", value->string);
        return NULL;
    }
    if (type != NULL && !g_strv_contains(types, type_text)) {
        diag_add(vars->diags, DIAG_ERROR, type, DIAG_VALUE,
                 "'env_var_type' must be one of str, int, float, bool, json");
        return NULL;
    }
    if (json_member(vars->remembered, value->string) != NULL) {
        found = cJSON_Duplicate(json_member(vars->remembered, value->string), true);
        origins_inherit_one(vars->origins, found, value);
        return found;
    }
    text = g_getenv(key->valuestring);
    if (text == NULL) {
        if (preset == NULL) {
            diag_add(vars->diags, DIAG_ERROR, key, DIAG_VALUE,
                     "the environment has no '%s', and '%s' has no 'default'", key->valuestring,
                     value->string);
            return NULL;
        }
        return json_copy(preset, origins_copied, vars->origins);
    }
    found = value_from(text, type_text);
    if (found == NULL) {
        diag_add(vars->diags, DIAG_ERROR, key, DIAG_VALUE,
                 "'%s' of the environment is not of type '%s': '%s'", key->valuestring, type_text,
                 text);
    } else {
        origins_inherit_one(vars->origins, found, value);
    }
    return found;
}

/* --- replacing ----------------------------------------------------------------------------- */

/* Puts `fresh` (taken) in place of `node` below `parent`; it keeps the key. */
static cJSON *replace_node(Vars *vars, cJSON *parent, cJSON *node, cJSON *fresh)
{
    if (fresh->string != NULL) {
        cJSON_free(fresh->string);
    }
    fresh->string = node->string;
    node->string = NULL;
    origins_forget(vars->origins, node);
    cJSON_ReplaceItemViaPointer(parent, node, fresh);
    return fresh;
}

static char **variable_names(const Vars *vars)
{
    GPtrArray *names = g_ptr_array_new();

    for (const cJSON *each = vars->table == NULL ? NULL : vars->table->child; each != NULL;
         each = each->next) {
        g_ptr_array_add(names, g_strdup(each->string));
    }
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, false);
}

/* The value called `name`, or NULL when `user` names what is not there (reported). */
static const cJSON *find_variable(Vars *vars, const char *name, const cJSON *user)
{
    const cJSON *value = json_member(vars->table, name);

    if (value == NULL) {
        g_auto(GStrv) names = variable_names(vars);
        g_autofree char *hint = diag_suggest(name, (const char *const *)names);

        diag_add(vars->diags, DIAG_ERROR, user, DIAG_VALUE, "no variable '%s' in 'configuration'%s",
                 name, hint);
    } else {
        g_hash_table_add(vars->used, (void *)value->string);
    }
    return value;
}

static bool is_name(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (!g_ascii_isalnum(text[i]) && text[i] != '_' && text[i] != '-' && text[i] != '.') {
            return false;
        }
    }
    return size > 0;
}

static bool append_scalar(Vars *vars, GString *out, const cJSON *value, const cJSON *user)
{
    if (cJSON_IsString(value)) {
        g_string_append(out, value->valuestring);
    } else if (cJSON_IsNumber(value)) {
        g_autofree char *number = unit_print_number(value->valuedouble);

        g_string_append(out, number);
    } else if (cJSON_IsBool(value)) {
        g_string_append(out, cJSON_IsTrue(value) ? "true" : "false");
    } else {
        diag_add(vars->diags, DIAG_ERROR, user, DIAG_VALUE,
                 "variable '%s' is neither text nor number: it can only stand alone, as \"${%s}\"",
                 value->string, value->string);
        return false;
    }
    return true;
}

/* The string `node` with variables put in (one level), or NULL when it has none or one is wrong. */
static cJSON *expand(Vars *vars, const cJSON *node)
{
    const char *text = node->valuestring;
    const char *begin = strstr(text, "${");
    g_autoptr(GString) out = g_string_new(NULL);

    if (begin == NULL) {
        return NULL;
    }
    while (begin != NULL) {
        const char *end = strchr(begin, '}');
        const cJSON *value;

        if (end == NULL || !is_name(begin + 2, (size_t)(end - begin - 2))) {
            diag_add(vars->diags, DIAG_ERROR, node, DIAG_VALUE,
                     "'${' must be followed by a name and '}', like \"${peak_rate}\"");
            return NULL;
        }
        g_autofree char *name = g_strndup(begin + 2, (size_t)(end - begin - 2));

        value = find_variable(vars, name, node);
        if (value != NULL && begin == node->valuestring && end[1] == '\0') {
            cJSON *copy = json_copy(value, NULL, NULL);

            origins_inherit_one(vars->origins, copy, node);
            return copy;
        }
        g_string_append_len(out, text, begin - text);
        if (value == NULL || !append_scalar(vars, out, value, node)) {
            return NULL;
        }
        if (out->len > VARS_MOST_TEXT) {
            diag_add(vars->diags, DIAG_ERROR, node, DIAG_VALUE,
                     "the text grows beyond %d bytes when its variables are put in",
                     VARS_MOST_TEXT);
            return NULL;
        }
        text = end + 1;
        begin = strstr(text, "${");
    }
    g_string_append(out, text);
    cJSON *made = cJSON_CreateString(out->str);

    origins_inherit_one(vars->origins, made, node);
    return made;
}

static bool is_untouched(const cJSON *node)
{
    const char *name = node->string;

    return name != NULL && (strcmp(name, "$comment") == 0 || g_str_has_prefix(name, "x-"));
}

static void expand_below(Vars *vars, cJSON *parent, int depth);

static void expand_node(Vars *vars, cJSON *parent, cJSON *node, int depth)
{
    while (cJSON_IsString(node)) {
        cJSON *fresh = expand(vars, node);

        if (fresh == NULL) {
            return;
        }
        if (++depth > VARS_DEPTH || ++vars->uses > VARS_MOST_USES) {
            diag_add(vars->diags, DIAG_ERROR, node, DIAG_VALUE,
                     "variables go in a circle, or deeper than %d", VARS_DEPTH);
            origins_forget(vars->origins, fresh);
            cJSON_Delete(fresh);
            return;
        }
        node = replace_node(vars, parent, node, fresh);
    }
    expand_below(vars, node, depth);
}

static void expand_below(Vars *vars, cJSON *parent, int depth)
{
    cJSON *next;

    for (cJSON *node = parent->child; node != NULL; node = next) {
        next = node->next;
        if (!is_untouched(node)) {
            expand_node(vars, parent, node, depth);
        }
    }
}

static void resolve_environment(Vars *vars, cJSON *table)
{
    cJSON *next;

    for (cJSON *node = table->child; node != NULL; node = next) {
        next = node->next;
        if (is_env(node)) {
            cJSON *value = env_value(vars, node);

            if (value != NULL) {
                replace_node(vars, table, node, value);
            }
        }
    }
}

static void report_unused(Vars *vars, const GPtrArray *given)
{
    for (guint i = 0; given != NULL && i < given->len; i++) {
        const cJSON *value = json_member(vars->table, given->pdata[i]);

        if (value != NULL && !g_hash_table_contains(vars->used, value->string)) {
            g_auto(GStrv) names = variable_names(vars);
            char **place = names;

            for (char **each = names; *each != NULL; each++) { /* all but itself */
                if (strcmp(*each, value->string) == 0) {
                    g_free(*each);
                } else {
                    *place++ = *each;
                }
            }
            *place = NULL;
            g_autofree char *hint = diag_suggest(value->string, (const char *const *)names);

            diag_add(vars->diags, DIAG_ERROR, value, DIAG_KEY, "nothing uses the variable '%s'%s",
                     value->string, hint);
        }
    }
}

void scenario_vars_apply(cJSON *root, const GPtrArray *given, const cJSON *remembered,
                         Origins *origins, DiagList *diags)
{
    cJSON *table = json_member(root, "configuration");
    Vars vars = {.remembered = remembered, .origins = origins, .diags = diags};
    cJSON *next;

    vars.used = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, NULL);
    if (cJSON_IsObject(table)) {
        vars.table = table;
        resolve_environment(&vars, table);
        expand_below(&vars, table, 0);
    }
    for (cJSON *node = root->child; node != NULL; node = next) {
        next = node->next;
        if (node != table && strcmp(node->string, "extensions") != 0 && !is_untouched(node)) {
            expand_node(&vars, root, node, 0);
        }
    }
    report_unused(&vars, given);
    g_hash_table_destroy(vars.used);
}
