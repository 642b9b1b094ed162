/* fault_order.c - see fault_order.h.
 * Sources: signal(7) and systemd.service(5) for the stop, nodetool(1) of Cassandra 3.11 for the
 * rest. */
#include "sim/scenario/fault_order.h"

#define PROCESS_FIELD                                                                              \
    FIELD_TEXT(OrderArguments, process,                                                            \
               .help = "The kind of process to tell, like cassandra; may stand in the target",     \
               .source = "no default: required here or in the target")

const Field order_fields[] = {
    PROCESS_FIELD,
    FIELD_END,
};

const Field replace_fields[] = {
    PROCESS_FIELD,
    FIELD_TEXT(OrderArguments, dead, .flags = FIELD_REQUIRED,
               .help = "The node whose place is taken, like \"DC01-db2\"; it must be down",
               .source = "cassandra.replace_address"),
    FIELD_END,
};

const Field repair_order_fields[] = {
    PROCESS_FIELD,
    FIELD_FLAG(OrderArguments, full, .initial = "false",
               .help = "Reads all data again (-full) and not only what no repair has covered",
               .source = "Cassandra 3.11 nodetool repair: incremental unless -full"),
    FIELD_FLAG(OrderArguments, primary_range, .initial = "false",
               .help = "Only ranges whose first replica the node is (-pr); all nodes of all data "
                       "centres have to do it",
               .source = "Cassandra 3.11 nodetool repair -pr"),
    FIELD_END,
};

const Field alter_fields[] = {
    PROCESS_FIELD,
    FIELD_TEXT(OrderArguments, adds, .initial = "",
               .help = "Column that is added (ALTER TABLE ... ADD)",
               .source = "no default: this or 'drops'"),
    FIELD_TEXT(OrderArguments, drops, .initial = "",
               .help = "Column that is dropped with its data (ALTER TABLE ... DROP)",
               .source = "no default: this or 'adds'"),
    FIELD_END,
};

static Effect told(Order order, const char *about)
{
    Effect effect = EFFECT_NONE;

    effect.order = order;
    effect.order_about = about;
    return effect;
}

/* Words as nodetool has them; what they mean is the model's. */
Effect order_effect_repair(const void *arguments, bool forward)
{
    static const char *const words[] = {"", "-pr", "-full", "-full -pr"};
    const OrderArguments *order = arguments;

    (void)forward;
    return told(ORDER_REPAIR, words[2 * order->full + order->primary_range]);
}

/* Just one of them, or nothing. */
Effect order_effect_alter(const void *arguments, bool forward)
{
    const OrderArguments *order = arguments;
    bool adds = *order->adds != '\0', drops = *order->drops != '\0';
    g_autofree char *about = g_strconcat(adds ? "+" : "-", order->adds, order->drops, NULL);

    (void)forward;
    return told(ORDER_ALTER, adds == drops ? "" : g_intern_string(about));
}

Effect order_effect_stop(const void *arguments, bool forward)
{
    (void)arguments;
    (void)forward;
    return told(ORDER_STOP, NULL);
}

Effect order_effect_drain(const void *arguments, bool forward)
{
    (void)arguments;
    (void)forward;
    return told(ORDER_DRAIN, NULL);
}

Effect order_effect_join(const void *arguments, bool forward)
{
    (void)arguments;
    (void)forward;
    return told(ORDER_JOIN, NULL);
}

Effect order_effect_replace(const void *arguments, bool forward)
{
    (void)forward;
    return told(ORDER_REPLACE, ((const OrderArguments *)arguments)->dead);
}

Effect order_effect_leave(const void *arguments, bool forward)
{
    (void)arguments;
    (void)forward;
    return told(ORDER_LEAVE, NULL);
}
