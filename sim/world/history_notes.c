/* history_notes.c - occurrences, found by content; a small cache by address saves hashing texts. */
#include "sim/world/history_notes.h"

#define CACHE_SIZE 4096 /* power of two */

typedef struct Note {
    HistoryOccurrence shown;
    const Component *of;
    bool is_early;
} Note;

struct NoteBook {
    GPtrArray *notes;  /* of Note, in order of the first sight */
    GHashTable *found; /* Note by content: only looked up */
    GStringChunk *texts;
    Note *cache[CACHE_SIZE];
};

static bool text_is_same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool note_is_same(const Note *a, const Note *b)
{
    return a->of == b->of && a->is_early == b->is_early &&
           text_is_same(a->shown.event, b->shown.event) &&
           text_is_same(a->shown.value1, b->shown.value1) &&
           text_is_same(a->shown.value2, b->shown.value2) &&
           text_is_same(a->shown.label1, b->shown.label1) &&
           text_is_same(a->shown.label2, b->shown.label2);
}

static gboolean note_equal(gconstpointer a, gconstpointer b)
{
    return note_is_same(a, b);
}

static guint note_hash(gconstpointer item)
{
    const Note *note = item;
    uint64_t hash = rng_hash(note->shown.event);

    hash = hash * 31 + (note->of != NULL ? note->of->owner.id + 1 : 0);
    hash = hash * 31 + note->is_early;
    hash = hash * 31 + (note->shown.value1 != NULL ? rng_hash(note->shown.value1) : 0);
    hash = hash * 31 + (note->shown.value2 != NULL ? rng_hash(note->shown.value2) : 0);
    return (guint)(hash ^ hash >> 32);
}

NoteBook *note_book_new(void)
{
    NoteBook *book = g_new0(NoteBook, 1);

    book->notes = g_ptr_array_new_with_free_func(g_free);
    book->found = g_hash_table_new(note_hash, note_equal);
    book->texts = g_string_chunk_new(4096);
    return book;
}

void note_book_free(NoteBook *book)
{
    g_hash_table_unref(book->found);
    g_ptr_array_free(book->notes, true);
    g_string_chunk_free(book->texts);
    g_free(book);
}

static const char *note_book_keep(NoteBook *book, const char *text)
{
    return text == NULL ? NULL : g_string_chunk_insert_const(book->texts, text);
}

static Note *note_book_enter(NoteBook *book, const Note *seen, SimTime now)
{
    Note *note = g_new0(Note, 1);
    const Component *of = seen->of;

    *note = *seen;
    note->shown.count = 0;
    note->shown.event = note_book_keep(book, seen->shown.event);
    note->shown.label1 = note_book_keep(book, seen->shown.label1);
    note->shown.value1 = note_book_keep(book, seen->shown.value1);
    note->shown.label2 = note_book_keep(book, seen->shown.label2);
    note->shown.value2 = note_book_keep(book, seen->shown.value2);
    note->shown.first = now;
    if (of != NULL) {
        note->shown.component = note_book_keep(book, of->name);
        note->shown.role = note_book_keep(book, of->role);
        note->shown.dc = of->site != NULL && of->site->type == SITE_DC
                             ? note_book_keep(book, of->site->name)
                             : NULL;
        note->shown.node = note_book_keep(book, component_node(of));
    }
    g_ptr_array_add(book->notes, note);
    g_hash_table_add(book->found, note);
    return note;
}

void note_book_add(NoteBook *book, SimTime now, const HistoryOccurrence *seen,
                   const Component *component, bool is_early)
{
    Note wanted = {.shown = *seen, .of = component, .is_early = is_early};
    /* Addresses only find a candidate, which is compared in full. */
    uintptr_t mix = (uintptr_t)seen->event ^ (uintptr_t)component * 3 ^
                    (uintptr_t)seen->value1 * 5 ^ (uintptr_t)seen->value2 * 7;
    Note **place = &book->cache[(mix ^ mix >> 12) & (CACHE_SIZE - 1)];

    if (*place == NULL || !note_is_same(*place, &wanted)) {
        Note *note = g_hash_table_lookup(book->found, &wanted);

        *place = note != NULL ? note : note_book_enter(book, &wanted, now);
    }
    (*place)->shown.count += seen->count;
    (*place)->shown.last = now;
}

guint note_book_count(const NoteBook *book)
{
    return book->notes->len;
}

const HistoryOccurrence *note_book_get(const NoteBook *book, guint index)
{
    g_assert_cmpuint(index, <, book->notes->len);
    return &((const Note *)g_ptr_array_index(book->notes, index))->shown;
}
