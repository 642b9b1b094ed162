/* schema.h - which columns each node believes to exist, how a change of the schema spreads, and
 * what becomes of messages about columns that a node does not know. Only where the scenario changes
 * the schema (ops.alter-schema): without that no node has one, and nothing here happens.
 *
 * A node's schema is the set of changes that it has executed; of several about one column the one
 * with the newest timestamp wins, whatever the order in which they came. The version is a hash of
 * those that won. The node that is told of a change pushes it to all that it believes up; whoever
 * sees another version in gossip pulls it 60 s later (at once in the first minute of its process),
 * three requests at most for one version. Who does not know a column cannot read messages that name
 * it: it closes the connection, and what was under way on that is lost with it. A dropped column's
 * data is gone. Source: Cassandra 3.11 MigrationManager, MigrationCoordinator (3.11.11 on),
 * IncomingTcpConnection, HintVerbHandler, HintsDispatchTrigger, CFMetaData.droppedColumns. */
#pragma once

#include "models/data/cassandra/node.h"

#define SCHEMA_CHANGES_MOST                                                                        \
    63 /* of a run: a bit each, and one pattern that means "not heard of"                          \
        */

/* What the operator's order says about a column: "+humidity" or "-humidity"; "" when the action
 * says neither or both. */
#define SCHEMA_ADDS '+'

/* on_plan of the kind: remembers what the node will be told. */
void schema_plan(Cassandra *node, const PlannedOrder *order, DiagList *diags);

/* Once all nodes are known; nothing without plans. Reports those that cannot be. */
void schema_make(Cluster *cluster, DiagList *diags);
void schema_make_node(Cassandra *node);
void schema_free(Cassandra *node);
void schema_free_shared(Cluster *cluster);

/* --- statements and messages: schema.c ----------------------------------------------------------
 */

/* The number by which statements that name `column` carry it; 0: no column (NULL), or one that no
 * change is about. */
uint8_t schema_number(const Cluster *cluster, const char *column);

/* True, and answered, when a coordinator does not know the column that a statement names. */
bool schema_refuses(Cassandra *node, const Message *message);

/* The datum at this index of the keys is the column's. */
void schema_note_key(Cluster *cluster, uint32_t index, uint8_t column);

/* A message of `from` that names `column` (0: none) has arrived. False: it is lost. */
bool schema_reads(Cassandra *node, const Cassandra *from, uint8_t column);

/* Whether one that arrives after `later` may be lost. */
bool schema_may_lose(const Cassandra *node, const Cassandra *from, uint8_t column, SimSpan later);

/* The column of the datum in `slot`, dropped later than `version` was stamped: it is not stored. */
bool schema_hides(const Cassandra *node, uint32_t slot, int64_t version);

/* A hint for `slot` has arrived. False: its column is unknown, it is skipped and acknowledged. */
bool schema_takes_hint(const Cassandra *node, uint32_t slot);

/* Whether data may be gone with a column. */
bool schema_has_dropped(const Cluster *cluster);

/* --- how it spreads: schema_pull.c --------------------------------------------------------------
 */

/* The process starts: `is_first` at the begin of the run, when all are of one version. */
void schema_boot(Cassandra *node, bool is_first);
void schema_start(Cassandra *node);
void schema_stop(Cassandra *node);

/* Gossip: `node` takes over from `from` what that knows newer of number `rank`. */
void schema_heard(Cassandra *node, const Cassandra *from, guint rank);

/* The operator changes the schema here. */
void schema_alter(Cassandra *node, const char *about);

/* Whether gossip says that the target of hints has another version: then none are sent. */
bool schema_differs(const Cassandra *node, guint rank);

/* --- shared by the two --------------------------------------------------------------------------
 */

typedef struct SchemaChange {
    int64_t stamp; /* version.h: a drop wins against an addition of the same microsecond */
    uint8_t column;
    bool is_drop;
} SchemaChange;

/* The cluster's. */
typedef struct Schema {
    GPtrArray *columns;     /* interned names; number in a statement: index + 1 */
    uint64_t columns_first; /* a bit for each that is there at the begin */
    GArray *changes;        /* SchemaChange, in order of their making */
    GByteArray *of_key;     /* by index of key: number of its column */
} Schema;

#define SCHEMA_PULLS_MOST 3 /* MigrationCoordinator.MAX_OUTSTANDING_VERSION_REQUESTS */

/* Whom a node has heard of with one other version (MigrationCoordinator.VersionInfo). */
typedef struct SchemaVersion {
    uint64_t version;
    GArray *queue;                     /* of guint: ranks to pull it from, next first */
    uint32_t pulls[SCHEMA_PULLS_MOST]; /* numbers of requests under way or waiting; 0: none */
    bool is_received;
} SchemaVersion;

#define SCHEMA_UNHEARD UINT64_MAX

/* A node's. A set of changes has a bit for each. */
typedef struct SchemaNode {
    uint64_t known;      /* executed: on the disk, survives all */
    uint64_t version;    /* those of them that won */
    uint64_t columns;    /* a bit for each column that exists */
    int64_t *dropped_at; /* by column: stamp of the newest drop known; 0: none */
    uint64_t *heard;     /* by rank: version in gossip */
    uint64_t *reported;  /* by rank: what was acted on last */
    SimTime *closed;     /* by rank: until then what it sends is lost; NULL: never yet */
    GPtrArray *versions; /* SchemaVersion */
    uint32_t pulls;      /* number of the last request */
    SimTime booted_at;
} SchemaNode;

/* Executes what `changes` has and `node` not: true when its version is another one now. */
bool schema_merge(Cassandra *node, uint64_t changes);

/* How many versions the nodes that it believes up have, its own included. */
guint schema_count_versions(const Cassandra *node);
