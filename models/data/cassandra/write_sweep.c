/* write_sweep.c - what becomes of a coordinator's writes whose time is over: each second callbacks
 * expire and leave hints; a process that ends forgets them all.
 * Source: Cassandra 3.11 MessagingService (ExpiringMap of callbacks), StorageProxy.submitHint. */
#include "models/data/cassandra/node.h"
#include "models/data/cassandra/witness.h"

/* Replicas that have died since their event was planned will not run it. */
static void forget_the_dead(Write *write)
{
    for (uint32_t left = write->pending; left != 0; left &= left - 1) {
        guint index = (guint)__builtin_ctz(left);

        if (write->node->cluster->nodes[write->range->replicas[index]]
                ->component.owner.incarnation != write->lives[index]) {
            write->pending &= ~(1u << index);
        }
    }
}

static void hint_the_silent(Write *write)
{
    Cassandra *node = write->node;

    write->is_swept = true;
    for (uint32_t left = write->leaves_hints ? write->targets : 0; left != 0; left &= left - 1) {
        guint index = (guint)__builtin_ctz(left);
        guint target = write->range->replicas[index];

        if (write->acked_at[index] > node_now(node) && target != node->rank) {
            witness_assert_missed(write, index);
            if (node->back_pressure != NULL) {
                back_pressure_missed(write, index);
            }
            hints_store_write(write, index);
        }
    }
}

void write_sweep(Cassandra *node)
{
    Write *next;

    for (Write *write = node->writes.first; write != NULL; write = next) {
        next = write->next;
        if (!write->is_orphan) {
            if (!write->is_begun || write->began + node->write_request_timeout > node_now(node)) {
                break;
            }
            if (write->is_sent && !write->is_swept) {
                hint_the_silent(write);
            }
        }
        forget_the_dead(write);
        write_settle(write);
    }
}

void write_stop(Cassandra *node)
{
    Write *next;

    node->write_timer = EVENT_NONE;
    for (Write *write = node->writes.first; write != NULL; write = next) {
        next = write->next;
        write->is_orphan = true;
        write->answering = 0; /* nobody looks at them any more */
        write->decision = EVENT_NONE;
        write_settle(write);
    }
}
