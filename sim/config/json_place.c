/* json_place.c - where a node stands: text and tree are walked side by side, once. The text was
 * read without a mistake, so the walk needs no grammar beyond skipping. */
#include "sim/config/json_place.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

/* Where one node stands. */
typedef struct NodePlace {
    DiagPlace key, value;
} NodePlace;

/* A walk through the text; `here` is the place of `counted`. */
typedef struct JsonWalk {
    const char *at, *end, *counted;
    DiagPlace here;
    GHashTable *places; /* node -> NodePlace */
} JsonWalk;

static bool is_at(const JsonWalk *walk, char letter)
{
    return walk->at < walk->end && *walk->at == letter;
}

static void skip_comment(JsonWalk *walk)
{
    bool is_block = walk->at[1] == '*';
    size_t rest = (size_t)(walk->end - walk->at) - 2;
    const char *last =
        is_block ? memmem(walk->at + 2, rest, "*/", 2) : memchr(walk->at + 2, '\n', rest);

    walk->at = last == NULL ? walk->end : last + (is_block ? 2 : 0);
}

/* Space, comments, and the letter `also` that stands between values. */
static void skip_between(JsonWalk *walk, char also)
{
    while (walk->at < walk->end) {
        if (g_ascii_isspace(*walk->at) || *walk->at == also) {
            walk->at++;
        } else if (*walk->at == '/' && walk->end - walk->at >= 2) {
            skip_comment(walk);
        } else {
            return;
        }
    }
}

static void skip_string(JsonWalk *walk)
{
    walk->at++;
    while (walk->at < walk->end && *walk->at != '"') {
        walk->at += *walk->at == '\\' ? 2 : 1;
    }
    walk->at++;
}

static void skip_scalar(JsonWalk *walk)
{
    if (is_at(walk, '"')) {
        skip_string(walk);
        return;
    }
    while (walk->at < walk->end && strchr(",]}/ \t\r\n", *walk->at) == NULL) {
        walk->at++;
    }
}

static DiagPlace place_here(JsonWalk *walk)
{
    for (; walk->counted < walk->at; walk->counted++) {
        if (*walk->counted == '\n') {
            walk->here.line++;
            walk->here.column = 1;
        } else if (((unsigned char)*walk->counted & 0xC0) != 0x80) {
            walk->here.column++;
        }
    }
    return walk->here;
}

/* At the begin of the text of `node`, whose key stands at `key`, NULL without one; moves behind it.
 */
static void walk_node(JsonWalk *walk, const cJSON *node, const DiagPlace *key)
{
    const cJSON *child;
    NodePlace *place;

    if (walk->at >= walk->end) {
        return;
    }
    place = g_new(NodePlace, 1);
    place->value = place_here(walk);
    place->key = key != NULL ? *key : place->value;
    g_hash_table_insert(walk->places, (gpointer)node, place);
    if (!cJSON_IsObject(node) && !cJSON_IsArray(node)) {
        skip_scalar(walk);
        return;
    }
    walk->at++;
    cJSON_ArrayForEach(child, node)
    {
        skip_between(walk, ',');
        if (cJSON_IsObject(node)) {
            DiagPlace name = place_here(walk);

            skip_string(walk);
            skip_between(walk, ':');
            walk_node(walk, child, &name);
        } else {
            walk_node(walk, child, NULL);
        }
    }
    skip_between(walk, ' ');
    walk->at++;
}

static GHashTable *find_all(const JsonDocument *document)
{
    JsonWalk walk = {.at = document->text,
                     .end = document->text + document->size,
                     .counted = document->text,
                     .here = {.file = document->file, .line = 1, .column = 1},
                     .places = g_hash_table_new_full(NULL, NULL, NULL, g_free)};

    skip_between(&walk, ' ');
    walk_node(&walk, document->root, NULL);
    return walk.places;
}

