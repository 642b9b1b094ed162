/* customer.h - who goes through a network of textbook queues: a customer, handed directly from
 * component to component. Nothing here is a place in a network of data centres, so no message is
 * sent and no delay is added between two stations. */
#pragma once

#include "sim/base/pool.h"
#include "sim/world/world.h"

typedef struct Station Station;
typedef struct Join Join;
typedef struct Customer Customer;

struct Customer {
    Component *home; /* the source or population it came from; NULL for a part of a fork */
    Join *join;      /* it is one of these parts; NULL when it is whole */
    Customer *part_before, *part_next; /* the other parts of its join */
    Join *parts;                       /* it waits until these are joined; NULL: it does not */
    SimTime born;                      /* when it left its home */
    /* At a station, or thinking at home. */
    Station *station;        /* NULL: at none */
    Customer *before, *next; /* neighbours in one line */
    uint32_t place;          /* in a line without order */
    SimTime came;            /* to the station */
    SimSpan work;            /* what it asks of the station */
    SimSpan left;            /* of `work`, at the instant `since` */
    SimTime since;
    EventId event; /* the end of its service, of its patience or of its thinking */
    bool has_begun, is_served;
    uint8_t priority; /* of discipline priority: higher ones go first */
};

/* The customers of one network, with room for all that come and go. */
typedef struct Customers {
    Pool *customers, *joins;
} Customers;

/* How a customer's way ended. */
typedef enum CustomerEnd {
    CUSTOMER_DONE, /* it went all its way */
    CUSTOMER_LOST, /* refused, given up or broken off */
} CustomerEnd;

/* The way of `customer` is over: its join or its home hears of it, and whoever hears gives it back
 * or sends it out again. */
void customer_end(Customer *customer, CustomerEnd end);

/* Takes a part out of wherever it is, for nobody waits for it any more, and gives it back. */
void customer_cancel(Customer *customer, Customers *customers);

/* Customers in a row. Zeroed is empty. */
typedef struct Line {
    Customer *first, *last;
    uint32_t count;
} Line;

static inline void line_put_last(Line *line, Customer *customer)
{
    customer->before = line->last;
    customer->next = NULL;
    *(line->last == NULL ? &line->first : &line->last->next) = customer;
    line->last = customer;
    line->count++;
}

void line_put_first(Line *line, Customer *customer);
/* Behind all of its priority or a higher one, before the others. */
void line_put_by_priority(Line *line, Customer *customer);

static inline void line_take(Line *line, Customer *customer)
{
    *(customer->before == NULL ? &line->first : &customer->before->next) = customer->next;
    *(customer->next == NULL ? &line->last : &customer->next->before) = customer->before;
    line->count--;
}
