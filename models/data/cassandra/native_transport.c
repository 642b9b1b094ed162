/* native_transport.c - see native_transport.h. Bytes in flight are counted as statements in flight
 * times the mean size of those that came so far. */
#include "models/data/cassandra/native_transport.h"

#include "models/data/cassandra/storage.h"

#define HEAP_PARTS 10
#define HEAP_PARTS_OF_ONE 40

void native_transport_make(Cassandra *node)
{
    NativeTransport *limits = &node->native_transport;
    int64_t heap = storage_heap_size(node);

    limits->all = limits->all == 0 ? heap / HEAP_PARTS : limits->all;
    limits->per_ip = limits->per_ip == 0 ? heap / HEAP_PARTS_OF_ONE : limits->per_ip;
    if (limits->throw_on_overload) {
        limits->in_flight = g_array_new(FALSE, TRUE, sizeof(uint32_t));
    }
}

/* The statements in flight from the address of a call's maker: its host, or itself where it has
 * none. NULL: nobody counts. */
static uint32_t *in_flight_of(const NativeTransport *limits, const CallTicket *ticket)
{
    const Component *client = ticket->caller;
    uint32_t id;

    if (limits->in_flight == NULL || client == NULL) {
        return NULL;
    }
    id = component_id(client->host == NULL ? client : host_component(client->host));
    if (limits->in_flight->len <= id) {
        g_array_set_size(limits->in_flight, id + 1);
    }
    return &g_array_index(limits->in_flight, uint32_t, id);
}

/* Whether so many statements more than are there take more than their share. */
static bool are_too_many(const Cassandra *node, const uint32_t *of_client)
{
    const NativeTransport *limits = &node->native_transport;
    double all = node->requests.active + node->requests.count + 1;
    double size_bytes = (double)limits->bytes / (double)limits->came;

    return all * size_bytes > (double)limits->all ||
           (of_client != NULL && (double)(*of_client + 1) * size_bytes > (double)limits->per_ip);
}

bool native_transport_refuses(Cassandra *node, const Message *message)
{
    NativeTransport *limits = &node->native_transport;
    uint32_t *of_client = in_flight_of(limits, &message->ticket);

    limits->came++;
    limits->bytes += message->size_bytes;
    if (limits->queue_most == 0 && are_too_many(node, of_client)) {
        node->requests_over_limit++;
        if (limits->throw_on_overload) {
            node->requests_overloaded++;
            call_reply(&node->component, &message->ticket,
                       &(Message){.op = message->op,
                                  .size_bytes = MESSAGE_HEAD_BYTES,
                                  .code = STORE_OVERLOADED,
                                  .request = message->request,
                                  .key = message->key});
            return true;
        }
    }
    if (of_client != NULL) {
        ++*of_client;
    }
    return false;
}

void native_transport_left(Cassandra *node, const CallTicket *ticket)
{
    uint32_t *of_client = in_flight_of(&node->native_transport, ticket);

    if (of_client != NULL) {
        g_assert_cmpuint(*of_client, >, 0);
        --*of_client;
    }
}

guint native_transport_waiting(const Cassandra *node)
{
    guint most = (guint)node->native_transport.queue_most;

    return most == 0 ? node->requests.count : MIN(node->requests.count, most);
}

void native_transport_stop(Cassandra *node)
{
    if (node->native_transport.in_flight != NULL) {
        g_array_set_size(node->native_transport.in_flight, 0);
    }
}

void native_transport_free(Cassandra *node)
{
    if (node->native_transport.in_flight != NULL) {
        g_array_free(node->native_transport.in_flight, TRUE);
    }
}
