/* host_cpu.c - processor sharing by a virtual clock.
 * The clock is a double in nanoseconds that starts from 0 whenever the CPU falls idle; only + - * /
 * touch it, so that it shows the same bits everywhere. After a day of unbroken work its last digit
 * is worth 2e-5 ns. A job gives its share to the others at the exact instant at which it has all
 * its work, between two nanoseconds, and is told at the next whole one: rounding never adds up. */
#include "sim/world/host_cpu.h"

#include <glib.h>
#include <string.h>

#define SLOT_BITS 20
#define SLOT_MOST ((uint32_t)1 << SLOT_BITS)
#define NO_SLOT UINT32_MAX
#define LONGEST ((double)(400 * SIM_DAY))

/* How long the end of work that nobody waits for may go unnoticed. The gauges get its true instant
 * all the same, a little later. */
#define LOOK_IN (5 * SIM_MS)

/* Time that is not worth another event: rounding of the virtual clock. */
#define REST_NS 0.001

struct CpuTag {
    double done_at; /* on the virtual clock */
    uint64_t order; /* sequence << SLOT_BITS | slot: of two that end together, the older first */
};

struct CpuJob {
    EventOwner *owner;
    const EventType *type; /* NULL: nobody waits */
    void *subject;
    uint64_t detail;
    uint32_t incarnation;
    uint32_t next; /* slot: the next free one, or the next one done */
};

static void on_next(void *self, void *subject, uint64_t detail);

static const EventType cpu_next = {"host/cpu", on_next};

static inline bool tag_is_before(CpuTag a, CpuTag b)
{
    return a.done_at < b.done_at || (a.done_at <= b.done_at && a.order < b.order);
}

static inline uint32_t tag_slot(CpuTag tag)
{
    return (uint32_t)tag.order & (SLOT_MOST - 1);
}

static void cpu_rise(HostCpu *cpu, uint32_t place, CpuTag tag)
{
    while (place > 0 && tag_is_before(tag, cpu->tags[(place - 1) / 2])) {
        cpu->tags[place] = cpu->tags[(place - 1) / 2];
        place = (place - 1) / 2;
    }
    cpu->tags[place] = tag;
}

static void cpu_sink(HostCpu *cpu, uint32_t place, CpuTag tag)
{
    for (uint32_t child = 2 * place + 1; child < cpu->count; child = 2 * place + 1) {
        if (child + 1 < cpu->count && tag_is_before(cpu->tags[child + 1], cpu->tags[child])) {
            child++;
        }
        if (tag_is_before(tag, cpu->tags[child])) {
            break;
        }
        cpu->tags[place] = cpu->tags[child];
        place = child;
    }
    cpu->tags[place] = tag;
}

static void cpu_grow(HostCpu *cpu)
{
    uint32_t capacity = cpu->capacity == 0 ? 16 : 2 * cpu->capacity;

    g_assert_cmpuint(capacity, <=, SLOT_MOST);
    cpu->tags = g_renew(CpuTag, cpu->tags, capacity);
    cpu->jobs = g_renew(CpuJob, cpu->jobs, capacity);
    for (uint32_t slot = cpu->capacity; slot < capacity; slot++) {
        cpu->jobs[slot].next = slot + 1 < capacity ? slot + 1 : NO_SLOT;
    }
    cpu->first_free = cpu->capacity;
    cpu->capacity = capacity;
}

static inline uint32_t cpu_take_slot(HostCpu *cpu)
{
    uint32_t slot;

    if (cpu->first_free == NO_SLOT) {
        cpu_grow(cpu);
    }
    slot = cpu->first_free;
    cpu->first_free = cpu->jobs[slot].next;
    return slot;
}

static void cpu_give_slot(HostCpu *cpu, uint32_t slot)
{
    cpu->jobs[slot].next = cpu->first_free;
    cpu->first_free = slot;
}

