/* scenario_merge.c - see scenario_merge.h. */
#include "sim/scenario/scenario_merge.h"

#include "sim/config/json_merge.h"
#include "sim/config/json_sort.h"
#include "sim/scenario/scenario_vars.h"

typedef struct Merge {
    Origins *origins;
    DiagList *diags;
    GPtrArray *stack; /* char *: the files that are being read, outermost first */
    GPtrArray *given; /* char *: variables that the command line set */
} Merge;

/* --- paths and files ----------------------------------------------------------------------- */

char *scenario_merge_path(const char *file, const char *path)
{
    g_autofree char *folder =
        file == NULL || strcmp(file, "-") == 0 ? g_strdup(".") : g_path_get_dirname(file);
    g_autofree char *joined =
        g_path_is_absolute(path) ? g_strdup(path) : g_build_filename(folder, path, NULL);
    g_auto(GStrv) parts = g_strsplit(joined, "/", -1);
    g_autoptr(GPtrArray) kept = g_ptr_array_new();

    for (char **part = parts; *part != NULL; part++) {
        const char *last = kept->len > 0 ? kept->pdata[kept->len - 1] : NULL;

        if (strcmp(*part, ".") == 0 || (**part == '\0' && part != parts)) {
            continue;
        }
        if (strcmp(*part, "..") == 0 && last != NULL && *last != '\0' && strcmp(last, "..") != 0) {
            g_ptr_array_set_size(kept, (int)kept->len - 1);
        } else {
            g_ptr_array_add(kept, *part);
        }
    }
    g_ptr_array_add(kept, NULL);
    return g_strjoinv("/", (char **)kept->pdata);
}

/* "; did you mean 'x'?" out of the names in the folder of `path`. */
static char *suggest_file(const char *path)
{
    g_autofree char *folder = g_path_get_dirname(path);
    g_autofree char *name = g_path_get_basename(path);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    GDir *dir = g_dir_open(folder, 0, NULL);
    const char *entry;

    while (dir != NULL && (entry = g_dir_read_name(dir)) != NULL) {
        g_ptr_array_add(names, g_strdup(entry));
    }
    if (dir != NULL) {
        g_dir_close(dir);
    }
    g_ptr_array_sort(names, (GCompareFunc)(void (*)(void))g_strcmp0);
    g_ptr_array_add(names, NULL);
    return diag_suggest(name, (const char *const *)names->pdata);
}

static JsonDocument *read_standard_input(DiagList *diags)
{
    g_autoptr(GString) text = g_string_new(NULL);
    char buffer[4096];
    size_t size;

    while ((size = fread(buffer, 1, sizeof buffer, stdin)) > 0) {
        g_string_append_len(text, buffer, (gssize)size);
    }
    return json_document_parse("-", text->str, text->len, false, diags);
}

/* Reads `path`; `user` is the node that names it, or NULL. The document belongs to the origins. */
static JsonDocument *read_document(Merge *merge, const char *path, const cJSON *user)
{
    JsonDocument *document;

    if (strcmp(path, "-") == 0 && user == NULL) {
        document = read_standard_input(merge->diags);
    } else {
        if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
            g_autofree char *hint = suggest_file(path);

            if (user != NULL) {
                diag_add(merge->diags, DIAG_ERROR, user, DIAG_VALUE, "no file '%s'%s", path, hint);
            } else {
                diag_add_at(merge->diags, DIAG_ERROR, (DiagPlace){.file = g_intern_string(path)},
                            "no such file%s", hint);
            }
            return NULL;
        }
        if (user != NULL && !g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
            diag_add(merge->diags, DIAG_ERROR, user, DIAG_VALUE, "'%s' is no file", path);
            return NULL;
        }
        document = json_document_read(path, merge->diags);
    }
    if (document != NULL) {
        origins_add_document(merge->origins, document);
    }
    return document;
}

/* --- extends and patch --------------------------------------------------------------------- */

static cJSON *merge_file(Merge *merge, const char *path, const cJSON *user);

