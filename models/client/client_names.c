/* client_names.c - where a client has its servers' addresses from when it is not DNS: a list in the
 * program, or one from a registry that it asks again now and then without making anybody wait. */
#include <arpa/inet.h>

#include "models/client/client_parts.h"

#define LIST_QUERY_BYTES 200
#define LIST_TIMEOUT (5 * SIM_S) /* Eureka client eurekaServerReadTimeoutSeconds 8, Consul 5 */

static Component *find_resolver(World *world, const Site *site)
{
    const GPtrArray *resolvers = world_of_kind(world, "resolver");

    for (guint i = 0; i < resolvers->len; i++) {
        Component *resolver = g_ptr_array_index(resolvers, i);

        if (resolver->site == site) {
            return resolver;
        }
    }
    return NULL;
}

static void read_servers(Client *client, DiagList *diags)
{
    guint count = client->servers != NULL ? g_strv_length(client->servers) : 0;

    if (count == 0 || count > CLIENT_CACHE_ADDRESSES) {
        diag_add(diags, DIAG_ERROR, client->component.settings, DIAG_KEY,
                 "'names' servers needs a list 'servers' of 1 to %d addresses",
                 CLIENT_CACHE_ADDRESSES);
        return;
    }
    for (guint i = 0; i < count; i++) {
        struct in_addr parsed;
        uint32_t address;

        if (inet_pton(AF_INET, client->servers[i], &parsed) != 1) {
            diag_add(diags, DIAG_ERROR, client->component.settings, DIAG_KEY,
                     "'%s' in 'servers' is not an IPv4 address, like \"192.0.2.11\"",
                     client->servers[i]);
            continue;
        }
        address = ntohl(parsed.s_addr);
        g_array_append_val(client->addresses, address);
    }
}

void names_wire(Client *client, DiagList *diags)
{
    World *world = client->component.world;

    client->addresses = g_array_new(false, false, sizeof(uint32_t));
    switch (client->names) {
    case NAMES_SERVERS:
        read_servers(client, diags);
        return;
    case NAMES_REGISTRY:
        client->registries = world_of_kind(world, "registry");
        if (client->registries->len == 0) {
            diag_add(diags, DIAG_ERROR, client->component.settings, DIAG_KEY,
                     "'names' registry needs a node that runs 'registry'");
        }
        return;
    default:
        client->resolver = find_resolver(world, client->component.site);
        if (client->resolver == NULL) {
            diag_add(diags, DIAG_ERROR, client->component.settings, DIAG_KEY,
                     "region '%s' has no resolver for its clients", client->component.site->name);
        }
    }
}

void names_give_list(Client *client)
{
    guint count = client->addresses->len;

    for (int64_t i = 0; i < client->users; i++) {
        User *user = &client->population[i];

        user->count = (uint8_t)count;
        user->answer_until = SIM_NEVER;
        for (guint k = 0; k < count; k++) { /* a shuffle from the inside out */
            guint other = (guint)rng_below(&client->user_rng, k + 1);

            user->addresses[k] = user->addresses[other];
            user->addresses[other] = (uint16_t)k;
        }
    }
}

Component *names_ask_whom(const Client *client, const User *user, uint32_t tries)
{
    if (client->names != NAMES_REGISTRY) {
        return client->resolver;
    }
    guint first = (guint)(user - client->population);

    return g_ptr_array_index(client->registries, (first + tries) % client->registries->len);
}

static void on_list(Component *self, void *context, Outcome outcome, const Message *reply)
{
    if (outcome == OUTCOME_OK && reply->code == DNS_NOERROR) {
        user_remember((Client *)self, context, reply);
    }
}

bool names_use_old_list(Client *client, User *user)
{
    if (client->names == NAMES_RESOLVER || user->count == 0) {
        return false;
    }
    if (client->names == NAMES_REGISTRY) {
        Message query = {.op = MESSAGE_RESOLVE,
                         .size_bytes = LIST_QUERY_BYTES,
                         .access_delay = (SimSpan)(user->access_delay_us * 1000.0F),
                         .access_loss = (double)user->access_loss};
        SimTime now = world_now(client->component.world);
        uint32_t turn = (uint32_t)(now / client->list_refresh); /* another one each time */

        client->lookups++;
        user->answer_until = now + client->list_refresh;
        call_send(&client->component, names_ask_whom(client, user, turn), &query, LIST_TIMEOUT,
                  on_list, user);
    }
    return true;
}
