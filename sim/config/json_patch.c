/* json_patch.c - RFC 6902 operations and the setting of one value, on cJSON trees in place. */
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "sim/config/json_merge.h"
#include "sim/config/json_place.h"

/* What a change acts on, and where new nodes are told. */
typedef struct JsonTarget {
    cJSON **root;
    JsonCopied *copied;
    void *context;
} JsonTarget;

/* A place in the tree: the container and the last step into it; `node` is what stands there. The
 * root has no parent. */
typedef struct JsonSpot {
    cJSON *parent, *node;
    const char *step;
} JsonSpot;

G_GNUC_PRINTF(2, 3) static bool fail(GError **error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_propagate_error(error,
                      g_error_new_valist(g_quark_from_static_string("json"), 1, format, arguments));
    va_end(arguments);
    return false;
}

static bool fail_no_container(const JsonSpot *spot, GError **error)
{
    return spot->step == NULL ? fail(error, "the document is no object and no array")
                              : fail(error, "'%s' is no object and no array", spot->step);
}

/* Finds the container of the last step. False when a step before it leads nowhere. */
static bool find_spot(cJSON *root, char **steps, JsonSpot *spot, GError **error)
{
    *spot = (JsonSpot){.node = root};
    for (; *steps != NULL; steps++) {
        if (spot->node == NULL) {
            return fail(error, "there is no '%s' on the way", spot->step);
        }
        if (!cJSON_IsObject(spot->node) && !cJSON_IsArray(spot->node)) {
            return fail_no_container(spot, error);
        }
        spot->parent = spot->node;
        spot->step = *steps;
        spot->node = json_pointer_step(spot->parent, *steps);
    }
    return true;
}

/* The index that `step` names for a new item: 0 .. size, "-" is size; or -1. */
static int insert_index(const cJSON *array, const char *step)
{
    int size = cJSON_GetArraySize(array);
    size_t digits = strspn(step, "0123456789");
    long index;

    if (strcmp(step, "-") == 0) {
        return size;
    }
    if (digits == 0 || digits > 9 || step[digits] != '\0' || (*step == '0' && digits > 1)) {
        return -1;
    }
    index = strtol(step, NULL, 10);
    return index <= size ? (int)index : -1;
}

/* Puts `node` (taken) before `sibling`, one of `parent`'s; after all when it is NULL. cJSON's own
 * insertion, in the version that Debian 12 ships, refuses every place but the first. */
static void insert_before(cJSON *parent, cJSON *sibling, cJSON *node)
{
    if (sibling == NULL) {
        cJSON_AddItemToArray(parent, node);
        return;
    }
    /* The first one's `prev` is the last one, which stays so. */
    node->next = sibling;
    node->prev = sibling->prev;
    if (parent->child == sibling) {
        parent->child = node;
    } else {
        sibling->prev->next = node;
    }
    sibling->prev = node;
}

/* Gives the node the key of its new place. */
static void set_key(cJSON *node, const char *key)
{
    cJSON_free(node->string);
    node->string = NULL;
    if (key != NULL) {
        node->string = cJSON_malloc(strlen(key) + 1);
        memcpy(node->string, key, strlen(key) + 1);
    }
}

/* Puts `node` (taken) in the place of the one that stands there. */
static void replace_at(cJSON **root, const JsonSpot *spot, cJSON *node)
{
    if (spot->parent == NULL) {
        cJSON_Delete(*root);
        set_key(node, NULL);
        *root = node;
        return;
    }
    set_key(node, cJSON_IsObject(spot->parent) ? spot->step : NULL);
    cJSON_ReplaceItemViaPointer(spot->parent, spot->node, node);
}

/* Whether something can be added at the spot. */
static bool can_add(const JsonSpot *spot, GError **error)
{
    if (spot->parent != NULL && cJSON_IsArray(spot->parent) &&
        insert_index(spot->parent, spot->step) < 0) {
        return fail(error, "'%s' is no index of this array of %d", spot->step,
                    cJSON_GetArraySize(spot->parent));
    }
    return true;
}

/* Adds `node` (taken); can_add said yes. An item moves the later ones up, a member is replaced. */
static void add_at(cJSON **root, const JsonSpot *spot, cJSON *node)
{
    if (spot->parent == NULL || (cJSON_IsObject(spot->parent) && spot->node != NULL)) {
        replace_at(root, spot, node);
        return;
    }
    if (cJSON_IsObject(spot->parent)) {
        set_key(node, NULL);
        cJSON_AddItemToObject(spot->parent, spot->step, node);
        return;
    }
    set_key(node, NULL);
    insert_before(spot->parent,
                  cJSON_GetArrayItem(spot->parent, insert_index(spot->parent, spot->step)), node);
}

static cJSON *detach(const JsonSpot *spot)
{
    return cJSON_DetachItemViaPointer(spot->parent, spot->node);
}

/* The spot of a pointer that must lead to something. */
static bool find_node(cJSON *root, char **steps, JsonSpot *spot, GError **error)
{
    if (!find_spot(root, steps, spot, error)) {
        return false;
    }
    return spot->node != NULL || fail(error, "there is no '%s'", spot->step);
}

