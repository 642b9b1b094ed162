/* serial_story.h - random statements on one key, and a judge that tries every order of them. */
#pragma once

#include <glib.h>

#include "sim/base/rng.h"
#include "sim/checkers/operation.h"

/* Each statement happens at one instant between question and answer, on one register; some have no
 * answer, and happen late or never. Arrays of Operation in order of questions; caller frees. */
GArray *serial_story_legal(Rng *rng, guint sessions, guint each);

/* A legal one with one violation; `kind` below SERIAL_PLANTS. */
enum { SERIAL_PLANTS = 5 };
GArray *serial_story_planted(Rng *rng, guint kind);

/* Anything at all, `count` statements. */
GArray *serial_story_wild(Rng *rng, guint count);

/* Whether there is an order, by trying all. */
bool serial_story_has_order(const GArray *rows);
