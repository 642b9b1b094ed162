/* fuzz_json.c - any bytes as JSON: the first byte says whether comments are allowed, a byte 1 parts
 * the text from pointers to look up in it.
 * Holds: a document or a message, never both; each node has a place; what we accept cJSON accepts
 * and reads alike (short texts without comments: it cuts long numbers). */
#include <glib.h>
#include <stdint.h>
#include <string.h>

#include "sim/config/json_merge.h"
#include "sim/config/json_place.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_places(JsonDocument *document, const cJSON *node, int *nodes)
{
    const cJSON *child;
    DiagPlace key, value;

    if (++*nodes > 200) {
        return;
    }
    g_assert_true(json_document_find(document, node, DIAG_KEY, &key));
    g_assert_true(json_document_find(document, node, DIAG_VALUE, &value));
    g_assert_true(key.line < value.line || (key.line == value.line && key.column <= value.column));
    cJSON_ArrayForEach(child, node)
    {
        check_places(document, child, nodes);
    }
}

static void check_twin(const JsonDocument *document)
{
    cJSON *twin = cJSON_ParseWithLength(document->text, document->size);

    g_assert_nonnull(twin);
    g_assert_true(json_equal(document->root, twin));
    cJSON_Delete(twin);
}

static void check_pointers(const JsonDocument *document, const uint8_t *data, size_t size)
{
    g_autofree char *pointer = g_strndup((const char *)data, size);

    json_pointer(document->root, pointer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    g_autoptr(JsonDocument) document = NULL;
    g_autofree char *messages = NULL;
    const uint8_t *text = data + 1, *part;
    size_t length;
    int nodes = 0;

    if (size == 0) {
        return 0;
    }
    part = memchr(text, 1, size - 1);
    length = part == NULL ? size - 1 : (size_t)(part - text);
    document = json_document_parse("f", (const char *)text, length, (data[0] & 1) != 0, diags);
    messages = diag_list_to_text(diags);
    g_assert_true((document == NULL) == (*messages != '\0'));
    if (document == NULL) {
        return 0;
    }
    check_places(document, document->root, &nodes);
    if ((data[0] & 1) == 0 && length < 60) {
        check_twin(document);
    }
    if (part != NULL) {
        check_pointers(document, part + 1, size - length - 2);
    }
    return 0;
}