static bool is_on_stack(const Merge *merge, const char *path)
{
    for (guint i = 0; i < merge->stack->len; i++) {
        if (strcmp(merge->stack->pdata[i], path) == 0) {
            return true;
        }
    }
    return false;
}

static void report_circle(Merge *merge, const char *path, const cJSON *user)
{
    g_autoptr(GString) round = g_string_new(NULL);
    bool is_in = false;

    for (guint i = 0; i < merge->stack->len; i++) {
        is_in = is_in || strcmp(merge->stack->pdata[i], path) == 0;
        if (is_in) {
            g_string_append_printf(round, "'%s' -> ", (const char *)merge->stack->pdata[i]);
        }
    }
    diag_add(merge->diags, DIAG_ERROR, user, DIAG_VALUE, "'extends' goes in a circle: %s'%s'",
             round->str, path);
}

static cJSON *merge_tree(Merge *merge, cJSON *target, const cJSON *tree)
{
    return json_merge(target, tree, origins_copied, merge->origins);
}

static cJSON *merge_extends(Merge *merge, const JsonDocument *document)
{
    const cJSON *extends = json_member(document->root, "extends");
    cJSON *target = cJSON_CreateObject();

    origins_copied(merge->origins, document->root, target);
    if (extends != NULL && !cJSON_IsArray(extends)) {
        diag_add(merge->diags, DIAG_ERROR, extends, DIAG_VALUE,
                 "'extends' must be a list of files, like [\"base.json\"]");
        return target;
    }
    for (const cJSON *each = extends == NULL ? NULL : extends->child; each != NULL;
         each = each->next) {
        if (!cJSON_IsString(each)) {
            diag_add(merge->diags, DIAG_ERROR, each, DIAG_VALUE,
                     "'extends' must be a list of files, like [\"base.json\"]");
            continue;
        }
        g_autofree char *base_path = scenario_merge_path(document->file, each->valuestring);
        cJSON *base = merge_file(merge, base_path, each);

        if (base != NULL) {
            target = merge_tree(merge, target, base);
            origins_forget(merge->origins, base);
            cJSON_Delete(base);
        }
    }
    return target;
}

static void drop_member(Merge *merge, cJSON *object, const char *name)
{
    cJSON *member = json_member(object, name);

    if (member != NULL) {
        origins_forget(merge->origins, member);
        cJSON_Delete(cJSON_DetachItemViaPointer(object, member));
    }
}

/* The file that is run is checked when it is read; what it builds on must have the same format. */
static void check_version(Merge *merge, const JsonDocument *document)
{
    const cJSON *version = json_member(document->root, "version");

    if (merge->stack->len > 1 && cJSON_IsString(version) &&
        strcmp(version->valuestring, SCENARIO_VERSION) != 0) {
        diag_add(merge->diags, DIAG_ERROR, version, DIAG_VALUE,
                 "format '%s' is unknown; this program reads format \"" SCENARIO_VERSION "\"",
                 version->valuestring);
    }
}

static cJSON *merge_document(Merge *merge, const JsonDocument *document)
{
    const cJSON *patch = json_member(document->root, "patch");
    cJSON *target;

    if (!cJSON_IsObject(document->root)) {
        diag_add(merge->diags, DIAG_ERROR, document->root, DIAG_VALUE,
                 "a scenario must be an object");
        return NULL;
    }
    check_version(merge, document);
    target = merge_extends(merge, document);
    target = merge_tree(merge, target, document->root);
    drop_member(merge, target, "extends");
    drop_member(merge, target, "patch");
    if (patch != NULL) {
        json_patch(&target, patch, origins_copied, merge->origins, merge->diags);
        if (!cJSON_IsObject(target)) {
            diag_add(merge->diags, DIAG_ERROR, patch, DIAG_KEY, "'patch' leaves no object behind");
            origins_forget(merge->origins, target);
            cJSON_Delete(target);
            target = NULL;
        }
    }
    return target;
}