static inline void cpu_measure(Gauge *gauge, SimTime now, double value)
{
    if (value > gauge->value || value < gauge->value) {
        gauge_set(gauge, now, value);
    }
}

static inline void cpu_show(HostCpu *cpu, SimTime now)
{
    double count = cpu->count;
    double busy = count < cpu->vcpus ? count : cpu->vcpus;

    cpu_measure(cpu->utilisation, now, busy / cpu->vcpus);
    cpu_measure(cpu->runnable, now, count);
}

/* The first job has all its work at `at`: puts it behind those that wait to be told. */
static void cpu_end_first(HostCpu *cpu, SimTime at)
{
    uint32_t slot = tag_slot(cpu->tags[0]);

    ledger_go(&cpu->ledger, at, cpu->tags[0].order);
    cpu->count--;
    if (cpu->count > 0) {
        cpu_sink(cpu, 0, cpu->tags[cpu->count]);
    }
    if (cpu->jobs[slot].type == NULL) {
        cpu_give_slot(cpu, slot);
        cpu_show(cpu, at);
        return;
    }
    cpu->told--;
    cpu->jobs[slot].next = NO_SLOT;
    if (cpu->first_done == NO_SLOT) {
        cpu->first_done = slot;
    } else {
        cpu->jobs[cpu->last_done].next = slot;
    }
    cpu->last_done = slot;
}

static inline double cpu_rate(const HostCpu *cpu)
{
    double count = cpu->count;

    return count > cpu->vcpus ? cpu->speed * cpu->vcpus / count : cpu->speed;
}

/* Brings the virtual clock to now. Jobs that end on the way leave their share to the rest. */
static inline void cpu_advance(HostCpu *cpu)
{
    SimTime now = engine_now(cpu->engine);
    SimTime began = cpu->since;
    double all = (double)(now - began), span = all;

    if (now == began && cpu->count > 0) { /* looked at already */
        return;
    }
    cpu->since = now;
    while (cpu->count > 0 && cpu->speed > 0) {
        double rate = cpu_rate(cpu);
        double until_first = (cpu->tags[0].done_at - cpu->served) / rate;

        if (until_first > span + REST_NS) {
            cpu->served += span * rate;
            return;
        }
        cpu->served = cpu->tags[0].done_at;
        span = span > until_first ? span - until_first : 0;
        cpu_end_first(cpu, began + (SimSpan)(all - span));
    }
    if (cpu->count == 0) {
        cpu->served = 0;
    }
}

static void cpu_wait_for_nothing(HostCpu *cpu)
{
    if (cpu->next != EVENT_NONE) {
        engine_cancel(cpu->engine, cpu->next);
        cpu->next = EVENT_NONE;
    }
}

/* When somebody is to be told next: the first whole nanosecond at which the first job has all its
 * work. */
static inline SimTime cpu_next_time(const HostCpu *cpu, SimTime now)
{
    double span;
    SimSpan whole;

    if (cpu->first_done != NO_SLOT) {
        return now;
    }
    span = (cpu->tags[0].done_at - cpu->served) / cpu_rate(cpu);
    whole = (SimSpan)(span < LONGEST ? span : LONGEST);
    return now + whole + ((double)whole < span);
}

static inline void cpu_wait(HostCpu *cpu, SimTime at)
{
    if (cpu->next == EVENT_NONE) {
        cpu->next = engine_at(cpu->engine, at, cpu->owner, &cpu_next, cpu, 0);
    } else if (at != cpu->next_at) {
        engine_move(cpu->engine, cpu->next, at);
    }
    cpu->next_at = at;
}

/* After jobs came or went, or the speed changed: the gauges and the next event. */
static void cpu_settle(HostCpu *cpu)
{
    SimTime now = engine_now(cpu->engine);

    cpu_show(cpu, now);
    if (cpu->first_done != NO_SLOT || (cpu->told > 0 && cpu->speed > 0)) {
        cpu_wait(cpu, cpu_next_time(cpu, now));
    } else if (cpu->count > 0 && cpu->speed > 0) {
        if (cpu->next == EVENT_NONE) {
            cpu_wait(cpu, now + LOOK_IN);
        }
    } else {
        cpu_wait_for_nothing(cpu);
    }
}

