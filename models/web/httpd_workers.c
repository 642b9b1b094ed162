/* httpd_workers.c - the workers of each process and the requests that wait for one. Source:
 * httpd 2.4 server/mpm/event: a request of a connection is served by a worker of the process that
 * accepted it.
 */
#include "models/web/httpd_parts.h"

static SimTime now_of(const Httpd *httpd)
{
    return world_now(httpd->component.world);
}

static void worker_take(Httpd *httpd, Work *work)
{
    httpd_process(httpd, work->process)->busy++;
    httpd->busy++;
    gauge_set(&httpd->workers_busy, now_of(httpd), (double)httpd->busy);
    work_parse(work);
}

/* Whoever waits does it for a worker of his own process: those of others do not count as free. */
static void tell_servers(Httpd *httpd)
{
    uint32_t servers = (uint32_t)httpd->max_request_workers;

    if (httpd->queued > 0) {
        servers = httpd->busy;
        for (uint32_t i = 0; i < httpd->process_room; i++) {
            const Process *process = &httpd->processes[i];

            servers += process->queued > 0 ? (uint32_t)httpd->threads_per_child - process->busy : 0;
        }
    }
    ledger_open(&httpd->ledger, now_of(httpd), servers);
}

static void count_queued(Httpd *httpd, Process *process, int by)
{
    process->queued += (uint32_t)by;
    httpd->queued += (uint32_t)by;
    gauge_set(&httpd->waiting, now_of(httpd), (double)httpd->queued);
}

static void queue_push(Httpd *httpd, Work *work)
{
    Process *process = httpd_process(httpd, work->process);

    work->stage = WORK_QUEUED;
    if (process->queue_last != NULL) {
        process->queue_last->next = work;
    } else {
        process->queue_first = work;
    }
    process->queue_last = work;
    ledger_wait(&httpd->ledger, now_of(httpd), work->request.request);
    count_queued(httpd, process, 1);
    tell_servers(httpd);
}

static Work *queue_pop(Httpd *httpd, Process *process)
{
    Work *work = process->queue_first;

    if (work != NULL) {
        process->queue_first = work->next;
        if (work->next == NULL) {
            process->queue_last = NULL;
        }
        work->next = NULL;
        ledger_begin(&httpd->ledger, now_of(httpd));
        count_queued(httpd, process, -1);
    }
    return work;
}

/* The worker takes the next request that waits, or is idle. */
void work_free(Work *work, bool is_kept)
{
    Httpd *httpd = work->httpd;
    Process *process = httpd_process(httpd, work->process);
    bool is_short = httpd->queued > 0;
    Work *next;

    ledger_end(&httpd->ledger, now_of(httpd), work->request.request);
    next = queue_pop(httpd, process);
    httpd->busy--;
    process->busy--;
    for (uint32_t i = 0; i < work->busy_count; i++) {
        httpd->balancer.members[work->busy_with[i]].busy--;
    }
    connection_answered(httpd, work, is_kept);
    pool_give(httpd->works, work);
    if (next != NULL) {
        worker_take(httpd, next);
    } else {
        gauge_set(&httpd->workers_busy, now_of(httpd), (double)httpd->busy);
    }
    if (is_short) {
        tell_servers(httpd);
    }
    mpm_process_idler(httpd, process);
    connections_accept(httpd);
}

void work_begin(Work *work)
{
    Httpd *httpd = work->httpd;
    Process *process = httpd_process(httpd, work->process);

    if (process_has_worker(httpd, process)) {
        ledger_serve(&httpd->ledger, now_of(httpd), work->request.request);
        worker_take(httpd, work);
        if (httpd->queued > 0) {
            tell_servers(httpd);
        }
    } else {
        queue_push(httpd, work);
        connections_close_kept(httpd, process);
    }
}
