/* diag.c - messages about the input, kept until all of it was read, then shown in order of place.
 */
#include "sim/config/diag.h"

#include <string.h>

/* Longer words are no misspelt names; it bounds the work of a comparison. */
#define NEAREST_LENGTH_MOST 64

typedef struct Diag {
    DiagLevel level;
    DiagPlace place; /* its texts are owned by the list's `texts`, or NULL */
    char *message;
    guint arrival;
} Diag;

struct DiagList {
    DiagFind *find;
    void *context;
    GArray *diags;
    GStringChunk *texts;
    guint errors, warnings;
};

static void clear_diag(gpointer diag)
{
    g_free(((Diag *)diag)->message);
}

DiagList *diag_list_new(DiagFind *find, void *context)
{
    DiagList *diags = g_new0(DiagList, 1);

    diags->find = find;
    diags->context = context;
    diags->diags = g_array_new(FALSE, FALSE, sizeof(Diag));
    g_array_set_clear_func(diags->diags, clear_diag);
    diags->texts = g_string_chunk_new(256);
    return diags;
}

void diag_list_free(DiagList *diags)
{
    if (diags == NULL) {
        return;
    }
    g_array_free(diags->diags, TRUE);
    g_string_chunk_free(diags->texts);
    g_free(diags);
}

/* Takes `message`. */
static void add(DiagList *diags, DiagLevel level, DiagPlace place, char *message)
{
    Diag diag = {.level = level, .place = place, .message = message, .arrival = diags->diags->len};

    if (place.file != NULL) {
        diag.place.file = g_string_chunk_insert_const(diags->texts, place.file);
    }
    if (place.pointer != NULL) {
        diag.place.pointer = g_string_chunk_insert_const(diags->texts, place.pointer);
    }
    g_array_append_val(diags->diags, diag);
    if (level == DIAG_ERROR) {
        diags->errors++;
    } else {
        diags->warnings++;
    }
}

void diag_add(DiagList *diags, DiagLevel level, const cJSON *node, DiagSide side,
              const char *format, ...)
{
    DiagPlace place = {0};
    va_list arguments;

    if (diags->find == NULL || node == NULL || !diags->find(diags->context, node, side, &place)) {
        place = (DiagPlace){0};
    }
    va_start(arguments, format);
    add(diags, level, place, g_strdup_vprintf(format, arguments));
    va_end(arguments);
}

void diag_add_at(DiagList *diags, DiagLevel level, DiagPlace place, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    add(diags, level, place, g_strdup_vprintf(format, arguments));
    va_end(arguments);
}

guint diag_count_errors(const DiagList *diags)
{
    return diags->errors;
}

guint diag_count_warnings(const DiagList *diags)
{
    return diags->warnings;
}

static int compare_places(const DiagPlace *one, const DiagPlace *other)
{
    int order = g_strcmp0(one->file, other->file);

    if (order == 0) {
        order = (one->line > other->line) - (one->line < other->line);
    }
    if (order == 0) {
        order = (one->column > other->column) - (one->column < other->column);
    }
    return order;
}

static gint compare_diags(gconstpointer one, gconstpointer other)
{
    const Diag *a = *(const Diag *const *)one, *b = *(const Diag *const *)other;
    int order = compare_places(&a->place, &b->place);

    return order != 0 ? order : (a->arrival > b->arrival) - (a->arrival < b->arrival);
}

static void append_diag(GString *text, const Diag *diag)
{
    if (diag->place.file != NULL) {
        g_string_append(text, diag->place.file);
        if (diag->place.line > 0) {
            g_string_append_printf(text, ":%d:%d", diag->place.line, diag->place.column);
        }
        g_string_append(text, ": ");
    }
    g_string_append_printf(text, "%s: %s", diag->level == DIAG_ERROR ? "error" : "warning",
                           diag->message);
    if (diag->place.pointer != NULL && diag->place.pointer[0] != '\0') {
        g_string_append_printf(text, " [%s]", diag->place.pointer);
    }
    g_string_append_c(text, '\n');
}

char *diag_list_to_text(const DiagList *diags)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    g_autoptr(GHashTable) shown = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < diags->diags->len; i++) {
        g_ptr_array_add(sorted, &g_array_index(diags->diags, Diag, i));
    }
    g_ptr_array_sort(sorted, compare_diags);
    for (guint i = 0; i < sorted->len; i++) {
        const Diag *diag = g_ptr_array_index(sorted, i);
        GString *line = g_string_new(NULL);

        append_diag(line, diag);
        /* Without a place, equal words may mean two different things. */
        if (diag->place.line == 0 || !g_hash_table_contains(shown, line->str)) {
            g_string_append(text, line->str);
        }
        g_hash_table_add(shown, g_string_free(line, FALSE));
    }
    return g_string_free(text, FALSE);
}

static char fold(char letter)
{
    return letter == '-' ? '_' : g_ascii_tolower(letter);
}

static size_t smallest(size_t one, size_t two, size_t three)
{
    size_t least = one < two ? one : two;

    return least < three ? least : three;
}

/* Insertions, deletions, changes and swaps of neighbours between two folded words (the restricted
 * form: no letter is edited twice). Rows are the letters of `one`; three of them are enough. */
static size_t distance(const char *one, const char *other)
{
    size_t width = strlen(other), height = strlen(one);
    size_t rows[3][NEAREST_LENGTH_MOST + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];

    for (size_t x = 0; x <= width; x++) {
        last[x] = x;
    }
    for (size_t y = 1; y <= height; y++) {
        size_t *free_row = before;

        now[0] = y;
        for (size_t x = 1; x <= width; x++) {
            size_t change = fold(one[y - 1]) == fold(other[x - 1]) ? 0 : 1;

            now[x] = smallest(last[x] + 1, now[x - 1] + 1, last[x - 1] + change);
            if (x > 1 && y > 1 && fold(one[y - 1]) == fold(other[x - 2]) &&
                fold(one[y - 2]) == fold(other[x - 1]) && before[x - 2] + 1 < now[x]) {
                now[x] = before[x - 2] + 1;
            }
        }
        before = last;
        last = now;
        now = free_row;
    }
    return last[width];
}

const char *diag_nearest(const char *word, const char *const *candidates)
{
    const char *nearest = NULL;
    size_t length = strlen(word), least = length / 3 + 1;

    if (length > NEAREST_LENGTH_MOST) {
        return NULL;
    }
    for (; *candidates != NULL; candidates++) {
        size_t edits;

        if (strlen(*candidates) > NEAREST_LENGTH_MOST) {
            continue;
        }
        edits = distance(word, *candidates);
        if (edits < least) {
            least = edits;
            nearest = *candidates;
        }
    }
    return nearest;
}

char *diag_suggest(const char *word, const char *const *candidates)
{
    const char *nearest = diag_nearest(word, candidates);

    return nearest == NULL ? g_strdup("") : g_strdup_printf("; did you mean '%s'?", nearest);
}
