/* client_tls.c - what TLS means for a client: round trips, and certificates that it does not take.
 * Sources: RFC 5246, RFC 8446. */
#include "models/client/client_parts.h"

int request_tls_round_trips(const Request *request)
{
    bool has_ticket = request->user->has_ticket;

    switch (request->client->tls) {
    case TLS_NONE:
        return 0;
    case TLS_1_2:
        return has_ticket ? 1 : 2;
    case TLS_1_3_EARLY: /* only what may be repeated is sent along */
        return has_ticket && !request->is_write ? 0 : 1;
    default:
        return 1;
    }
}

bool request_sees_bad_certificate(const Request *request)
{
    return request->client->tls != TLS_NONE &&
           request->peer->condition.shares[SHARE_TLS_EXPIRED] > 0;
}
