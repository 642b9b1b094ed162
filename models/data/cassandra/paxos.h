/* paxos.h - lightweight transactions: a statement that writes only if its condition holds, and
 * reads that see all of them in one order. Each takes four round trips to a quorum of its
 * participants: prepare, read, propose, commit. Private to this folder.
 * Source: Cassandra 3.11 StorageProxy.cas, beginAndRepairPaxos, proposePaxos, commitPaxos;
 * service/paxos PaxosState, PrepareCallback, ProposeCallback. */
#pragma once

#include "models/data/cassandra/node.h"

typedef enum PaxosVerb {
    PAXOS_PREPARE,
    PAXOS_PROPOSE,
    PAXOS_LEARN, /* a commit that this replica has missed; not answered */
} PaxosVerb;

/* What is proposed or decided under a ballot. A ballot is a version: it stamps what it writes. */
typedef struct PaxosUpdate {
    int64_t ballot; /* 0: none */
    int64_t value;  /* names the data, whatever ballot stamps them in the end; 0: writes nothing */
} PaxosUpdate;

/* What one replica knows of one key. */
typedef struct PaxosKnown {
    int64_t promised;
    PaxosUpdate accepted, committed;
} PaxosKnown;

/* One on its way, in the list of the node that it goes to. */
typedef struct PaxosMessage {
    struct PaxosMessage *previous, *next;
    Cassandra *from, *to;
    uint64_t operation; /* number of the statement at its coordinator */
    uint32_t round;     /* of the statement: answers to older ones are not counted */
    uint32_t slot;
    PaxosVerb verb;
    guint index; /* of the replica */
    bool is_answer, is_yes;
    PaxosUpdate update; /* ballot asked with, and what is proposed or learnt */
    PaxosKnown known;   /* of an answer */
} PaxosMessage;

/* --- paxos_replica.c ----------------------------------------------------------------------------
 */

/* Sends a copy of `message` from its `from` to its `to`; false when it gets lost. */
bool paxos_send(const PaxosMessage *message);

/* The replica has committed `update` into `slot`: it is remembered, its write is done elsewhere. */
void paxos_learn(Cassandra *node, uint32_t slot, PaxosUpdate update);

/* The commit log's sync that covers what was promised or accepted has ended. */
void paxos_answer(Cassandra *node, PaxosMessage *message);

/* What reads find at `version`: the name of the data, 0 when it is nothing. */
int64_t paxos_value_of(const Cluster *cluster, int64_t version);

/* A ballot has given data a version that is not their name. */
void paxos_name(Cluster *cluster, int64_t version, int64_t value);

void paxos_replica_stop(Cassandra *node, bool power_lost);
void paxos_replica_free(Cassandra *node);
void paxos_free_shared(Cluster *cluster);

/* --- paxos.c ------------------------------------------------------------------------------------
 */

/* A CAS, or a read at SERIAL or LOCAL_SERIAL, arrives. */
void paxos_receive(Cassandra *node, const Message *message);
void paxos_begin(Cassandra *node, Paxos *paxos);

/* An answer came; the read under way has ended; the commit has. */
void paxos_heard(Cassandra *node, const PaxosMessage *message);
void paxos_read_ended(Cassandra *node, uint64_t operation, uint32_t code, int64_t version);
void paxos_write_ended(Cassandra *node, uint64_t operation, uint32_t code);

void paxos_make(Cassandra *node);
void paxos_stop(Cassandra *node);

/* Its clients' connections are closed: what was begun goes on. */
void paxos_break(Cassandra *node);
void paxos_free(Cassandra *node);
