/* listeners.c - see listeners.h. That a node takes statements again (RPC_READY) is read from the
 * node itself, a round or two of gossip before it would be heard. */
#include "models/data/cassandra/listeners.h"

#define NOTICE_BYTES 80

typedef struct Listener {
    Component *driver;
    uint32_t incarnation;
} Listener;

struct Listeners {
    GArray *all;       /* of Listener */
    uint32_t *told_up; /* by rank: generation of the life that was told to be up; 0: none */
};

/* The life of a node that is up as this one sees it; 0: it is not. Once up it is so until it is
 * believed down or begins another life. */
static uint32_t life_up(const Cassandra *node, guint rank, uint32_t told)
{
    uint32_t generation = node->gossip.peers[rank].generation;

    if (!node_sees(node, rank) ||
        (generation != told && node->cluster->nodes[rank]->phase != NODE_READY)) {
        return 0;
    }
    return generation;
}

void listeners_add(Cassandra *node, Component *driver)
{
    Listener listener = {driver, driver->owner.incarnation};
    Listeners *listeners = node->listeners;

    if (listeners == NULL) {
        listeners = node->listeners = g_new0(Listeners, 1);
        listeners->all = g_array_new(FALSE, FALSE, sizeof(Listener));
        listeners->told_up = g_new0(uint32_t, node->cluster->node_count);
    }
    if (listeners->all->len == 0) {
        for (guint i = 0; i < node->cluster->node_count; i++) {
            listeners->told_up[i] = life_up(node, i, 0);
        }
    }
    for (guint i = 0; i < listeners->all->len; i++) {
        if (g_array_index(listeners->all, Listener, i).driver == driver) {
            g_array_index(listeners->all, Listener, i) = listener;
            return;
        }
    }
    g_array_append_val(listeners->all, listener);
}

static void tell_all(Cassandra *node, guint rank, bool up)
{
    const Component *about = &node->cluster->nodes[rank]->component;
    Message notice = {
        .op = MESSAGE_NOTICE, .size_bytes = NOTICE_BYTES, .code = up ? 1 : 0, .subject = about};

    for (guint i = 0; i < node->listeners->all->len; i++) {
        Listener *listener = &g_array_index(node->listeners->all, Listener, i);

        if (listener->driver->is_up &&
            listener->driver->owner.incarnation == listener->incarnation) {
            network_send(&node->component, listener->driver, &notice);
        }
    }
}

void listeners_tell(Cassandra *node)
{
    Listeners *listeners = node->listeners;

    if (node->phase != NODE_READY || listeners->all->len == 0) {
        return;
    }
    for (guint i = 0; i < node->cluster->node_count; i++) {
        uint32_t life = life_up(node, i, listeners->told_up[i]);

        if (life != listeners->told_up[i]) {
            listeners->told_up[i] = life;
            tell_all(node, i, life != 0);
        }
    }
}

void listeners_stop(Cassandra *node)
{
    if (node->listeners != NULL) {
        g_array_set_size(node->listeners->all, 0);
    }
}

void listeners_free(Cassandra *node)
{
    if (node->listeners != NULL) {
        g_array_free(node->listeners->all, TRUE);
        g_free(node->listeners->told_up);
        g_clear_pointer(&node->listeners, g_free);
    }
}
