/* client_target.c - whom requests turn to first: who still goes to a site that is gone. What caches
 * make of a fail-over, apart from what retries and other addresses hide. */
#include "models/client/client_parts.h"
#include "sim/world/host.h"

static void count(Request *request, const Host *host)
{
    Client *client = request->client;

    if (request->is_headed) {
        return;
    }
    request->is_headed = true;
    client->first_tries++;
    client->first_dark += host == NULL || !host_is_up(host) ? 1 : 0;
}

uint64_t request_dial_luck(const Request *request)
{
    const Client *client = request->client;
    uint64_t session = client->first_user + (uint64_t)(request->user - client->population);

    return rng_fold(session ^ request->id << MESSAGE_POPULATION_BITS,
                    (uint64_t)(request->attempts + 1) << 8 | request->tried_count);
}

void request_count_peer(Request *request, const Component *peer)
{
    count(request, peer->host);
}

void request_count_address(Request *request, uint32_t address)
{
    if (!request->is_headed) {
        count(request, host_find_address(request->client->component.world, address));
    }
}