bool json_document_find(void *document, const cJSON *node, DiagSide side, DiagPlace *place)
{
    JsonDocument *own = document;
    const NodePlace *found;

    if (own->places == NULL) {
        own->places = find_all(own);
    }
    found = g_hash_table_lookup(own->places, node);
    if (found == NULL) {
        return false;
    }
    *place = side == DIAG_KEY ? found->key : found->value;
    return true;
}

cJSON *json_member(const cJSON *object, const char *name)
{
    cJSON *member;

    if (!cJSON_IsObject(object)) {
        return NULL;
    }
    cJSON_ArrayForEach(member, object)
    {
        if (strcmp(member->string, name) == 0) {
            return member;
        }
    }
    return NULL;
}

/* "0", "17": RFC 6901 has no signs and no leading zeros. */
static cJSON *array_item(const cJSON *array, const char *index)
{
    size_t digits = strspn(index, "0123456789");

    if (digits == 0 || digits > 9 || index[digits] != '\0' || (*index == '0' && digits > 1)) {
        return NULL;
    }
    return cJSON_GetArrayItem(array, (int)strtol(index, NULL, 10));
}

/* "~1" is "/", "~0" is "~"; another "~" is wrong. In place. */
static bool unescape(char *step)
{
    char *to = step;

    for (const char *from = step; *from != '\0'; from++) {
        if (*from == '~') {
            from++;
            if (*from != '0' && *from != '1') {
                return false;
            }
            *to++ = *from == '0' ? '~' : '/';
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
    return true;
}

char **json_pointer_split(const char *pointer)
{
    g_auto(GStrv) steps = NULL;

    if (*pointer == '\0') {
        return g_new0(char *, 1);
    }
    if (*pointer != '/' || !g_utf8_validate(pointer, -1, NULL)) {
        return NULL;
    }
    steps = g_strsplit(pointer + 1, "/", -1);
    /* g_strsplit makes no item of an empty text, but "/" is the member "". */
    if (steps[0] == NULL) {
        g_strfreev(steps);
        steps = g_new0(char *, 2);
        steps[0] = g_strdup("");
    }
    for (char **step = steps; *step != NULL; step++) {
        if (!unescape(*step)) {
            return NULL;
        }
    }
    return g_steal_pointer(&steps);
}

cJSON *json_pointer_step(const cJSON *node, const char *step)
{
    return cJSON_IsArray(node) ? array_item(node, step) : json_member(node, step);
}

cJSON *json_pointer(cJSON *root, const char *pointer)
{
    g_auto(GStrv) steps = json_pointer_split(pointer);
    cJSON *node = steps == NULL ? NULL : root;

    for (char **step = steps; node != NULL && *step != NULL; step++) {
        node = json_pointer_step(node, *step);
    }
    return node;
}

static void append_step(GString *pointer, const char *step)
{
    g_string_append_c(pointer, '/');
    for (; *step != '\0'; step++) {
        if (*step == '~' || *step == '/') {
            g_string_append(pointer, *step == '~' ? "~0" : "~1");
        } else {
            g_string_append_c(pointer, *step);
        }
    }
}

/* Adds the steps from `at` to `node`; false, and `pointer` as it was, when it is not below. */
static bool append_steps(GString *pointer, const cJSON *at, const cJSON *node)
{
    gsize length = pointer->len;
    guint index = 0;

    if (at == node) {
        return true;
    }
    for (const cJSON *child = at->child; child != NULL; child = child->next, index++) {
        g_autofree char *number = cJSON_IsArray(at) ? g_strdup_printf("%u", index) : NULL;

        append_step(pointer, number != NULL ? number : child->string);
        if (append_steps(pointer, child, node)) {
            return true;
        }
        g_string_truncate(pointer, length);
    }
    return false;
}

char *json_pointer_to(const cJSON *root, const cJSON *node)
{
    GString *pointer = g_string_new(NULL);

    return g_string_free(pointer, !append_steps(pointer, root, node));
}
