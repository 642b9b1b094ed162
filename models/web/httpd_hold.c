/* httpd_hold.c - a service unit that starts httpd only when the application server of its node
 * can work: an order of units alone does not do that, a server that boots is "started" too, and one
 * that runs may still lack half of its database. Source: systemd.unit After= and systemd.service
 * ExecStartPre=, which holds the unit until it ends. */
#include "models/web/httpd_parts.h"

#define LOOK_STEP SIM_S
#define LOOK_TIMEOUT SIM_S

static void on_look(void *self, void *subject, uint64_t detail);
static const EventType look_event = {"httpd.hold", on_look};

static void look_again(Httpd *httpd)
{
    engine_after(world_engine(httpd->component.world), LOOK_STEP, &httpd->component.owner,
                 &look_event, NULL, 0);
}

static void on_look_answer(Component *self, void *context, Outcome outcome, const Message *reply)
{
    Httpd *httpd = (Httpd *)self;
    bool is_pass = outcome == OUTCOME_OK && reply->code >= 200 && reply->code < 400;

    (void)context;
    httpd->held_passes = is_pass ? httpd->held_passes + 1 : 0;
    if (httpd->held_passes >= (uint32_t)httpd->start_after_checks) {
        httpd->is_held = false;
        mpm_start(httpd);
        httpd_check_start(httpd);
    } else {
        look_again(httpd);
    }
}

static void on_look_connected(Component *self, void *context, ConnectOutcome outcome,
                              Component *peer, uint32_t connection)
{
    Httpd *httpd = (Httpd *)self;
    Message question = {.op = MESSAGE_HTTP, .size_bytes = 120, .flags = HTTP_HEALTH | HTTP_CLOSE};

    (void)connection;
    question.key = httpd->held_looks++;
    if (outcome == CONNECTED) {
        call_send(self, peer, &question, LOOK_TIMEOUT, on_look_answer, context);
    } else {
        httpd->held_passes = 0;
        look_again(httpd);
    }
}

static void on_look(void *self, void *subject, uint64_t detail)
{
    Httpd *httpd = self;

    (void)subject;
    (void)detail;
    network_connect_to(&httpd->component, httpd->held_for->peer, LOOK_TIMEOUT, on_look_connected,
                       NULL);
}

bool httpd_hold(Httpd *httpd)
{
    httpd->is_held = false;
    if (httpd->start_after_checks == 0 || world_now(httpd->component.world) == 0) {
        return false;
    }
    for (uint32_t i = 0; i < httpd->balancer.count; i++) {
        if (httpd->backends[i].peer->host == httpd->component.host) {
            httpd->is_held = true;
            httpd->held_for = &httpd->backends[i];
            httpd->held_looks = httpd->held_passes = 0;
            on_look(httpd, NULL, 0);
            return true;
        }
    }
    return false;
}
