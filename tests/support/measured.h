/* measured.h - runs of a real httpd in front of two back ends, played again on the web bed: an open
 * stream of requests, one fault on the first member, and what clients saw. */
#pragma once

#include "tests/support/web_bed.h"

/* What happens to the first member. Times count from the fault. */
typedef enum MeasuredFault {
    MEASURED_KILL,   /* its process dies under a live kernel */
    MEASURED_DROP,   /* all packets to and from its host are lost */
    MEASURED_HANG,   /* SIGSTOP: its kernel still accepts */
    MEASURED_STATUS, /* it answers everything with `status` */
    MEASURED_PAGE,   /* its health page answers with `status`, all else is well */
    MEASURED_WORK,   /* its health page is well, all else answers with `status` */
} MeasuredFault;

typedef struct MeasuredCase {
    const char *settings;
    double rate_per_s;
    MeasuredFault fault;
    SimSpan service;      /* of a back end; 0: 10 ms */
    SimSpan lead;         /* of the stream, before the fault; 0: 5 s */
    SimSpan window;       /* of the stream, from the fault */
    SimSpan fault_length; /* 0: to the end */
    uint32_t status;
    bool is_poisson;
    bool is_kept;    /* clients use connections that carried requests before */
    bool is_both;    /* members, two seconds apart */
    bool is_at_once; /* with both: at the same time */
    int64_t workers; /* MaxRequestWorkers, for `full`; 0: 400 */
} MeasuredCase;

typedef struct MeasuredRun {
    guint asked;  /* from the fault on; failures count from the start */
    guint failed; /* no answer, or 500 and above */
    guint failed_502, failed_503, cut;
    guint slow; /* answered well after more than 0.5 s */
    SimSpan ok_p49, ok_median, ok_most, failed_most;
    SimTime last_failed; /* when the last one that failed was asked; below 0: none */
    SimTime leaves;      /* first note that the member is out; SIM_NEVER: never */
    SimTime returns;     /* first request asked after its recovery that it got; SIM_NEVER: none */
    SimTime back;        /* when checks took it in again; SIM_NEVER: never */
    SimTime full;        /* when all workers were busy; SIM_NEVER: never */
    guint failovers;
} MeasuredRun;

/* `lead` and a part of a second of the stream without a fault, `window` with it, and then until
 * everything is answered. Clients connect first, and wait for 300 s. The machines' kernel is one
 * from Linux 6.5 on: it was not told, but three streams that met a full backlog for 17 to 19 s had
 * medians of 11.25 to 11.45 s, which is its SYN at 11 s; older ones send at 7 and 15 s. */
MeasuredRun measured_run(const MeasuredCase *measured, uint64_t seed);
