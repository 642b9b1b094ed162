/* coordinate_legs.c - an operation over legs that are drawn instead of sent. */
#include "models/data/cassandra/coordinate_legs.h"

void legs_send(Write *write)
{
    Cassandra *node = write->node;
    Legs *legs = node->cluster->legs;

    write->near = legs_choose_near(legs, write->range->count);
    for (uint32_t left = write->targets; left != 0; left &= left - 1) {
        guint index = (guint)__builtin_ctz(left);
        Cassandra *to = node->cluster->nodes[write->range->replicas[index]];
        SimTime arrival = node_now(node) + legs_draw(legs, LEG_WRITE, index, write->near);

        legs_write_sent(legs, write->slot + index, arrival);
        write->lives[index] = to->component.owner.incarnation;
        write->pending |= 1u << index;
        engine_at(node->engine, arrival, &to->component.owner, &replica_mutation_arrived, write,
                  index);
    }
}

SimTime legs_acknowledgement_arrives(const Write *write, guint index)
{
    Legs *legs = write->node->cluster->legs;

    return node_now(write->node) + legs_draw(legs, LEG_ACKNOWLEDGE, index, write->near);
}

void legs_begin_read(Read *read)
{
    Legs *legs = read->node->cluster->legs;

    read->near = legs_choose_near(legs, read->range->count);
    read->missing_for = legs_take_spans(legs);
}

void legs_ask(Read *read, guint index)
{
    Cassandra *node = read->node, *to = node->cluster->nodes[read->range->replicas[index]];
    SimTime arrival = node_now(node) + legs_draw(node->cluster->legs, LEG_READ, index, read->near);

    read->pending[read->round] |= 1u << index;
    engine_at(node->engine, arrival, &to->component.owner, &replica_read_arrived, read,
              (uint64_t)read->round << 8 | index);
}

SimTime legs_answer_arrives(const Read *read, guint index)
{
    return node_now(read->node) +
           legs_draw(read->node->cluster->legs, LEG_ANSWER, index, read->near);
}

void legs_note_missing(Read *read, guint index)
{
    if (read->missing_for != NULL) {
        read->missing_for[index] =
            legs_missing_for(read->node->cluster->legs, read->slot + index, node_now(read->node));
    }
}

SimSpan legs_read_missing(Read *read, uint32_t here)
{
    SimSpan least = 0;

    if (read->missing_for == NULL) {
        return 0;
    }
    for (uint32_t left = here; left != 0; left &= left - 1) {
        SimSpan missing = read->missing_for[__builtin_ctz(left)];

        least = left == here ? missing : MIN(least, missing);
    }
    legs_give_spans(read->node->cluster->legs, g_steal_pointer(&read->missing_for));
    return least;
}
