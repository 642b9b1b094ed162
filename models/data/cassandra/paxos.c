/* paxos.c - a coordinator's part in lightweight transactions. Several statements on one key fight
 * for it: who is refused waits up to 99 ms and tries again under a higher ballot until
 * cas_contention_timeout is over. Whoever finds what another has left half done completes it first.
 * A timeout leaves the outcome unknown. */
#include "models/data/cassandra/paxos.h"

#include "models/data/cassandra/tombstones.h"
#include "sim/world/history_store.h"
#include "sim/world/version.h"

#define BACKOFF_MS 100 /* waits 0 to 99 ms (StorageProxy: ThreadLocalRandom.nextInt(100)) */

typedef enum PaxosStage {
    STAGE_WAITING, /* for a thread, for the CPU, or to try again */
    STAGE_PREPARE,
    STAGE_REPAIR, /* proposes what another has left */
    STAGE_REPAIR_COMMIT,
    STAGE_READ,
    STAGE_PROPOSE,
    STAGE_COMMIT,
} PaxosStage;

struct Paxos {
    Paxos *previous, *next;
    Cassandra *node;
    CallTicket ticket;
    uint64_t number, key, request, told;
    int64_t expected; /* the row's version, of a CAS */
    int64_t shown;    /* the row's version, when its condition did not hold */
    const RingRange *range;
    uint32_t slot; /* of the first replica */
    uint32_t live; /* participants that are believed to live */
    guint required;
    Consistency consistency; /* of the commit, or of a read */
    Consistency read_level;
    PaxosStage stage;
    bool is_read, is_repeat; /* a second attempt keeps the name of its data */
    bool is_applied;
    uint32_t round;
    SimTime began;
    int64_t ballot, value, found, highest; /* highest: that any refusal has told of */
    PaxosUpdate proposed;
    uint32_t yes, no; /* of this round, by replica */
    PaxosKnown known[RING_REPLICAS_MOST];
    EventId timer;
};

struct PaxosList {
    Paxos *first;
    GHashTable *by_number; /* only looked up */
    Pool *pool;
    uint64_t next_number;
};

static void attempt(Paxos *paxos);
static void on_deadline(void *self, void *subject, uint64_t detail);
static void on_paxos_retry(void *self, void *subject, uint64_t detail);
static void on_paxos_ready(void *self, void *subject, uint64_t detail);
static const EventType deadline = {"cassandra.paxos-deadline", on_deadline};
static const EventType paxos_retry = {"cassandra.paxos-retry", on_paxos_retry};
static const EventType paxos_ready = {"cassandra.paxos-ready", on_paxos_ready};

static guint count_of(uint32_t mask)
{
    return (guint)__builtin_popcount(mask);
}

static History *history_of(const Paxos *paxos)
{
    return world_history(paxos->node->component.world);
}

/* --- begin and end ------------------------------------------------------------------------------
 */

static void cancel_timer(Paxos *paxos)
{
    engine_cancel(paxos->node->engine, paxos->timer);
    paxos->timer = EVENT_NONE;
}

static void forget(Paxos *paxos)
{
    PaxosList *list = paxos->node->paxos;

    if (paxos->previous != NULL) {
        paxos->previous->next = paxos->next;
    } else {
        list->first = paxos->next;
    }
    if (paxos->next != NULL) {
        paxos->next->previous = paxos->previous;
    }
    g_hash_table_remove(list->by_number, GSIZE_TO_POINTER((gsize)paxos->number));
    pool_give(list->pool, paxos);
}

static void finish(Paxos *paxos, uint32_t code, int64_t version)
{
    Cassandra *node = paxos->node;
    Message reply = {
        .op = paxos->is_read ? MESSAGE_READ : MESSAGE_WRITE,
        .size_bytes = MESSAGE_HEAD_BYTES,
        .code = code,
        .flags = code == STORE_OK && !paxos->is_read && !paxos->is_applied ? STORE_REFUSED : 0U,
        .request = paxos->request,
        .key = paxos->key,
        .version = version};

    cancel_timer(paxos);
    history_outcome(history_of(paxos), paxos->told,
                    code == STORE_OK            ? OPERATION_OK
                    : code == STORE_UNAVAILABLE ? OPERATION_FAIL
                                                : OPERATION_UNKNOWN,
                    paxos->found);
    if (code == STORE_OK) {
        histogram_add(node->cas_latency, node_now(node) - paxos->began);
    }
    node_answer(node, &paxos->ticket, &reply);
    forget(paxos);
    node_request_done(node);
}

