/* listeners.h - drivers with a control connection to this node, told when another one comes up or
 * goes down as this node sees it. Private to this folder. Source: Cassandra 3.11
 * transport/Server.EventNotifier (STATUS_CHANGE; UP once RPC_READY), driver ControlConnection. */
#pragma once

#include "models/data/cassandra/node.h"

/* A driver asks to be told (REGISTER). */
void listeners_add(Cassandra *node, Component *driver);

/* At each round of gossip: what has changed since the last one. */
void listeners_tell(Cassandra *node);

/* Their connections are closed. */
void listeners_stop(Cassandra *node);
void listeners_free(Cassandra *node);
