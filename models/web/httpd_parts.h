/* httpd_parts.h - what the parts of the httpd model share. */
#pragma once

#include "models/web/balancer.h"
#include "sim/base/pool.h"
#include "sim/world/call.h"
#include "sim/world/history.h"
#include "sim/world/host.h"
#include "sim/world/world.h"

typedef struct Httpd Httpd;

/* How a health check asks. */
typedef enum CheckMethod {
    CHECK_NONE,
    CHECK_TCP,
    CHECK_OPTIONS,
    CHECK_HEAD,
    CHECK_GET
} CheckMethod;

/* One member's connections, in step with the balancer's members. */
typedef struct Backend {
    Httpd *httpd;
    Component *peer;
    uint32_t index;
    uint32_t idle;             /* open connections that nobody uses */
    uint32_t peer_incarnation; /* life of the peer that they lead to, and of its host */
    uint32_t host_life;
} Backend;

#define HTTPD_FAIL_CODES 8

struct Httpd {
    Component component; /* first */
    /* configuration: directives and worker parameters by httpd's own names */
    int64_t max_request_workers, listen_backlog, keep_alive_requests, port, max_attempts;
    SimSpan connection_timeout, proxy_timeout, retry, hc_interval, keep_alive_timeout;
    int64_t hc_passes, hc_fails;
    int method, hc_method, members;
    bool fail_on_timeout, force_recovery;
    SimSpan proxy_cpu, tls_full_cpu, tls_resumed_cpu;
    char *backend_kind, **fail_on_status;
    /* measurement */
    uint64_t requests, answers_ok, answers_500, answers_502, answers_503, answers_504, failovers,
        connections_cut, syns_dropped, checks_failed;
    Gauge workers_busy, waiting;
    /* state */
    Rng check_rng;
    uint32_t fail_codes[HTTPD_FAIL_CODES], fail_codes_count;
    Balancer balancer;
    Backend *backends;
    Pool *works;
    struct Work *queue_first, *queue_last; /* accepted, without a worker */
    uint32_t busy, queued;
};

/* Longest connect to a member. */
static inline SimSpan httpd_connection_timeout(const Httpd *httpd)
{
    return httpd->connection_timeout > 0 ? httpd->connection_timeout : httpd->proxy_timeout;
}

/* Starts the health checks of all members; called at each start. */
void httpd_check_start(Httpd *httpd);

/* Tells what became of a member: "httpd.member-error", "httpd.member-out", "httpd.member-back". */
void httpd_note_member(Httpd *httpd, const char *event, uint32_t index);