/* One operation, its members found. */
typedef struct JsonOperation {
    const char *name;
    char **path, **from;
    const cJSON *value;
} JsonOperation;

static bool apply_add(const JsonTarget *target, const JsonOperation *operation, GError **error)
{
    JsonSpot spot;

    if (!find_spot(*target->root, operation->path, &spot, error) || !can_add(&spot, error)) {
        return false;
    }
    add_at(target->root, &spot, json_copy(operation->value, target->copied, target->context));
    return true;
}

static bool apply_remove(const JsonTarget *target, const JsonOperation *operation, GError **error)
{
    JsonSpot spot;

    if (!find_node(*target->root, operation->path, &spot, error)) {
        return false;
    }
    if (spot.parent == NULL) {
        return fail(error, "the whole document cannot be removed");
    }
    cJSON_Delete(detach(&spot));
    return true;
}

static bool apply_replace(const JsonTarget *target, const JsonOperation *operation, GError **error)
{
    JsonSpot spot;

    if (!find_node(*target->root, operation->path, &spot, error)) {
        return false;
    }
    replace_at(target->root, &spot, json_copy(operation->value, target->copied, target->context));
    return true;
}

static bool is_prefix(char **prefix, char **steps)
{
    while (*prefix != NULL && *steps != NULL && strcmp(*prefix, *steps) == 0) {
        prefix++;
        steps++;
    }
    return *prefix == NULL;
}

static bool apply_move(const JsonTarget *target, const JsonOperation *operation, GError **error)
{
    JsonSpot from, to;
    cJSON *node, *after;

    if (!find_node(*target->root, operation->from, &from, error)) {
        return false;
    }
    if (is_prefix(operation->from, operation->path)) {
        return g_strv_length(operation->from) == g_strv_length(operation->path) ||
               fail(error, "cannot be moved into itself");
    }
    /* The target is looked up as it is once the node is gone; should it then fail, the node goes
     * back to where it stood. */
    after = from.node->next;
    node = detach(&from);
    if (!find_spot(*target->root, operation->path, &to, error) || !can_add(&to, error)) {
        insert_before(from.parent, after, node);
        return false;
    }
    add_at(target->root, &to, node);
    return true;
}

static bool apply_copy(const JsonTarget *target, const JsonOperation *operation, GError **error)
{
    JsonSpot from, to;

    if (!find_node(*target->root, operation->from, &from, error) ||
        !find_spot(*target->root, operation->path, &to, error) || !can_add(&to, error)) {
        return false;
    }
    add_at(target->root, &to, json_copy(from.node, target->copied, target->context));
    return true;
}

static bool apply_test(const JsonTarget *target, const JsonOperation *operation, GError **error)
{
    JsonSpot spot;
    g_autofree char *text = NULL;

    if (!find_node(*target->root, operation->path, &spot, error)) {
        return false;
    }
    if (!json_equal(spot.node, operation->value)) {
        text = cJSON_PrintUnformatted(spot.node);
        return fail(error, "the test does not hold, there stands %.80s", text);
    }
    return true;
}

typedef struct JsonOperationDef {
    const char *name;
    bool has_value, has_from;
    bool (*apply)(const JsonTarget *target, const JsonOperation *operation, GError **error);
} JsonOperationDef;

static const JsonOperationDef operation_defs[] = {
    {"add", true, false, apply_add},         {"remove", false, false, apply_remove},
    {"replace", true, false, apply_replace}, {"move", false, true, apply_move},
    {"copy", false, true, apply_copy},       {"test", true, false, apply_test},
};

/* The row that "op" names, or NULL when it was reported. */
static const JsonOperationDef *find_def(const cJSON *node, DiagList *diags)
{
    const cJSON *op = json_member(node, "op");
    const char *names[G_N_ELEMENTS(operation_defs) + 1] = {NULL};
    g_autofree char *suggestion = NULL;

    if (!cJSON_IsString(op)) {
        diag_add(diags, DIAG_ERROR, op == NULL ? node : op, DIAG_VALUE,
                 op == NULL ? "'op' is required" : "'op' must be a text, like \"replace\"");
        return NULL;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(operation_defs); i++) {
        names[i] = operation_defs[i].name;
        if (strcmp(names[i], op->valuestring) == 0) {
            return &operation_defs[i];
        }
    }
    suggestion = diag_suggest(op->valuestring, names);
    diag_add(diags, DIAG_ERROR, op, DIAG_VALUE,
             "'op' must be one of 'add', 'remove', 'replace', 'move', 'copy', 'test'%s",
             suggestion);
    return NULL;
}

/* The steps of member `name`, which must be a pointer; NULL when it was reported. */
static char **read_pointer(const cJSON *node, const char *name, DiagList *diags)
{
    const cJSON *member = json_member(node, name);
    char **steps = NULL;

    if (member == NULL) {
        diag_add(diags, DIAG_ERROR, node, DIAG_VALUE, "'%s' is required", name);
        return NULL;
    }
    if (cJSON_IsString(member)) {
        steps = json_pointer_split(member->valuestring);
    }
    if (steps == NULL) {
        diag_add(diags, DIAG_ERROR, member, DIAG_VALUE,
                 "'%s' must be a JSON pointer, like \"/load/users/rate\"", name);
    }
    return steps;
}

