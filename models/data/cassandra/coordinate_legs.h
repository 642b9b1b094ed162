/* coordinate_legs.h - with legs: what is sent without the network. Private to this folder. */
#pragma once

#include "models/data/cassandra/node.h"

/* Sends the write to all its targets; when the acknowledgement that replica `index` sends now
 * arrives. */
void legs_send(Write *write);
SimTime legs_acknowledgement_arrives(const Write *write, guint index);

/* Before the first question; one question; when the answer that replica `index` sends now arrives.
 */
void legs_begin_read(Read *read);
void legs_ask(Read *read, guint index);
SimTime legs_answer_arrives(const Read *read, guint index);

/* Replica `index` looks the row up now. Does nothing without legs. */
void legs_note_missing(Read *read, guint index);

/* How much later a read that ends with the answers of `here` would have had to begin in order to
 * see what was sent last, its legs being as they were; 0 without legs. */
SimSpan legs_read_missing(Read *read, uint32_t here);
