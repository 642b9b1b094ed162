/* httpd_mpm.c - the event MPM's processes: how many there are, which one accepts, and when one
 * leaves. Source: httpd 2.4 server/mpm/event/event.c: perform_idle_server_maintenance once a second
 * starts 1, 2, 4 ... 32 children while fewer than MinSpareThreads are idle in processes that
 * accept, and lets one leave while more than MaxSpareThreads are; connections_above_limit. Which
 * process the kernel wakes for a connection is drawn evenly (assumption). A new child works at
 * once; it takes milliseconds. */
#include "models/web/httpd_parts.h"

#define MAINTENANCE (1 * SIM_S)
#define SPAWN_MOST 32

static void on_maintenance(void *self, void *subject, uint64_t detail);
static const EventType maintenance_event = {"httpd.maintenance", on_maintenance};

static SimTime now_of(const Httpd *httpd)
{
    return world_now(httpd->component.world);
}

/* --- directives --- */

void mpm_read(Httpd *httpd, DiagList *diags)
{
    int64_t threads = httpd->threads_per_child;
    int64_t workers = CLAMP(httpd->max_request_workers, threads, httpd->server_limit * threads);

    workers -= workers % threads;
    if (workers != httpd->max_request_workers) {
        diag_add(diags, DIAG_WARNING, httpd->component.settings, DIAG_KEY,
                 "'%s' changes 'MaxRequestWorkers' from %d to %d: it is a multiple of "
                 "'ThreadsPerChild', at most 'ServerLimit' times that",
                 httpd->component.name, (int)httpd->max_request_workers, (int)workers);
        httpd->max_request_workers = workers;
    }
    httpd->process_room = (uint32_t)(workers / threads);
    httpd->min_spare_threads = MAX(httpd->min_spare_threads, 1);
    httpd->max_spare_threads = MAX(httpd->max_spare_threads, httpd->min_spare_threads + threads);
    httpd->async_factor_16 = (int64_t)(httpd->async_factor * 16.0);
    httpd->processes = g_new0(Process, httpd->process_room);
}

/* --- life of a process --- */

static void count_alive(Httpd *httpd)
{
    uint32_t alive = 0;

    for (uint32_t i = 0; i < httpd->process_room; i++) {
        alive += httpd->processes[i].is_alive;
    }
    gauge_set(&httpd->processes_alive, now_of(httpd), (double)alive);
}

static void process_start(Httpd *httpd, Process *process)
{
    Link *links = process->links != NULL ? process->links : g_new(Link, httpd->balancer.count + 1);

    for (uint32_t i = 0; i < httpd->balancer.count; i++) {
        links[i] = (Link){0};
    }
    *process = (Process){.links = links, .started = now_of(httpd), .is_alive = true};
    httpd->processes_started++;
}

void mpm_process_idler(Httpd *httpd, Process *process)
{
    if (!process->is_leaving || process->busy > 0 || process->queued > 0 || process->open > 0) {
        return;
    }
    process->is_alive = false;
    process->is_leaving = false;
    count_alive(httpd);
    httpd_check_hand_over(httpd, (uint32_t)(process - httpd->processes));
}

/* Up to `count` children more. */
static void start_processes(Httpd *httpd, uint32_t count)
{
    for (uint32_t i = 0; i < httpd->process_room && count > 0; i++) {
        if (!httpd->processes[i].is_alive) {
            process_start(httpd, &httpd->processes[i]);
            count--;
        }
    }
    count_alive(httpd);
    connections_accept(httpd);
}

/* The oldest one finishes what it has. */
static void retire_process(Httpd *httpd)
{
    Process *oldest = NULL;

    for (uint32_t i = 0; i < httpd->process_room; i++) {
        Process *process = &httpd->processes[i];

        if (process->is_alive && !process->is_leaving &&
            (oldest == NULL || process->started < oldest->started)) {
            oldest = process;
        }
    }
    if (oldest != NULL) {
        oldest->is_leaving = true;
        connections_close_kept(httpd, oldest);
        mpm_process_idler(httpd, oldest);
    }
}

/* --- who accepts --- */

/* connections_above_limit. */
static bool does_accept(const Httpd *httpd, const Process *process)
{
    int64_t idle = httpd->threads_per_child - (int64_t)process->busy;

    return process->is_alive && !process->is_leaving && idle > 0 &&
           process->open < httpd->threads_per_child + idle * httpd->async_factor_16 / 16;
}

int mpm_accepting_process(Httpd *httpd)
{
    uint32_t count = 0, drawn;

    for (uint32_t i = 0; i < httpd->process_room; i++) {
        count += does_accept(httpd, &httpd->processes[i]);
    }
    if (count == 0) {
        return -1;
    }
    drawn = count > 1 ? (uint32_t)rng_below(&httpd->accept_rng, count) : 0;
    for (uint32_t i = 0; i < httpd->process_room; i++) {
        if (does_accept(httpd, &httpd->processes[i]) && drawn-- == 0) {
            return (int)i;
        }
    }
    g_assert_not_reached();
}

bool mpm_is_busy(const Httpd *httpd)
{
    for (uint32_t i = 0; i < httpd->process_room; i++) {
        const Process *process = &httpd->processes[i];

        if (process->is_alive && !process->is_leaving && process_has_worker(httpd, process)) {
            return false;
        }
    }
    return true;
}

/* --- the parent --- */

static void on_maintenance(void *self, void *subject, uint64_t detail)
{
    Httpd *httpd = self;
    int64_t idle = 0;
    uint32_t alive = 0;

    (void)subject;
    (void)detail;
    connections_expire(httpd);
    for (uint32_t i = 0; i < httpd->process_room; i++) {
        const Process *process = &httpd->processes[i];

        alive += process->is_alive;
        if (does_accept(httpd, process)) {
            idle += httpd->threads_per_child - (int64_t)process->busy;
        }
    }
    if (idle > httpd->max_spare_threads) {
        retire_process(httpd);
        httpd->spawn_rate = 1;
    } else if (idle < httpd->min_spare_threads && alive < httpd->process_room) {
        start_processes(httpd, httpd->spawn_rate);
        httpd->spawn_rate = MIN(2 * httpd->spawn_rate, SPAWN_MOST);
    } else {
        httpd->spawn_rate = 1;
    }
    engine_after(world_engine(httpd->component.world), MAINTENANCE, &httpd->component.owner,
                 &maintenance_event, NULL, 0);
}

void mpm_start(Httpd *httpd)
{
    httpd->spawn_rate = 1;
    httpd->check_process = 0;
    start_processes(httpd, (uint32_t)httpd->start_servers);
    engine_after(world_engine(httpd->component.world), MAINTENANCE, &httpd->component.owner,
                 &maintenance_event, NULL, 0);
}

void mpm_stop(Httpd *httpd)
{
    for (uint32_t i = 0; i < httpd->process_room; i++) {
        httpd->processes[i] = (Process){.links = httpd->processes[i].links};
    }
    httpd->busy = 0;
    httpd->queued = 0;
    count_alive(httpd);
}

void mpm_free(Httpd *httpd)
{
    for (uint32_t i = 0; httpd->processes != NULL && i < httpd->process_room; i++) {
        g_free(httpd->processes[i].links);
    }
    g_free(httpd->processes);
}
