/* responses.h - the REQUEST_RESPONSE stage: an answer of another replica counts once one of as many
 * threads as the coordinator has vCPUs has looked at it. A coordinator without CPU to spare then
 * times out, and keeps hints for, replicas that have long answered. Off it counts as it arrives,
 * and its CPU is charged when the statement begins. Private to this folder. Source: Cassandra 3.11
 * concurrent/StageManager, net/ResponseVerbHandler, MessagingService (REQUEST_RESPONSE is dropped
 * after request_timeout_in_ms). */
#pragma once

#include "models/data/cassandra/node.h"

/* The answer of replica `index` reaches the coordinator at `at`. Then write_answered or
 * read_answered is called, write_dropped or nothing when it waits for too long there. */
void responses_to_write(Write *write, guint index, SimTime at);
void responses_to_read(Read *read, guint index, ReadRound round, SimTime at);