/* Members that mean nothing are mistakes, as everywhere in a scenario. */
static bool check_members(const cJSON *node, const JsonOperationDef *def, DiagList *diags)
{
    static const char *const known[] = {"op", "path", "value", "from", "$comment", NULL};
    const cJSON *member;
    bool is_right = true;

    cJSON_ArrayForEach(member, node)
    {
        bool is_known = g_strv_contains(known, member->string);

        if (is_known && ((strcmp(member->string, "value") == 0 && !def->has_value) ||
                         (strcmp(member->string, "from") == 0 && !def->has_from))) {
            diag_add(diags, DIAG_ERROR, member, DIAG_KEY, "'%s' takes no '%s'", def->name,
                     member->string);
            is_right = false;
        } else if (!is_known && !g_str_has_prefix(member->string, "x-")) {
            g_autofree char *suggestion = diag_suggest(member->string, known);

            diag_add(diags, DIAG_ERROR, member, DIAG_KEY, "unknown field '%s'%s", member->string,
                     suggestion);
            is_right = false;
        }
    }
    if (def->has_value && json_member(node, "value") == NULL) {
        diag_add(diags, DIAG_ERROR, node, DIAG_VALUE, "'value' is required");
        is_right = false;
    }
    return is_right;
}

static bool apply_operation(const JsonTarget *target, const cJSON *node, DiagList *diags)
{
    const JsonOperationDef *def;
    g_auto(GStrv) path = NULL, from = NULL;
    g_autoptr(GError) error = NULL;
    JsonOperation operation;
    const cJSON *blamed;
    bool is_right;

    if (!cJSON_IsObject(node)) {
        diag_add(diags, DIAG_ERROR, node, DIAG_VALUE, "an operation must be an object");
        return false;
    }
    def = find_def(node, diags);
    if (def == NULL) {
        return false;
    }
    is_right = check_members(node, def, diags);
    path = read_pointer(node, "path", diags);
    if (def->has_from) {
        from = read_pointer(node, "from", diags);
    }
    if (!is_right || path == NULL || (def->has_from && from == NULL)) {
        return false;
    }
    operation = (JsonOperation){def->name, path, from, json_member(node, "value")};
    if (def->apply(target, &operation, &error)) {
        return true;
    }
    blamed = json_member(node, "path");
    diag_add(diags, DIAG_ERROR, blamed, DIAG_VALUE, "'%s' of '%s': %s", def->name,
             blamed->valuestring, error->message);
    return false;
}

bool json_patch(cJSON **root, const cJSON *operations, JsonCopied *copied, void *context,
                DiagList *diags)
{
    JsonTarget target = {root, copied, context};
    const cJSON *operation;
    bool is_right = true;

    if (!cJSON_IsArray(operations)) {
        diag_add(diags, DIAG_ERROR, operations, DIAG_VALUE, "a patch must be an array");
        return false;
    }
    cJSON_ArrayForEach(operation, operations)
    {
        is_right &= apply_operation(&target, operation, diags);
    }
    return is_right;
}

/* Finds as many steps as there are; `rest` is the first that leads to nothing. */
static bool find_deepest(cJSON *root, char **steps, JsonSpot *spot, char ***rest, GError **error)
{
    *spot = (JsonSpot){.node = root};
    *rest = steps;
    while (**rest != NULL && spot->node != NULL) {
        if (!cJSON_IsObject(spot->node) && !cJSON_IsArray(spot->node)) {
            return fail_no_container(spot, error);
        }
        spot->parent = spot->node;
        spot->step = **rest;
        spot->node = json_pointer_step(spot->parent, spot->step);
        (*rest)++;
    }
    return spot->node != NULL || can_add(spot, error);
}

bool json_pointer_set(cJSON **root, const char *pointer, const cJSON *value, JsonCopied *copied,
                      void *context, GError **error)
{
    g_auto(GStrv) steps = json_pointer_split(pointer);
    JsonSpot spot;
    char **rest;
    cJSON *node;

    if (steps == NULL) {
        return fail(error, "'%s' is no JSON pointer, like \"/load/users/rate\"", pointer);
    }
    if (!find_deepest(*root, steps, &spot, &rest, error)) {
        return false;
    }
    node = json_copy(value, copied, context);
    /* Objects for the steps that lead nowhere yet, from the last one up. */
    for (char **step = steps + g_strv_length(steps); step > rest; step--) {
        cJSON *object = cJSON_CreateObject();

        set_key(node, NULL);
        cJSON_AddItemToObject(object, step[-1], node);
        if (copied != NULL) {
            copied(context, value, object);
        }
        node = object;
    }
    if (spot.node != NULL) {
        replace_at(root, &spot, node);
    } else {
        add_at(root, &spot, node);
    }
    return true;
}
