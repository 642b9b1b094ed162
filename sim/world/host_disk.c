/* host_disk.c - first come first served over the slots of a profile.
 * Sources of the profiles: fio on a Hetzner CCX33 ("668 nanoseconds on a network disk"; 8-kB reads
 * p50 0.123 ms, p99 1.3 ms), fsync on a fresh Contabo VPS (mean 37 ms, spikes 86 ms), own 4-kB
 * append + fdatasync on a 2-vCPU VM (p50 0.197, p99 0.316, p99.9 2.2 ms); what lies between them is
 * an assumption. The body is lognormal by p50 and p99; one operation in a thousand takes the p99.9
 * value times Pareto(1.5), at most 2 s. */
#include "sim/world/host_disk.h"

struct DiskProfile {
    const char *read, *fsync; /* laws */
    SimSpan write;            /* into the cache */
    int slots;
    double bytes_per_s; /* sequential */
    double most_per_s;  /* operations; 0: no cap */
};

struct DiskJob {
    EventOwner *owner;
    const EventType *type;
    void *subject;
    uint64_t detail;
    SimTime done_at;
    uint32_t incarnation;
    uint32_t next_free; /* slot */
};

const char *const disk_profile_names[] = {"good", "cheap", "network", "bad", NULL};

#define WITH_OUTLIERS(body, p999)                                                                  \
    "mixture(0.999: " body ", 0.001: clipped(0s, 2s, pareto(min=" p999 ", shape=1.5)))"

static const DiskProfile disk_profiles[] = {
    /* Local NVMe, mirrored. */
    {"lognormal(median=120us, p99=500us)",
     WITH_OUTLIERS("lognormal(median=200us, p99=600us)", "3ms"), 20 * SIM_US, 16, 600e6, 0},
    /* SATA SSD, shared. */
    {WITH_OUTLIERS("lognormal(median=300us, p99=3ms)", "20ms"),
     WITH_OUTLIERS("lognormal(median=1ms, p99=8ms)", "40ms"), 30 * SIM_US, 8, 300e6, 0},
    /* Ceph volume; its cap is 5,000 to 7,500 operations a second. */
    {WITH_OUTLIERS("lognormal(median=600us, p99=4ms)", "30ms"),
     WITH_OUTLIERS("lognormal(median=2500us, p99=12ms)", "60ms"), 50 * SIM_US, 16, 200e6, 6000},
    /* Oversold. */
    {"lognormal(median=2ms, p99=30ms)", WITH_OUTLIERS("lognormal(median=20ms, p99=90ms)", "400ms"),
     100 * SIM_US, 4, 80e6, 0},
};

static void on_done(void *self, void *subject, uint64_t detail);

static const EventType disk_done = {"host/disk", on_done};

static Draw disk_law(const char *text)
{
    g_autoptr(GError) error = NULL;
    Draw draw = {NULL};

    if (!draw_parse(&draw, DRAW_SPAN, text, &error)) {
        g_error("disk profile: '%s': %s", text, error->message);
    }
    return draw;
}

static void disk_empty(HostDisk *disk, uint32_t from)
{
    for (uint32_t slot = from; slot < disk->capacity; slot++) {
        disk->jobs[slot].next_free = slot + 1;
    }
    disk->first_free = from;
}

static void disk_grow(HostDisk *disk)
{
    uint32_t before = disk->capacity;

    disk->capacity = before == 0 ? 16 : 2 * before;
    disk->jobs = g_renew(DiskJob, disk->jobs, disk->capacity);
    disk_empty(disk, before);
}

static void disk_measure(const HostDisk *disk)
{
    SimTime now = engine_now(disk->engine);
    double slots = disk->profile->slots;
    double count = disk->count;

    gauge_set(disk->busy, now, count < slots ? count / slots : 1);
    if (count > slots || disk->queue->value > 0) {
        gauge_set(disk->queue, now, count > slots ? count - slots : 0);
    }
}