static void time_out(Paxos *paxos)
{
    paxos->node->cas_timeouts++;
    finish(paxos, STORE_TIMEOUT, 0);
}

/* Each wait ends with the timeout of writes, the read with that of reads, both counted from the
 * begin of the statement. */
static void on_deadline(void *self, void *subject, uint64_t detail)
{
    Paxos *paxos = subject;

    (void)self;
    (void)detail;
    paxos->timer = EVENT_NONE;
    time_out(paxos);
}

/* False when it is too late for that: the statement has ended. */
static bool enter(Paxos *paxos, PaxosStage stage)
{
    Cassandra *node = paxos->node;
    SimSpan timeout =
        stage == STAGE_READ ? node->read_request_timeout : node->write_request_timeout;

    paxos->stage = stage;
    paxos->round++;
    paxos->yes = paxos->no = 0;
    cancel_timer(paxos);
    if (paxos->began + timeout <= node_now(node)) {
        time_out(paxos);
        return false;
    }
    paxos->timer = engine_at(node->engine, paxos->began + timeout, &node->component.owner,
                             &deadline, paxos, 0);
    return true;
}

/* --- a round ------------------------------------------------------------------------------------
 */

static void ask(Paxos *paxos, uint32_t mask, PaxosVerb verb, PaxosUpdate update)
{
    PaxosMessage message = {.from = paxos->node,
                            .operation = paxos->number,
                            .round = paxos->round,
                            .verb = verb,
                            .update = update};

    for (; mask != 0; mask &= mask - 1) {
        message.index = (guint)__builtin_ctz(mask);
        message.slot = paxos->slot + message.index;
        message.to = paxos->node->cluster->nodes[paxos->range->replicas[message.index]];
        paxos_send(&message);
    }
}

/* Time-based, above the last one used here and any that has refused one of ours. One that another
 * node's fast clock has forced into the future leaves the own clock alone
 * (ClientState.getTimestampForPaxos). */
static int64_t next_ballot(Paxos *paxos)
{
    Cassandra *node = paxos->node;
    int64_t own = node_timestamp(node), least_us = version_clock_us(paxos->highest) + 1;

    if (version_clock_us(own) >= least_us) {
        return own;
    }
    node->ballot_us = MAX(least_us, node->ballot_us + 1);
    return version_make(node->ballot_us, node->rank, false);
}

static void try_again(Paxos *paxos)
{
    Cassandra *node = paxos->node;
    SimSpan wait = (SimSpan)rng_below(&node->paxos_rng, BACKOFF_MS) * SIM_MS;

    node->cas_contentions++;
    cancel_timer(paxos);
    paxos->stage = STAGE_WAITING;
    paxos->round++;
    paxos->timer = engine_after(node->engine, wait, &node->component.owner, &paxos_retry, paxos, 0);
}

static void on_paxos_retry(void *self, void *subject, uint64_t detail)
{
    Paxos *paxos = subject;

    (void)self;
    (void)detail;
    paxos->timer = EVENT_NONE;
    attempt(paxos);
}

static void attempt(Paxos *paxos)
{
    Cassandra *node = paxos->node;

    if (node_now(node) - paxos->began >= node->cas_contention_timeout) {
        time_out(paxos);
        return;
    }
    if (!enter(paxos, STAGE_PREPARE)) {
        return;
    }
    paxos->ballot = next_ballot(paxos);
    ask(paxos, paxos->live, PAXOS_PREPARE, (PaxosUpdate){.ballot = paxos->ballot});
}

