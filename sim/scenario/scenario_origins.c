/* scenario_origins.c - see scenario_origins.h. */
#include "sim/scenario/scenario_origins.h"

typedef struct Origin {
    JsonDocument *document; /* NULL: a flag */
    const cJSON *source;    /* the node of the document */
    const char *label;      /* the flag, interned */
} Origin;

struct Origins {
    GPtrArray *documents; /* JsonDocument, owned */
    GHashTable *of_node;  /* const cJSON * -> Origin *; only looked up, never walked */
    GStringChunk *pointers;
};

static void document_delete(void *document)
{
    json_document_free(document);
}

Origins *origins_new(void)
{
    Origins *origins = g_new0(Origins, 1);

    origins->documents = g_ptr_array_new_with_free_func(document_delete);
    origins->of_node = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    origins->pointers = g_string_chunk_new(256);
    return origins;
}

void origins_free(Origins *origins)
{
    if (origins == NULL) {
        return;
    }
    g_hash_table_destroy(origins->of_node);
    g_string_chunk_free(origins->pointers);
    g_ptr_array_free(origins->documents, true);
    g_free(origins);
}

static void origins_set(Origins *origins, const cJSON *node, Origin origin)
{
    g_hash_table_insert(origins->of_node, (void *)node, g_memdup2(&origin, sizeof origin));
}

static const Origin *origins_get(const Origins *origins, const cJSON *node)
{
    return g_hash_table_lookup(origins->of_node, node);
}

static void add_nodes(Origins *origins, JsonDocument *document, const cJSON *node)
{
    origins_set(origins, node, (Origin){.document = document, .source = node});
    for (const cJSON *child = node->child; child != NULL; child = child->next) {
        add_nodes(origins, document, child);
    }
}

void origins_add_document(Origins *origins, JsonDocument *document)
{
    g_ptr_array_add(origins->documents, document);
    add_nodes(origins, document, document->root);
}

void origins_copied(void *context, const cJSON *from, const cJSON *to)
{
    Origins *origins = context;
    const Origin *origin = origins_get(origins, from);

    if (origin != NULL) {
        origins_set(origins, to, *origin);
    } else {
        g_hash_table_remove(origins->of_node, to);
    }
}

void origins_inherit_one(Origins *origins, const cJSON *node, const cJSON *original)
{
    origins_copied(origins, original, node);
    for (const cJSON *child = node->child; child != NULL; child = child->next) {
        origins_inherit_one(origins, child, original);
    }
}

void origins_label(Origins *origins, const cJSON *node, const char *label)
{
    origins_set(origins, node, (Origin){.label = g_intern_string(label)});
    for (const cJSON *child = node->child; child != NULL; child = child->next) {
        origins_label(origins, child, label);
    }
}

void origins_forget(Origins *origins, const cJSON *node)
{
    g_hash_table_remove(origins->of_node, node);
    for (const cJSON *child = node->child; child != NULL; child = child->next) {
        origins_forget(origins, child);
    }
}

const char *origins_file(const Origins *origins, const cJSON *node)
{
    const Origin *origin = origins_get(origins, node);

    return origin == NULL || origin->document == NULL ? NULL : origin->document->file;
}

bool origins_find(void *context, const cJSON *node, DiagSide side, DiagPlace *place)
{
    Origins *origins = context;
    const Origin *origin = origins_get(origins, node);
    g_autofree char *pointer = NULL;

    if (origin == NULL) {
        return false;
    }
    if (origin->document == NULL) {
        *place = (DiagPlace){.file = origin->label};
        return true;
    }
    if (!json_document_find(origin->document, origin->source, side, place)) {
        return false;
    }
    place->file = g_intern_string(place->file);
    pointer = json_pointer_to(origin->document->root, origin->source);
    place->pointer =
        pointer != NULL ? g_string_chunk_insert_const(origins->pointers, pointer) : NULL;
    return true;
}