/* A slot that is free now, or else the one that is free first. */
static int disk_first_slot(const HostDisk *disk)
{
    SimTime now = engine_now(disk->engine);
    int first = 0;

    for (int slot = 1; slot < disk->profile->slots && disk->slot_free_at[first] > now; slot++) {
        if (disk->slot_free_at[slot] < disk->slot_free_at[first]) {
            first = slot;
        }
    }
    return first;
}

static SimSpan disk_service(HostDisk *disk, DiskOp op, int64_t size_bytes)
{
    double service = (double)size_bytes * 1e9 / disk->bytes_per_s;

    switch (op) {
    case DISK_READ:
        service += (double)draw_span(disk->read, &disk->rng);
        break;
    case DISK_WRITE:
        service += (double)disk->profile->write;
        break;
    case DISK_FSYNC:
        service += (double)draw_span(disk->fsync, &disk->rng);
        break;
    }
    return (SimSpan)(service * disk->slowdown + 0.5);
}

/* What a fault adds to one operation. */
static SimSpan disk_added(HostDisk *disk, DiskOp op)
{
    SimSpan added = op == DISK_READ ? disk->read_added : disk->flush_added;

    if (disk->slow_ratio <= 0 || op == DISK_WRITE || added == 0 ||
        !rng_chance(&disk->slow_rng, disk->slow_ratio)) {
        return 0;
    }
    return added + (SimSpan)(rng_uniform(&disk->slow_rng) * (double)disk->jitter_added);
}

/* When an operation that arrives now is done; its slot is taken until then. */
static SimTime disk_plan(HostDisk *disk, SimSpan service)
{
    SimTime now = engine_now(disk->engine), start = now;
    int slot = disk_first_slot(disk);

    if (disk->slot_free_at[slot] > start) {
        start = disk->slot_free_at[slot];
    }
    if (disk->most_per_s > 0) {
        if (disk->next_start > start) {
            start = disk->next_start;
        }
        disk->next_start = start + (SimSpan)(1e9 / disk->most_per_s);
    }
    disk->ledger.work_ns += (uint64_t)(start + service - MAX(disk->slot_free_at[slot], now));
    disk->slot_free_at[slot] = start + service;
    return start + service;
}

/* --- the books --- */

/* Service that the busy slots gave, as they are shown, and that they still have to give. */
static LedgerWork disk_work(const HostDisk *disk, SimTime now)
{
    const Gauge *busy = disk->busy;
    double area = busy->area + busy->value * (double)(now - busy->since);
    LedgerWork work = {.given_ns = area * disk->profile->slots};

    for (int slot = 0; slot < disk->profile->slots; slot++) {
        work.left_ns += (double)MAX(disk->slot_free_at[slot] - now, 0);
    }
    return work;
}

/* A frozen guest learns late that an operation is done and shows it as busy until then; operations
 * that a fall ends are not done at all. What the books lack by that is set down here. */
static void disk_settle(HostDisk *disk, SimTime now)
{
    LedgerWork work = disk_work(disk, now);

    disk->unseen_ns = (double)disk->ledger.work_ns - work.given_ns - work.left_ns;
}

LedgerWork host_disk_ledger_work(const Ledger *ledger)
{
    const HostDisk *disk = (const void *)((const char *)ledger - offsetof(HostDisk, ledger));
    SimTime now = engine_now(disk->engine);
    LedgerWork work = disk_work(disk, now);
    uint32_t serving = 0, slots = (uint32_t)disk->profile->slots;

    for (uint32_t slot = 0; slot < slots; slot++) {
        serving += disk->slot_free_at[slot] > now;
    }
    work.lost_ns = disk->unseen_ns;
    if (serving < MIN(disk->count, slots)) { /* some are done and the guest is frozen */
        work.lost_ns = (double)ledger->work_ns - work.given_ns - work.left_ns;
    }
    return work;
}

/* --- one operation --- */