static cJSON *merge_file(Merge *merge, const char *path, const cJSON *user)
{
    JsonDocument *document;
    cJSON *tree = NULL;

    if (is_on_stack(merge, path)) {
        report_circle(merge, path, user);
        return NULL;
    }
    if (merge->stack->len > MERGE_DEPTH) {
        diag_add(merge->diags, DIAG_ERROR, user, DIAG_VALUE, "'extends' is deeper than %d files",
                 MERGE_DEPTH);
        return NULL;
    }
    document = read_document(merge, path, user);
    if (document != NULL) {
        g_ptr_array_add(merge->stack, (void *)path);
        tree = merge_document(merge, document);
        g_ptr_array_set_size(merge->stack, (int)merge->stack->len - 1);
    }
    return tree;
}

/* --- the command line ---------------------------------------------------------------------- */

static void report_flag(Merge *merge, const char *flag, const char *why)
{
    diag_add_at(merge->diags, DIAG_ERROR, (DiagPlace){.file = g_intern_string(flag)}, "%s", why);
}

/* As strict as a file: what is no JSON is a text, but not what begins as one in quotes. */
static cJSON *value_of(Merge *merge, const char *text, const char *flag)
{
    g_autoptr(DiagList) unheard = diag_list_new(NULL, NULL);
    g_autoptr(JsonDocument) document = json_document_parse("", text, strlen(text), false, unheard);

    if (document == NULL && text[0] == '"') {
        report_flag(merge, flag, "the text in double quotes is no JSON");
    }
    return document != NULL ? json_copy(document->root, NULL, NULL) : cJSON_CreateString(text);
}

/* Puts `value` (taken) at `pointer`, said by `flag`. */
static void set_value(Merge *merge, cJSON **root, const char *pointer, cJSON *value,
                      const char *flag)
{
    g_autoptr(GError) error = NULL;

    origins_label(merge->origins, value, flag);
    if (!json_pointer_set(root, pointer, value, origins_copied, merge->origins, &error)) {
        report_flag(merge, flag, error->message);
    }
    origins_forget(merge->origins, value);
    cJSON_Delete(value);
}

static char *variable_pointer(const char *name)
{
    g_auto(GStrv) tildes = g_strsplit(name, "~", -1);
    g_autofree char *safe = g_strjoinv("~0", tildes);
    g_auto(GStrv) slashes = g_strsplit(safe, "/", -1);
    g_autofree char *safer = g_strjoinv("~1", slashes);

    return g_strconcat("/configuration/", safer, NULL);
}

static void apply_var_file(Merge *merge, cJSON *root, const char *path)
{
    JsonDocument *document = read_document(merge, path, NULL);
    cJSON *holder;

    if (document == NULL) {
        return;
    }
    if (!cJSON_IsObject(document->root)) {
        diag_add(merge->diags, DIAG_ERROR, document->root, DIAG_VALUE,
                 "a file of variables must be an object, like {\"peak_rate\": 2750}");
        return;
    }
    holder = json_member(root, "configuration");
    if (holder == NULL) {
        holder = cJSON_AddObjectToObject(root, "configuration");
        origins_inherit_one(merge->origins, holder, document->root);
    }
    if (cJSON_IsObject(holder)) {
        merge_tree(merge, holder, document->root);
    }
}

static void apply_var(Merge *merge, cJSON **root, const char *text)
{
    g_autofree char *flag = g_strconcat("--var ", text, NULL);
    const char *equals = strchr(text, '=');

    if (equals == NULL || equals == text) {
        report_flag(merge, flag, "a variable is set with NAME=VALUE, like peak_rate=2750");
        return;
    }
    g_autofree char *name = g_strndup(text, (size_t)(equals - text));
    g_autofree char *pointer = variable_pointer(name);

    g_ptr_array_add(merge->given, g_strdup(name));
    set_value(merge, root, pointer, value_of(merge, equals + 1, flag), flag);
}

