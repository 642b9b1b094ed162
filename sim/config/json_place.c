/* json_place.c - where a node stands: text and tree are walked side by side up to it. The text was
 * read without a mistake, so the walk needs no grammar beyond skipping. */
#include "sim/config/json_place.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

/* A walk through the text; `found` ends it. */
typedef struct JsonWalk {
    const char *at, *end;
    const cJSON *wanted;
    DiagSide side;
    const char *found;
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

/* At the begin of the text of `node`; moves behind it unless the wanted node was found. */
static void walk_node(JsonWalk *walk, const cJSON *node)
{
    const cJSON *child;

    if (node == walk->wanted) {
        walk->found = walk->at;
        return;
    }
    if (!cJSON_IsObject(node) && !cJSON_IsArray(node)) {
        skip_scalar(walk);
        return;
    }
    walk->at++;
    cJSON_ArrayForEach(child, node)
    {
        skip_between(walk, ',');
        if (cJSON_IsObject(node)) {
            if (child == walk->wanted && walk->side == DIAG_KEY) {
                walk->found = walk->at;
                return;
            }
            skip_string(walk);
            skip_between(walk, ':');
        }
        walk_node(walk, child);
        if (walk->found != NULL || walk->at >= walk->end) {
            return;
        }
    }
    skip_between(walk, ' ');
    walk->at++;
}

bool json_document_find(void *document, const cJSON *node, DiagSide side, DiagPlace *place)
{
    const JsonDocument *own = document;
    JsonWalk walk = {.at = own->text, .end = own->text + own->size, .wanted = node, .side = side};

    skip_between(&walk, ' ');
    walk_node(&walk, own->root);
    if (walk.found == NULL || walk.found >= walk.end) {
        return false;
    }
    *place = (DiagPlace){.file = own->file, .line = 1, .column = 1};
    for (const char *at = own->text; at < walk.found; at++) {
        if (*at == '\n') {
            place->line++;
            place->column = 1;
        } else if (((unsigned char)*at & 0xC0) != 0x80) {
            place->column++;
        }
    }
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
