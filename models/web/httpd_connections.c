/* httpd_connections.c - the connections of clients: how many the event MPM accepts, what waits in
 * the kernel, and which idle ones are closed when. Source: httpd 2.4 server/mpm/event/event.c: a
 * process accepts while its open connections are fewer than ThreadsPerChild +
 * AsyncRequestWorkerFactor x its idle threads and it has an idle thread
 * (connections_above_limit); when none is idle, all that wait for another request are closed
 * (process_keepalive_queue(0)). A connection is accepted when it comes; only where its process has
 * no idle worker when its first request does, it is as if it had not been (TCP_DEFER_ACCEPT, which
 * is on by default on Linux). Left out: connections that linger while they are closed (they do not
 * count in event.c either). */
#include "models/web/httpd_parts.h"

#define INDEX_BITS 20
#define INDEX_MASK ((1U << INDEX_BITS) - 1)
#define GENERATION_MASK ((1U << (32 - INDEX_BITS)) - 1)

static void on_expiry(void *self, void *subject, uint64_t detail);
static const EventType expiry_event = {"httpd.connection-expires", on_expiry};

static SimTime now_of(const Httpd *httpd)
{
    return world_now(httpd->component.world);
}

/* --- slots and their lists --- */

static Slot *slot_at(const Httpd *httpd, uint32_t index)
{
    return &httpd->slots[index];
}

static uint32_t slot_index(const Httpd *httpd, const Slot *slot)
{
    return (uint32_t)(slot - httpd->slots);
}

static uint32_t slot_number(const Httpd *httpd, const Slot *slot)
{
    return slot->generation << INDEX_BITS | slot_index(httpd, slot);
}

/* The slot that a number names; NULL when that connection was closed. */
static Slot *slot_find(const Httpd *httpd, uint32_t number)
{
    uint32_t index = number & INDEX_MASK;
    Slot *slot = index > 0 && index < httpd->slots_count ? slot_at(httpd, index) : NULL;

    return slot != NULL && slot->state != SLOT_FREE && slot->generation == number >> INDEX_BITS
               ? slot
               : NULL;
}

/* Joins a list in order of `until`: nearly always at its end. */
static void list_join(const Httpd *httpd, SlotList *list, Slot *slot)
{
    uint32_t before = list->last;

    while (before != 0 && slot_at(httpd, before)->until > slot->until) {
        before = slot_at(httpd, before)->before;
    }
    slot->before = before;
    slot->next = before != 0 ? slot_at(httpd, before)->next : list->first;
    if (slot->next != 0) {
        slot_at(httpd, slot->next)->before = slot_index(httpd, slot);
    } else {
        list->last = slot_index(httpd, slot);
    }
    if (before != 0) {
        slot_at(httpd, before)->next = slot_index(httpd, slot);
    } else {
        list->first = slot_index(httpd, slot);
    }
    list->count++;
}

static void list_leave(const Httpd *httpd, SlotList *list, const Slot *slot)
{
    if (slot->before != 0) {
        slot_at(httpd, slot->before)->next = slot->next;
    } else {
        list->first = slot->next;
    }
    if (slot->next != 0) {
        slot_at(httpd, slot->next)->before = slot->before;
    } else {
        list->last = slot->before;
    }
    list->count--;
}

static SlotList *slot_list(Httpd *httpd, const Slot *slot)
{
    return slot->state < SLOT_LISTS ? &httpd->lists[slot->state] : NULL;
}

/* Moves a slot to another state, and into that state's list. */
static void slot_become(Httpd *httpd, Slot *slot, SlotState state, SimTime until)
{
    SlotList *list = slot_list(httpd, slot);

    if (list != NULL) {
        list_leave(httpd, list, slot);
    }
    slot->state = state;
    slot->until = until;
    list = slot_list(httpd, slot);
    if (list != NULL) {
        list_join(httpd, list, slot);
    }
}