static void propose(Paxos *paxos, PaxosStage stage, int64_t value)
{
    if (enter(paxos, stage)) {
        paxos->proposed = (PaxosUpdate){.ballot = paxos->ballot, .value = value};
        ask(paxos, paxos->live, PAXOS_PROPOSE, paxos->proposed);
    }
}

/* The commit is a write of its own at the level of the statement. Completing somebody else's leaves
 * no hints. */
static void commit(Paxos *paxos, PaxosStage stage)
{
    Cassandra *node = paxos->node;
    InnerWrite what = {.ended = paxos_write_ended,
                       .operation = paxos->number,
                       .key = paxos->key,
                       .request = paxos->request,
                       .version = paxos->proposed.ballot,
                       .value = paxos->proposed.value,
                       .consistency = paxos->is_read ? CONSISTENCY_QUORUM : paxos->consistency,
                       .leaves_hints = stage == STAGE_COMMIT,
                       .is_commit = true};

    if (enter(paxos, stage)) {
        paxos_name(node->cluster, what.version, what.value);
        write_inner(node, &what);
    }
}

static void read_row(Paxos *paxos)
{
    if (enter(paxos, STAGE_READ)) {
        read_for_paxos(paxos->node, paxos->number, paxos->key, paxos->read_level);
    }
}

/* --- prepare ------------------------------------------------------------------------------------
 */

static PaxosUpdate newest_committed(const Paxos *paxos)
{
    PaxosUpdate newest = {0};

    for (uint32_t left = paxos->yes; left != 0; left &= left - 1) {
        PaxosUpdate one = paxos->known[__builtin_ctz(left)].committed;

        newest = one.ballot > newest.ballot ? one : newest;
    }
    return newest;
}

/* One that writes nothing counts: what it has superseded must not be completed any more. */
static PaxosUpdate newest_accepted(const Paxos *paxos)
{
    PaxosUpdate newest = {0};

    for (uint32_t left = paxos->yes; left != 0; left &= left - 1) {
        PaxosUpdate one = paxos->known[__builtin_ctz(left)].accepted;

        newest = one.ballot > newest.ballot ? one : newest;
    }
    return newest;
}

static uint32_t missing(const Paxos *paxos, int64_t committed)
{
    uint32_t mask = 0;

    for (uint32_t left = paxos->yes; left != 0; left &= left - 1) {
        guint index = (guint)__builtin_ctz(left);

        mask |= paxos->known[index].committed.ballot < committed ? 1u << index : 0;
    }
    return mask;
}

/* A quorum has promised. */
static void promised(Paxos *paxos)
{
    Cassandra *node = paxos->node;
    PaxosUpdate committed = newest_committed(paxos), accepted = newest_accepted(paxos);
    uint32_t behind = committed.ballot == 0 ? 0 : missing(paxos, committed.ballot);

    if (accepted.value != 0 && accepted.ballot > committed.ballot) {
        node->cas_completions++;
        propose(paxos, STAGE_REPAIR, accepted.value);
    } else if (behind != 0) {
        ask(paxos, behind, PAXOS_LEARN, committed);
        attempt(paxos);
    } else if (paxos->is_read && node->paxos_empty_proposals) {
        propose(paxos, STAGE_PROPOSE, 0);
    } else {
        read_row(paxos);
    }
}

static void prepare_heard(Paxos *paxos, const PaxosMessage *message)
{
    if (!message->is_yes) {
        paxos->highest = MAX(paxos->highest, message->known.promised);
        try_again(paxos);
    } else if (count_of(paxos->yes) >= paxos->required) {
        promised(paxos);
    }
}

/* --- propose ------------------------------------------------------------------------------------
 */

static void accepted(Paxos *paxos)
{
    if (paxos->stage == STAGE_REPAIR) {
        commit(paxos, STAGE_REPAIR_COMMIT);
    } else if (paxos->is_read) {
        read_row(paxos);
    } else if (paxos->proposed.value == 0) { /* the condition did not hold */
        finish(paxos, STORE_OK, paxos->shown);
    } else {
        paxos->is_applied = true;
        commit(paxos, STAGE_COMMIT);
    }
}