/* The first job is done, and whoever else is done with it. What happens may add jobs or drop them.
 */
static void on_next(void *self, void *subject, uint64_t detail)
{
    HostCpu *cpu = subject;

    (void)self;
    (void)detail;
    cpu->next = EVENT_NONE;
    cpu_advance(cpu);
    cpu->is_telling = true;
    while (cpu->first_done != NO_SLOT) {
        uint32_t slot = cpu->first_done;
        CpuJob job = cpu->jobs[slot];

        cpu->first_done = job.next;
        cpu_give_slot(cpu, slot);
        engine_happen(cpu->engine, job.owner, job.incarnation, job.type, job.subject, job.detail);
    }
    cpu->is_telling = false;
    cpu_settle(cpu);
}

static void cpu_changed(HostCpu *cpu)
{
    if (!cpu->is_telling) {
        cpu_settle(cpu);
    }
}

void host_cpu_init(HostCpu *cpu, Engine *engine, EventOwner *owner, int64_t vcpus,
                   Gauge *utilisation, Gauge *runnable)
{
    *cpu = (HostCpu){.engine = engine,
                     .owner = owner,
                     .vcpus = (double)vcpus,
                     .speed = 1,
                     .first_free = NO_SLOT,
                     .first_done = NO_SLOT,
                     .utilisation = utilisation,
                     .runnable = runnable};
}

void host_cpu_clear(HostCpu *cpu)
{
    g_clear_pointer(&cpu->tags, g_free);
    g_clear_pointer(&cpu->jobs, g_free);
    cpu->count = 0;
    cpu->capacity = 0;
    cpu->first_free = NO_SLOT;
    cpu->first_done = NO_SLOT;
}

/* Work that the busy vCPUs gave since the last change of speed. The gauge is read at the instant
 * that the virtual clock stands at, which it has not changed since. */
static double cpu_given(const HostCpu *cpu, double *seen)
{
    const Gauge *busy = cpu->utilisation;

    *seen = busy->area + busy->value * (double)(cpu->since - busy->since);
    return (*seen - cpu->seen) * cpu->vcpus * cpu->speed;
}

void host_cpu_set_speed(HostCpu *cpu, double speed)
{
    double seen;

    cpu_advance(cpu);
    cpu->given_ns += cpu_given(cpu, &seen);
    cpu->seen = seen;
    cpu->speed = speed;
    cpu_changed(cpu);
}

/* The job is written where it stands: as a value it would be stored in parts, and then be read as a
 * whole before these have reached the cache. */
static inline void cpu_put(HostCpu *cpu, EventOwner *owner, SimSpan work, const EventType *type,
                           void *subject, uint64_t detail)
{
    uint32_t slot;
    CpuJob *job;
    CpuTag tag;

    g_assert_cmpint(work, >=, 0);
    cpu_advance(cpu);
    slot = cpu_take_slot(cpu);
    job = &cpu->jobs[slot];
    job->owner = owner;
    job->type = type;
    job->subject = subject;
    job->detail = detail;
    job->incarnation = owner->incarnation;
    tag.done_at = cpu->served + (double)work;
    tag.order = ++cpu->sequence << SLOT_BITS | slot;
    ledger_come(&cpu->ledger, cpu->since, tag.order);
    cpu->ledger.work_ns += (uint64_t)work;
    cpu_rise(cpu, cpu->count++, tag);
    cpu->told += type != NULL ? 1 : 0;
    cpu_changed(cpu);
}

void host_cpu_add(HostCpu *cpu, EventOwner *owner, SimSpan work, const EventType *type,
                  void *subject, uint64_t detail)
{
    g_assert_nonnull(type);
    cpu_put(cpu, owner, work, type, subject, detail);
}

