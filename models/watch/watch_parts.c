/* watch_parts.c - see watch_parts.h. */
#include "models/watch/watch_parts.h"

#include <arpa/inet.h>

#include "sim/world/history.h"
#include "sim/world/network.h"

#define REQUEST_BYTES 250

const char *const watch_path_words[] = {"deep", "shallow", NULL};

const NoteDef watch_notes[] = {
    {.name = "watch.said",
     .help = "A monitor changed what it says of the service",
     .labels = {"to"},
     .values = {"down|up"}},
    NOTE_END,
};

/* --- a question ---------------------------------------------------------------------------------
 */

static SimTime now_of(const WatchQuestion *question)
{
    return world_now(question->asker->world);
}

static SimSpan left_of(const WatchQuestion *question)
{
    return MAX(question->begun + question->timeout - now_of(question), 1);
}

static void end(WatchQuestion *question, bool is_ok)
{
    question->done(question, is_ok, now_of(question) - question->begun);
}

static void on_answer(Component *self, void *context, Outcome outcome, const Message *reply)
{
    (void)self;
    end(context, outcome == OUTCOME_OK && reply->code < 400);
}

static void on_connected(Component *self, void *context, ConnectOutcome outcome, Component *peer,
                         uint32_t connection)
{
    WatchQuestion *question = context;
    SimSpan one_way = 0;

    if (outcome != CONNECTED) {
        end(question, false);
        return;
    }
    if (self->site != NULL && peer->site != NULL) {
        one_way = network_base_delay(self->world, self->site, peer->site);
    }
    Message request = {.op = MESSAGE_HTTP,
                       .size_bytes = REQUEST_BYTES,
                       .flags = HTTP_CLOSE | HTTP_TLS_FULL |
                                (question->aim->path == 0 ? HTTP_HEALTH : HTTP_SHALLOW),
                       .connection = connection,
                       .access_delay = one_way == SIM_NEVER ? 0 : one_way, /* the handshake's */
                       .patience = left_of(question)};

    call_send(self, peer, &request, left_of(question), on_answer, question);
}

static void connect_now(WatchQuestion *question, uint32_t address)
{
    network_connect(question->asker, address, (uint16_t)question->aim->port, left_of(question), 0,
                    0.0, on_connected, question);
}

static void on_resolved(Component *self, void *context, Outcome outcome, const Message *reply)
{
    (void)self;
    if (outcome == OUTCOME_OK && reply->code == DNS_NOERROR && reply->count > 0) {
        connect_now(context, reply->addresses[0]);
    } else {
        end(context, false);
    }
}

static Component *find_resolver(const Component *self)
{
    const GPtrArray *resolvers = world_of_kind(self->world, "resolver");

    for (guint i = 0; i < resolvers->len; i++) {
        Component *resolver = g_ptr_array_index(resolvers, i);

        if (resolver->site == self->site) {
            return resolver;
        }
    }
    return NULL;
}

void watch_ask(WatchQuestion *question)
{
    question->begun = now_of(question);
    if (question->aim->address != 0) {
        connect_now(question, question->aim->address);
        return;
    }
    Message query = {.op = MESSAGE_RESOLVE,
                     .transport = TRANSPORT_UDP,
                     .size_bytes = 64,
                     .subject = question->aim->host_name,
                     .detail = question->user};

    call_send(question->asker, find_resolver(question->asker), &query, left_of(question),
              on_resolved, question);
}

static void on_knocked(Component *self, void *context, ConnectOutcome outcome, Component *peer,
                       uint32_t connection)
{
    if (outcome == CONNECTED) {
        network_close(self, peer, connection, 0, 0.0);
    }
    end(context, outcome == CONNECTED || outcome == CONNECT_REFUSED);
}

void watch_knock(WatchQuestion *question)
{
    question->begun = now_of(question);
    network_connect(question->asker, question->aim->address, (uint16_t)question->aim->port,
                    question->timeout, 0, 0.0, on_knocked, question);
}

/* --- what a monitor says ------------------------------------------------------------------------
 */

void watcher_say(Watcher *watcher, bool is_down)
{
    Component *self = &watcher->component;
    const GPtrArray *people = world_of_kind(self->world, "people");

    if (watcher->is_down == is_down) {
        return;
    }
    watcher->is_down = is_down;
    watcher->alerts += is_down ? 1 : 0;
    gauge_set(&watcher->says_down, world_now(self->world), is_down ? 1.0 : 0.0);
    history_note(world_history(self->world), "watch.said", self, "to", is_down ? "down" : "up",
                 NULL, NULL);
    for (guint i = 0; is_down && i < people->len; i++) {
        people_hear(g_ptr_array_index(people, i));
    }
}

/* --- set-up -------------------------------------------------------------------------------------
 */

void watch_aim_wire(WatchAim *aim, Component *self, DiagList *diags)
{
    struct in_addr parsed;

    if (aim->address_text != NULL) {
        if (inet_pton(AF_INET, aim->address_text, &parsed) == 1) {
            aim->address = ntohl(parsed.s_addr);
        } else {
            diag_add(diags, DIAG_ERROR, self->settings, DIAG_KEY,
                     "'%s' is not an IPv4 address, like \"192.0.2.11\"", aim->address_text);
        }
    } else if (find_resolver(self) == NULL) {
        diag_add(diags, DIAG_ERROR, self->settings, DIAG_KEY,
                 "'%s' stands in '%s', where nobody resolves names: give 'address', or a region of "
                 "the users in 'from'",
                 self->name, self->site != NULL ? self->site->name : "no site");
    }
}

static Site *region(World *world, guint index)
{
    for (guint i = 0; i < world_count_sites(world); i++) {
        Site *site = world_site(world, i);

        if (site->type == SITE_REGION && index-- == 0) {
            return site;
        }
    }
    return NULL;
}

Site *watch_site(const cJSON *settings, World *world, guint index, DiagList *diags)
{
    const cJSON *from = cJSON_GetObjectItemCaseSensitive(settings, "from");
    const cJSON *name = cJSON_IsArray(from) ? cJSON_GetArrayItem(from, (int)index)
                        : index == 0        ? from
                                            : NULL;

    if (from == NULL) {
        return region(world, index);
    }
    if (!cJSON_IsString(name)) {
        return NULL;
    }
    if (world_find_site(world, name->valuestring) == NULL && diags != NULL) {
        diag_add(diags, DIAG_ERROR, name, DIAG_VALUE, "no site is called '%s'", name->valuestring);
    }
    return world_find_site(world, name->valuestring);
}
