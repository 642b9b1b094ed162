/* read_list.h - a coordinator's reads under way, in order of their begin. Private to this folder.
 */
#pragma once

#include "models/data/cassandra/node.h"

static inline void read_list_add(ReadList *list, Read *read)
{
    read->next = NULL;
    read->previous = list->last;
    if (list->last != NULL) {
        list->last->next = read;
    } else {
        list->first = read;
    }
    list->last = read;
}

static inline void read_list_remove(ReadList *list, Read *read)
{
    if (read->previous != NULL) {
        read->previous->next = read->next;
    } else {
        list->first = read->next;
    }
    if (read->next != NULL) {
        read->next->previous = read->previous;
    } else {
        list->last = read->previous;
    }
}

/* Forgets a read that has ended once no replica works on it any more. */
void read_settle(Read *read);

/* The replicas whose answer of this round has arrived. */
uint32_t read_answers_here(const Read *read);

/* When the first data is there, when the last of `mask`, when the level is met; SIM_NEVER: not
 * known yet. */
SimTime read_earliest_data(const Read *read);
SimTime read_last_of(const Read *read, uint32_t mask);
SimTime read_decided_at(const Read *read);

/* ReadTimeoutException: how many answers counted, and whether the data was among them. After a
 * mismatch one less than are needed (StorageProxy.SinglePartitionReadLifecycle). */
void read_tell_what_came(const Read *read, Message *reply);

/* Whether a replica still works on an answer. */
static inline bool read_is_pending(const Read *read, guint index)
{
    return ((read->pending[READ_DIGESTS] | read->pending[READ_FULL]) >> index & 1) != 0;
}