static Slot *slot_new(Httpd *httpd, SlotState state, SimTime until)
{
    uint32_t index = httpd->slots_free;

    if (index == 0) {
        if (httpd->slots_count == httpd->slots_room) {
            httpd->slots_room = httpd->slots_room == 0 ? 1024 : 2 * httpd->slots_room;
            httpd->slots = g_renew(Slot, httpd->slots, httpd->slots_room);
        }
        index = MAX(httpd->slots_count, 1);
        g_assert_cmpuint(index, <=, INDEX_MASK);
        httpd->slots_count = index + 1;
        httpd->slots[index] = (Slot){.generation = 1};
    } else {
        httpd->slots_free = slot_at(httpd, index)->next;
    }
    uint32_t generation = slot_at(httpd, index)->generation;
    Slot *slot = slot_at(httpd, index);

    *slot = (Slot){.generation = generation, .state = SLOT_BUSY};
    slot_become(httpd, slot, state, until);
    return slot;
}

static void slot_free(Httpd *httpd, Slot *slot)
{
    slot_become(httpd, slot, SLOT_FREE, 0);
    slot->generation = MAX((slot->generation + 1) & GENERATION_MASK, 1);
    slot->next = httpd->slots_free;
    httpd->slots_free = slot_index(httpd, slot);
}

/* --- accounts --- */

static void count_open(Httpd *httpd, int by)
{
    httpd->open += (uint32_t)by;
    gauge_set(&httpd->connections, now_of(httpd), (double)httpd->open);
}

static void count_waiting(Httpd *httpd)
{
    gauge_set(&httpd->connections_waiting, now_of(httpd), (double)httpd->lists[SLOT_QUEUED].count);
}

/* Its process has one connection less. */
static void slot_close(Httpd *httpd, Slot *slot)
{
    Process *process = httpd_process(httpd, slot->process);

    process->open--;
    process->kept -= slot->state == SLOT_KEPT;
    slot_free(httpd, slot);
    count_open(httpd, -1);
    mpm_process_idler(httpd, process);
}

/* A process takes a connection. */
static void slot_accept(Httpd *httpd, Slot *slot, uint32_t process)
{
    slot->process = process;
    httpd_process(httpd, process)->open++;
    count_open(httpd, 1);
}

/* Tells the client, whose next request then opens a new one at once. */
static void slot_close_early(Httpd *httpd, Slot *slot)
{
    Message close = {.op = MESSAGE_CLOSE,
                     .connection = slot_number(httpd, slot),
                     .detail = slot->session,
                     .access_delay = slot->access_delay,
                     .access_loss = (double)slot->access_loss};

    if (slot->client->kind->on_message != NULL) {
        network_send(&httpd->component, slot->client, &close);
    }
    httpd->connections_closed_early++;
    slot_close(httpd, slot);
}

void connections_expire(Httpd *httpd)
{
    SimTime now = now_of(httpd);

    for (SlotState state = SLOT_FRESH; state <= SLOT_KEPT; state++) {
        SlotList *list = &httpd->lists[state];

        while (list->first != 0 && slot_at(httpd, list->first)->until <= now) {
            slot_close(httpd, slot_at(httpd, list->first));
        }
    }
}

/* event.c: all threads are busy, "will close keep-alive connections". */
void connections_close_kept(Httpd *httpd, Process *process)
{
    uint32_t index = httpd->lists[SLOT_KEPT].first, next;

    for (; process->kept > 0 && index != 0; index = next) {
        Slot *slot = slot_at(httpd, index);

        next = slot->next;
        if (httpd_process(httpd, slot->process) == process) {
            slot_close_early(httpd, slot);
        }
    }
}

void connections_drop(Httpd *httpd, double share, Rng *rng)
{
    uint32_t next;

    for (uint32_t index = httpd->lists[SLOT_KEPT].first; index != 0; index = next) {
        Slot *slot = slot_at(httpd, index);

        next = slot->next;
        if (rng_chance(rng, share)) {
            slot_close_early(httpd, slot);
        }
    }
}

/* A connection came and no process has an idle worker. */
static void close_kept_of_all(Httpd *httpd)
{
    for (uint32_t i = 0; i < httpd->process_room; i++) {
        if (httpd->processes[i].is_alive) {
            connections_close_kept(httpd, &httpd->processes[i]);
        }
    }
}

