/* background_repair.h - reads that ask more replicas than their level needs, by read_repair_chance
 * or dclocal_read_repair_chance: what came after the answer is compared, and repaired with nobody
 * waiting. Private to this folder. Source: Cassandra 3.11 ReadCallback.response and
 * AsyncRepairRunner, AsyncRepairCallback.
 * As coded the replica that speculation would ask counts among those that must answer, and it
 * answers only when it was asked: with speculation on the check does not run, unless speculation
 * fired too. */
#pragma once

#include "models/data/cassandra/node.h"

/* Index into the names of `background_rr`. */
enum { BACKGROUND_AS_CODED, BACKGROUND_AS_DOCUMENTED };

/* A read that asked more than it needs has been answered; one more of its answers is known. */
void background_check(Read *read);
void background_answer(Read *read, guint index, SimTime arrival, SimSpan later);

/* The last answer has arrived: reads all again, in full (coordinate_read.c). */
extern const EventType background_due;
