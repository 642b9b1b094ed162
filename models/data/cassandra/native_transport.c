/* native_transport.c - see native_transport.h. Bytes in flight are counted as statements in flight
 * times the mean size of those that came so far. */
#include "models/data/cassandra/native_transport.h"

#include "models/data/cassandra/storage.h"

#define HEAP_PARTS 10

void native_transport_make(Cassandra *node)
{
    if (node->native_transport_max_concurrent_requests == 0) {
        node->native_transport_max_concurrent_requests = storage_heap_size(node) / HEAP_PARTS;
    }
}

bool native_transport_refuses(Cassandra *node, const Message *message)
{
    uint64_t in_flight = node->requests.active + node->requests.count + 1;

    node->requests_came++;
    node->requests_bytes += message->size_bytes;
    if ((double)in_flight * (double)node->requests_bytes / (double)node->requests_came <=
        (double)node->native_transport_max_concurrent_requests) {
        return false;
    }
    node->requests_over_limit++;
    if (!node->throw_on_overload) {
        return false;
    }
    node->requests_overloaded++;
    call_reply(&node->component, &message->ticket,
               &(Message){.op = message->op,
                          .size_bytes = MESSAGE_HEAD_BYTES,
                          .code = STORE_OVERLOADED,
                          .request = message->request,
                          .key = message->key});
    return true;
}