/* ProposeCallback: completing another's ends as soon as no majority can accept; the own waits for
 * all, and only when every one has refused is it known not to have happened. */
static void propose_heard(Paxos *paxos)
{
    guint open = count_of(paxos->live & ~(paxos->yes | paxos->no));

    if (count_of(paxos->yes) >= paxos->required) {
        accepted(paxos);
    } else if (paxos->stage == STAGE_REPAIR) {
        if (count_of(paxos->yes) + open < paxos->required) {
            try_again(paxos);
        }
    } else if (open == 0) {
        if (paxos->yes == 0) {
            try_again(paxos);
        } else {
            time_out(paxos);
        }
    }
}

void paxos_heard(Cassandra *node, const PaxosMessage *message)
{
    Paxos *paxos =
        g_hash_table_lookup(node->paxos->by_number, GSIZE_TO_POINTER((gsize)message->operation));

    if (paxos == NULL || paxos->round != message->round) {
        return;
    }
    if (message->is_yes) {
        paxos->yes |= 1u << message->index;
    } else {
        paxos->no |= 1u << message->index;
    }
    paxos->known[message->index] = message->known;
    if (paxos->stage == STAGE_PREPARE) {
        prepare_heard(paxos, message);
    } else {
        paxos->highest = MAX(paxos->highest, message->known.promised);
        propose_heard(paxos);
    }
}

/* --- read and commit ----------------------------------------------------------------------------
 */

static Paxos *find(Cassandra *node, uint64_t operation, PaxosStage one, PaxosStage other)
{
    Paxos *paxos = g_hash_table_lookup(node->paxos->by_number, GSIZE_TO_POINTER((gsize)operation));

    return paxos != NULL && (paxos->stage == one || paxos->stage == other) ? paxos : NULL;
}

/* The row is known: does the condition hold? */
static void decide(Paxos *paxos, int64_t version)
{
    const Cassandra *node = paxos->node;

    paxos->found = paxos_value_of(node->cluster, version);
    if (paxos->found == paxos_value_of(node->cluster, paxos->expected)) {
        paxos->value = paxos->is_repeat ? paxos->value : paxos->ballot;
        paxos->is_repeat = true;
        history_attempt(history_of(paxos), paxos->told, paxos->found, paxos->value);
        propose(paxos, STAGE_PROPOSE, paxos->value);
        return;
    }
    history_attempt(history_of(paxos), paxos->told, paxos->found,
                    0); /* an earlier one was refused */
    paxos->shown = version;
    if (node->paxos_empty_proposals) {
        propose(paxos, STAGE_PROPOSE, 0);
    } else {
        finish(paxos, STORE_OK, version);
    }
}

void paxos_read_ended(Cassandra *node, uint64_t operation, uint32_t code, int64_t version)
{
    Paxos *paxos = find(node, operation, STAGE_READ, STAGE_READ);

    if (paxos == NULL) {
        return;
    }
    if (code != STORE_OK) {
        finish(paxos, code, 0);
    } else if (paxos->is_read) {
        paxos->found = paxos_value_of(node->cluster, version);
        finish(paxos, STORE_OK, version);
    } else {
        decide(paxos, version);
    }
}

void paxos_write_ended(Cassandra *node, uint64_t operation, uint32_t code)
{
    Paxos *paxos = find(node, operation, STAGE_COMMIT, STAGE_REPAIR_COMMIT);

    if (paxos == NULL) {
        return;
    }
    if (code != STORE_OK) {
        time_out(paxos);
    } else if (paxos->stage == STAGE_REPAIR_COMMIT) {
        attempt(paxos);
    } else {
        finish(paxos, STORE_OK, paxos->proposed.ballot);
    }
}

/* --- life ---------------------------------------------------------------------------------------
 */

/* Pending endpoints take part; with more than one of them two quorums need not meet
 * (StorageProxy.getPaxosParticipants; CASSANDRA-8346, CASSANDRA-833). */