/* --- accept --- */

/* The first in the kernel's queue is taken: served when its request is there already, let go when
 * its client closed it meanwhile. */
static void accept_first(Httpd *httpd, uint32_t process)
{
    Slot *slot = slot_at(httpd, httpd->lists[SLOT_QUEUED].first);
    Work *work = slot->work;

    slot_accept(httpd, slot, process);
    if (slot->is_gone) {
        slot_close(httpd, slot);
    } else if (work != NULL) {
        slot->work = NULL;
        slot_become(httpd, slot, SLOT_BUSY, 0);
        work->process = process;
        work_begin(work);
    } else {
        slot_become(httpd, slot, SLOT_FRESH, now_of(httpd) + httpd->request_read_timeout);
    }
}

/* The next instant at which an idle connection makes room. */
static void arm_expiry(Httpd *httpd)
{
    SimTime next = SIM_NEVER;

    if (httpd->expiry != EVENT_NONE) {
        return;
    }
    for (SlotState state = SLOT_FRESH; state <= SLOT_KEPT; state++) {
        uint32_t first = httpd->lists[state].first;

        next = first != 0 ? MIN(next, slot_at(httpd, first)->until) : next;
    }
    if (next != SIM_NEVER) {
        httpd->expiry = engine_at(world_engine(httpd->component.world), next,
                                  &httpd->component.owner, &expiry_event, NULL, 0);
    }
}

void connections_accept(Httpd *httpd)
{
    SlotList *queue = &httpd->lists[SLOT_QUEUED];

    if (queue->first == 0 || httpd->component.owner.is_held) {
        return;
    }
    connections_expire(httpd);
    while (queue->first != 0) {
        int process = mpm_accepting_process(httpd);

        if (process < 0) {
            break;
        }
        accept_first(httpd, (uint32_t)process);
    }
    count_waiting(httpd);
    if (queue->first != 0) {
        arm_expiry(httpd);
    }
}

static void on_expiry(void *self, void *subject, uint64_t detail)
{
    Httpd *httpd = self;

    (void)subject;
    (void)detail;
    httpd->expiry = EVENT_NONE;
    connections_accept(httpd);
}

/* Accepts a connection now, or leaves it to the kernel. */
static Slot *connection_open(Httpd *httpd)
{
    if (!httpd->component.owner.is_held && httpd->lists[SLOT_QUEUED].first == 0) {
        connections_expire(httpd);
        int process = mpm_accepting_process(httpd);

        if (process >= 0) {
            Slot *slot = slot_new(httpd, SLOT_FRESH, now_of(httpd) + httpd->request_read_timeout);

            slot_accept(httpd, slot, (uint32_t)process);
            return slot;
        }
        if (mpm_is_busy(httpd)) {
            close_kept_of_all(httpd);
        }
    }
    Slot *slot = slot_new(httpd, SLOT_QUEUED, now_of(httpd));

    count_waiting(httpd);
    if (!httpd->component.owner.is_held) {
        arm_expiry(httpd);
    }
    return slot;
}

ConnectAnswer httpd_connect(Component *self, uint32_t *connection)
{
    Httpd *httpd = (Httpd *)self;

    if (httpd->is_held) {
        return CONNECT_REFUSE;
    }
    if (httpd->lists[SLOT_QUEUED].count >= (uint32_t)httpd->listen_backlog) {
        httpd->syns_dropped++;
        return CONNECT_DROP;
    }
    *connection = slot_number(httpd, connection_open(httpd));
    return CONNECT_ACCEPT;
}

/* --- requests and answers --- */

/* Who is told when the connection is closed early. */
static void slot_know(Slot *slot, const Message *request)
{
    slot->client = request->from;
    slot->session = request->detail;
    slot->access_delay = request->access_delay;
    slot->access_loss = (float)request->access_loss;
    slot->client_keeps = request->time_to_live;
}

