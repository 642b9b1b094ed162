/* kept_writes.h - copies of writes and their acknowledgements that found their way cut: they wait
 * in the sender's kernel, and arrive when the way is open again and TCP tries once more, unless the
 * connection is closed before. Reads that find it cut are lost: their time is over soon. Private to
 * this folder. */
#pragma once

#include "models/data/cassandra/node.h"

/* The copy for replica number `index` of the write, as `from` could not send it. */
void kept_copy(Write *write, Cassandra *from, guint index, uint32_t size_bytes);

/* Its acknowledgement. */
void kept_ack(Write *write, guint index, Cassandra *replica);
