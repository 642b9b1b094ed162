/* native_transport.h - how much a coordinator lets clients ask at once. Private to this folder.
 * Source: Cassandra 3.11.5 and later (CASSANDRA-15013) transport/Server, Message.Dispatcher: once
 * requests in flight take more than their share of the heap, a tenth in all and a fortieth of one
 * client's address, a connection is not read any further, or, where the client's STARTUP said
 * THROW_ON_OVERLOAD, its statements are refused. What is not read waits in its socket as long as it
 * would in the queue, so only refusals change what happens. Up to 3.11.4 there are no such limits,
 * but a queue of 128 behind which the network threads block: what waits in sockets takes no heap.
 * Left out: that others pass a client whose connection is not read, and that a blocked network
 * thread holds up whoever shares it. */
#pragma once

#include "models/data/cassandra/node.h"

/* Once the hosts are known. */
void native_transport_make(Cassandra *node);

/* A statement has come. True, and answered, when it is refused. */
bool native_transport_refuses(Cassandra *node, const Message *message);

/* One that was not refused was answered. */
void native_transport_left(Cassandra *node, const CallTicket *ticket);

/* How many wait in memory; the others are in sockets. */
guint native_transport_waiting(const Cassandra *node);

/* The process ended. */
void native_transport_stop(Cassandra *node);
void native_transport_free(Cassandra *node);