void host_cpu_spend(HostCpu *cpu, EventOwner *owner, SimSpan work)
{
    cpu_put(cpu, owner, work, NULL, NULL, 0);
}

/* A job leaves before it has all its work. */
static void cpu_lose(HostCpu *cpu, CpuTag tag)
{
    ledger_go(&cpu->ledger, cpu->since, tag.order);
    cpu->lost_ns += tag.done_at - cpu->served;
    cpu_give_slot(cpu, tag_slot(tag));
}

/* Drops a job that has all its work and waits to be told. */
static bool cpu_drop_done(HostCpu *cpu, const void *subject)
{
    uint32_t before = NO_SLOT;

    for (uint32_t slot = cpu->first_done; slot != NO_SLOT; slot = cpu->jobs[slot].next) {
        if (cpu->jobs[slot].subject == subject) {
            uint32_t next = cpu->jobs[slot].next;

            *(before == NO_SLOT ? &cpu->first_done : &cpu->jobs[before].next) = next;
            if (next == NO_SLOT) {
                cpu->last_done = before;
            }
            cpu_give_slot(cpu, slot);
            return true;
        }
        before = slot;
    }
    return false;
}

void host_cpu_drop(HostCpu *cpu, const void *subject)
{
    uint32_t place = 0;
    CpuTag last;

    cpu_advance(cpu);
    while (place < cpu->count && cpu->jobs[tag_slot(cpu->tags[place])].subject != subject) {
        place++;
    }
    if (place < cpu->count) {
        cpu->told--;
        cpu_lose(cpu, cpu->tags[place]);
        last = cpu->tags[--cpu->count];
        if (place > 0 && place < cpu->count && tag_is_before(last, cpu->tags[(place - 1) / 2])) {
            cpu_rise(cpu, place, last);
        } else if (place < cpu->count) {
            cpu_sink(cpu, place, last);
        }
        cpu_changed(cpu);
    } else if (cpu_drop_done(cpu, subject)) {
        cpu_changed(cpu);
    }
}

void host_cpu_forget(HostCpu *cpu, const EventOwner *owner)
{
    uint32_t left = 0;

    cpu_advance(cpu);
    for (uint32_t i = 0; i < cpu->count; i++) {
        CpuTag tag = cpu->tags[i];

        if (cpu->jobs[tag_slot(tag)].owner == owner) {
            cpu->told -= cpu->jobs[tag_slot(tag)].type != NULL ? 1 : 0;
            cpu_lose(cpu, tag);
        } else {
            cpu->tags[left++] = tag;
        }
    }
    if (left == cpu->count) {
        return;
    }
    cpu->count = left;
    for (uint32_t place = left / 2; place-- > 0;) {
        cpu_sink(cpu, place, cpu->tags[place]);
    }
    cpu_changed(cpu);
}

void host_cpu_forget_all(HostCpu *cpu)
{
    cpu_advance(cpu);
    while (cpu->count > 0) {
        cpu_lose(cpu, cpu->tags[--cpu->count]);
    }
    cpu->told = 0;
    while (cpu->first_done != NO_SLOT) {
        uint32_t slot = cpu->first_done;

        cpu->first_done = cpu->jobs[slot].next;
        cpu_give_slot(cpu, slot);
    }
    cpu_changed(cpu);
}

LedgerWork host_cpu_ledger_work(const Ledger *ledger)
{
    const HostCpu *cpu = (const void *)((const char *)ledger - offsetof(HostCpu, ledger));
    double seen;
    LedgerWork work = {.given_ns = cpu->given_ns + cpu_given(cpu, &seen), .lost_ns = cpu->lost_ns};

    for (uint32_t i = 0; i < cpu->count; i++) {
        work.left_ns += cpu->tags[i].done_at - cpu->served;
    }
    return work;
}