/* Linux hands a connection over with its first request (TCP_DEFER_ACCEPT), so that one whose
 * process has no idle worker by then goes to another one, or stays in the kernel. */
static void slot_defer(Httpd *httpd, Slot *slot)
{
    int process;

    if (process_has_worker(httpd, httpd_process(httpd, slot->process))) {
        return;
    }
    process = mpm_accepting_process(httpd);
    httpd_process(httpd, slot->process)->open--;
    count_open(httpd, -1);
    if (process >= 0) {
        slot_accept(httpd, slot, (uint32_t)process);
    } else {
        slot_become(httpd, slot, SLOT_QUEUED, now_of(httpd));
        count_waiting(httpd);
        arm_expiry(httpd);
    }
}

bool connection_ask(Httpd *httpd, Work *work)
{
    const Message *request = &work->request;
    Slot *slot;

    if (request->connection != 0) {
        connections_expire(httpd);
        slot = slot_find(httpd, request->connection);
        if (slot == NULL || slot->state == SLOT_BUSY || slot->work != NULL) {
            return false;
        }
    } else if (request->peer_incarnation != 0) { /* an old one that nobody counts */
        work->process = (uint32_t)MAX(mpm_accepting_process(httpd), 0);
        work_begin(work);
        return true;
    } else {
        slot = connection_open(httpd);
    }
    slot_know(slot, request);
    work->connection = slot_number(httpd, slot);
    if (slot->state == SLOT_FRESH) {
        slot_defer(httpd, slot);
    }
    if (slot->state == SLOT_QUEUED) {
        slot->work = work;
    } else {
        work->process = slot->process;
        httpd_process(httpd, slot->process)->kept -= slot->state == SLOT_KEPT;
        slot_become(httpd, slot, SLOT_BUSY, 0);
        work_begin(work);
    }
    return true;
}

bool connection_keeps(const Httpd *httpd, const Work *work)
{
    const Slot *slot = slot_find(httpd, work->connection);
    const Process *process = httpd_process(httpd, work->process);

    if (process->queued > 0 || process->is_leaving ||
        (httpd->lists[SLOT_QUEUED].first != 0 && !process_has_worker(httpd, process))) {
        return false;
    }
    return slot == NULL || httpd->keep_alive_requests == 0 ||
           slot->served + 1 < (uint32_t)httpd->keep_alive_requests;
}

void connection_answered(Httpd *httpd, const Work *work, bool is_kept)
{
    Slot *slot = slot_find(httpd, work->connection);
    SimSpan kept = httpd->keep_alive_timeout;

    if (slot == NULL) {
        return;
    }
    if (!is_kept || slot->is_gone || work->request.connection == 0) {
        slot_close(httpd, slot);
        return;
    }
    if (slot->client_keeps > 0) {
        kept = MIN(kept, slot->client_keeps);
    }
    slot->served++;
    httpd_process(httpd, slot->process)->kept++;
    slot_become(httpd, slot, SLOT_KEPT, now_of(httpd) + kept);
}

/* The client closed its end. What waits in the kernel keeps its place until it is accepted. */
void connection_closed(Httpd *httpd, uint32_t number)
{
    Slot *slot = slot_find(httpd, number);

    if (slot == NULL) {
        return;
    }
    if (slot->state == SLOT_QUEUED || slot->state == SLOT_BUSY) {
        slot->is_gone = true;
        if (slot->work != NULL) {
            work_forget(slot->work);
            slot->work = NULL;
        }
        return;
    }
    slot_close(httpd, slot);
    connections_accept(httpd);
}

/* --- life --- */

void connections_clear(Httpd *httpd)
{
    for (uint32_t index = 1; index < httpd->slots_count; index++) {
        Slot *slot = slot_at(httpd, index);

        if (slot->state != SLOT_FREE) {
            slot->work = NULL;
            slot_free(httpd, slot);
        }
    }
    httpd->open = 0;
    httpd->expiry = EVENT_NONE;
    gauge_set(&httpd->connections, now_of(httpd), 0.0);
    count_waiting(httpd);
}
