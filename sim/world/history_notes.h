/* history_notes.h - occurrences, counted by event, component and labels: one of history's three
 * books. */
#pragma once

#include "sim/world/history.h"

typedef struct NoteBook NoteBook;

NoteBook *note_book_new(void);
void note_book_free(NoteBook *book);
/* Adds `seen->count` occurrences; those that are `is_early` are counted apart from the others. */
void note_book_add(NoteBook *book, SimTime now, const HistoryOccurrence *seen,
                   const Component *component, bool is_early);
guint note_book_count(const NoteBook *book);
const HistoryOccurrence *note_book_get(const NoteBook *book, guint index);