static bool find_participants(Paxos *paxos)
{
    const Cassandra *node = paxos->node;
    const RingRange *range = paxos->range;
    uint32_t participants = level_write_counts(paxos->read_level, node->cluster->ring, range,
                                               range->pending, node->site);

    paxos->live = node_live_of(node, range, participants);
    paxos->required = count_of(participants) / 2 + 1;
    return count_of(paxos->live) >= paxos->required && count_of(participants & range->pending) <= 1;
}

static void on_paxos_ready(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    Paxos *paxos = subject;

    (void)detail;
    if (!find_participants(paxos)) {
        node->unavailables++;
        finish(paxos, STORE_UNAVAILABLE, 0);
        return;
    }
    attempt(paxos);
}

void paxos_begin(Cassandra *node, Paxos *paxos)
{
    SimSpan cpu = service_time_draw(node->coordinator_service, &node->service_rng);

    paxos->began = node_now(node);
    node_work(node, cpu, &paxos_ready, paxos, 0);
}

static void tell_history(Paxos *paxos)
{
    History *history = history_of(paxos);

    if (history_follows(history, paxos->key)) {
        paxos->told = history_invoke(
            history, &(HistoryStatement){.kind = paxos->is_read ? OPERATION_READ : OPERATION_CAS,
                                         .is_serial = true,
                                         .key = paxos->key,
                                         .request = paxos->request,
                                         .coordinator = &paxos->node->component});
    }
}

void paxos_receive(Cassandra *node, const Message *message)
{
    const KeyEntry *entry = key_table_add(&node->cluster->keys, message->key);
    PaxosList *list = node->paxos;
    Paxos *paxos = pool_take(list->pool);
    bool is_local;

    paxos->node = node;
    paxos->ticket = message->ticket;
    paxos->number = ++list->next_number;
    paxos->key = message->key;
    paxos->request = message->request;
    paxos->slot = entry->index * node->cluster->slots_per_key;
    paxos->range = ring_range(node->cluster->ring, entry->range);
    paxos->is_read = message->op == MESSAGE_READ;
    paxos->expected = (int64_t)message->detail;
    paxos->consistency =
        (Consistency)(message->consistency != CONSISTENCY_DEFAULT ? message->consistency
                      : paxos->is_read                            ? node->consistency.read + 1
                                                                  : node->consistency.write + 1);
    is_local = paxos->is_read ? paxos->consistency == CONSISTENCY_LOCAL_SERIAL
                              : (message->flags & STORE_LOCAL) != 0;
    paxos->read_level = is_local ? CONSISTENCY_LOCAL_QUORUM : CONSISTENCY_QUORUM;
    paxos->next = list->first;
    if (paxos->next != NULL) {
        paxos->next->previous = paxos;
    }
    list->first = paxos;
    g_hash_table_insert(list->by_number, GSIZE_TO_POINTER((gsize)paxos->number), paxos);
    node->coordinated_cas += paxos->is_read ? 0 : 1;
    node->coordinated_reads += paxos->is_read ? 1 : 0;
    tell_history(paxos);
    node_request_enter(node, paxos, NODE_REQUEST_PAXOS);
}

void paxos_make(Cassandra *node)
{
    node->paxos = g_new0(PaxosList, 1);
    node->paxos->by_number = g_hash_table_new(NULL, NULL);
    node->paxos->pool = pool_new("cassandra paxos", sizeof(Paxos));
}

void paxos_break(Cassandra *node)
{
    for (Paxos *paxos = node->paxos->first; paxos != NULL; paxos = paxos->next) {
        node_break(node, &paxos->ticket);
    }
}

/* Nobody is answered: what has no outcome is unknown. */
void paxos_stop(Cassandra *node)
{
    while (node->paxos->first != NULL) {
        node->paxos->first->timer = EVENT_NONE;
        forget(node->paxos->first);
    }
}

void paxos_free(Cassandra *node)
{
    if (node->paxos != NULL) {
        g_hash_table_destroy(node->paxos->by_number);
        pool_free(node->paxos->pool);
        g_clear_pointer(&node->paxos, g_free);
    }
}