static void on_done(void *self, void *subject, uint64_t detail)
{
    HostDisk *disk = subject;
    DiskJob job = disk->jobs[detail];
    SimTime now = engine_now(disk->engine);

    (void)self;
    ledger_go(&disk->ledger, now, (uint64_t)job.done_at);
    disk->jobs[detail].next_free = disk->first_free;
    disk->first_free = (uint32_t)detail;
    disk->count--;
    disk_measure(disk);
    if (now > job.done_at) {
        disk_settle(disk, now);
    }
    engine_happen(disk->engine, job.owner, job.incarnation, job.type, job.subject, job.detail);
}

void host_disk_init(HostDisk *disk, Engine *engine, EventOwner *owner, int profile,
                    const char *stream, Gauge *busy, Gauge *queue)
{
    *disk = (HostDisk){.engine = engine,
                       .owner = owner,
                       .profile = &disk_profiles[profile],
                       .slowdown = 1,
                       .bytes_per_s = disk_profiles[profile].bytes_per_s,
                       .most_per_s = disk_profiles[profile].most_per_s,
                       .busy = busy,
                       .queue = queue};
    disk->ledger.servers = (uint32_t)disk->profile->slots;
    disk->read = disk_law(disk->profile->read);
    disk->fsync = disk_law(disk->profile->fsync);
    engine_open_stream(engine, &disk->rng, stream);
    g_autofree char *slow_stream = g_strconcat(stream, "/slow", NULL);

    engine_open_stream(engine, &disk->slow_rng, slow_stream);
}

void host_disk_share_laws(HostDisk *disk, DrawBook *book)
{
    draw_book_share(book, &disk->read);
    draw_book_share(book, &disk->fsync);
}

void host_disk_clear(HostDisk *disk)
{
    draw_clear(&disk->read);
    draw_clear(&disk->fsync);
    g_clear_pointer(&disk->jobs, g_free);
}

void host_disk_set_slowdown(HostDisk *disk, double slowdown)
{
    disk->slowdown = slowdown;
}

void host_disk_set_delays(HostDisk *disk, const Effect *condition)
{
    disk->read_added = condition->disk_read_added;
    disk->flush_added = condition->disk_flush_added;
    disk->jitter_added = condition->disk_jitter_added;
    disk->slow_ratio = condition->disk_slow_ratio;
}

void host_disk_set_limits(HostDisk *disk, const Effect *condition)
{
    const DiskProfile *profile = disk->profile;

    disk->bytes_per_s = profile->bytes_per_s;
    disk->most_per_s = profile->most_per_s;
    if (condition->disk_rate_limit > 0) {
        disk->bytes_per_s = MIN(disk->bytes_per_s, condition->disk_rate_limit);
    }
    if (condition->disk_ops_limit > 0) {
        disk->most_per_s = disk->most_per_s > 0 ? MIN(disk->most_per_s, condition->disk_ops_limit)
                                                : condition->disk_ops_limit;
    }
}

void host_disk_add(HostDisk *disk, EventOwner *owner, DiskOp op, int64_t size_bytes,
                   const EventType *type, void *subject, uint64_t detail)
{
    SimTime done_at = disk_plan(disk, disk_service(disk, op, size_bytes) + disk_added(disk, op));
    uint32_t slot;

    if (disk->count == disk->capacity) {
        disk_grow(disk);
    }
    slot = disk->first_free;
    disk->first_free = disk->jobs[slot].next_free;
    disk->jobs[slot] = (DiskJob){owner, type, subject, detail, done_at, owner->incarnation, 0};
    disk->count++;
    ledger_come(&disk->ledger, engine_now(disk->engine), (uint64_t)done_at);
    disk_measure(disk);
    engine_at(disk->engine, done_at, disk->owner, &disk_done, disk, slot);
}

void host_disk_forget_all(HostDisk *disk)
{
    for (int slot = 0; slot < DISK_SLOTS_MOST; slot++) {
        disk->slot_free_at[slot] = 0;
    }
    disk->next_start = 0;
    disk->count = 0;
    disk_empty(disk, 0);
    disk_measure(disk);
    ledger_drop_all(&disk->ledger, engine_now(disk->engine));
    disk_settle(disk, engine_now(disk->engine));
}
