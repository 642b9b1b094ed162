/* native_transport.h - how much a coordinator lets clients ask at once. Private to this folder.
 * Source: Cassandra 3.11.5 and later (CASSANDRA-15013) transport/Server, Message.Dispatcher: once
 * requests in flight take more than their share of the heap a connection is not read any further,
 * or, where the client's STARTUP said THROW_ON_OVERLOAD, its statements are refused. What is not
 * read waits in its socket as long as it would in the queue, so only refusals change what happens.
 * Left out: the limit for each client's address (heap/40), and up to 3.11.4 the queue of 128 behind
 * which the network threads block: to clients that too is waiting. */
#pragma once

#include "models/data/cassandra/node.h"

/* Once the hosts are known. */
void native_transport_make(Cassandra *node);

/* A statement has come. True, and answered, when it is refused. */
bool native_transport_refuses(Cassandra *node, const Message *message);