/* A pointer into "configuration" sets a variable, which somebody has to use. */
static void note_variable(Merge *merge, const char *pointer)
{
    static const char holder[] = "/configuration/";
    g_auto(GStrv) keys = g_strsplit(pointer, "/", 4); /* "", "configuration", the name, below it */

    if (g_str_has_prefix(pointer, holder)) {
        g_auto(GStrv) slashes = g_strsplit(keys[2], "~1", -1);
        g_autofree char *slashed = g_strjoinv("/", slashes);
        g_auto(GStrv) tildes = g_strsplit(slashed, "~0", -1);

        g_ptr_array_add(merge->given, g_strjoinv("~", tildes));
    }
}

/* null deletes, as it does when files are merged. */
static void remove_value(Merge *merge, cJSON **root, const char *pointer, const char *flag)
{
    cJSON *operations = cJSON_CreateArray();
    cJSON *operation = cJSON_CreateObject();

    cJSON_AddStringToObject(operation, "op", "remove");
    cJSON_AddStringToObject(operation, "path", pointer);
    cJSON_AddItemToArray(operations, operation);
    origins_label(merge->origins, operations, flag);
    json_patch(root, operations, origins_copied, merge->origins, merge->diags);
    origins_forget(merge->origins, operations);
    cJSON_Delete(operations);
}

static void apply_set(Merge *merge, cJSON **root, const char *text)
{
    g_autofree char *flag = g_strconcat("--set ", text, NULL);
    const char *equals = strchr(text, '=');

    if (equals == NULL || text[0] != '/') {
        report_flag(merge, flag, "a value is set with /POINTER=VALUE, like /load/users/rate=3000");
        return;
    }
    g_autofree char *pointer = g_strndup(text, (size_t)(equals - text));

    if (strcmp(equals + 1, "null") == 0) {
        remove_value(merge, root, pointer, flag);
    } else {
        note_variable(merge, pointer);
        set_value(merge, root, pointer, value_of(merge, equals + 1, flag), flag);
    }
}

static void apply_changes(Merge *merge, cJSON **root, const ScenarioChanges *changes)
{
    for (guint i = 0; changes->var_files != NULL && changes->var_files[i] != NULL; i++) {
        apply_var_file(merge, *root, changes->var_files[i]);
    }
    for (guint i = 0; changes->vars != NULL && changes->vars[i] != NULL; i++) {
        apply_var(merge, root, changes->vars[i]);
    }
    for (guint i = 0; changes->sets != NULL && changes->sets[i] != NULL; i++) {
        apply_set(merge, root, changes->sets[i]);
    }
    if (changes->seed != NULL) {
        set_value(merge, root, "/simulation/seed", cJSON_CreateString(changes->seed), "--seed");
    }
    if (changes->replications > 0) {
        set_value(merge, root, "/simulation/replications",
                  cJSON_CreateNumber((double)changes->replications), "--replications");
    }
}

/* Components are made, and so events of one instant ordered, as their names stand in these objects.
 * All else is looked up by name, or shown in the order of the file. */
static void sort_names(cJSON *root)
{
    cJSON *must = json_member(root, "must-happen");
    cJSON *event;

    json_sort_members(json_member(root, "system"));
    json_sort_members(json_member(root, "load"));
    cJSON_ArrayForEach(event, must)
    {
        json_sort_members(json_member(event, "where"));
    }
}

cJSON *scenario_merge(const char *path, const ScenarioChanges *changes, Origins *origins,
                      DiagList *diags)
{
    Merge merge = {.origins = origins, .diags = diags};
    g_autofree char *clean =
        strcmp(path, "-") == 0 ? g_strdup(path) : scenario_merge_path(NULL, path);
    cJSON *root;

    merge.stack = g_ptr_array_new();
    merge.given = g_ptr_array_new_with_free_func(g_free);
    root = merge_file(&merge, clean, NULL);
    if (root != NULL) {
        if (changes != NULL) {
            apply_changes(&merge, &root, changes);
        }
        scenario_vars_apply(root, merge.given, changes != NULL ? changes->remembered : NULL,
                            origins, diags);
        sort_names(root);
    }
    g_ptr_array_free(merge.given, true);
    g_ptr_array_free(merge.stack, true);
    return root;
}
