/* customer.c - see customer.h. */
#include "models/queueing/customer.h"

#include "models/queueing/network_parts.h"

void customer_end(Customer *customer, CustomerEnd end)
{
    if (customer->join != NULL) {
        join_hear(customer, end);
    } else if (customer->home->kind == &population_kind) {
        population_hear(customer, end);
    } else {
        source_hear(customer, end);
    }
}

void customer_cancel(Customer *customer, Customers *customers)
{
    if (customer->station != NULL) {
        station_cancel(customer);
    } else if (customer->parts != NULL) {
        join_cancel(customer->parts);
    }
    pool_give(customers->customers, customer);
}

void line_put_first(Line *line, Customer *customer)
{
    customer->before = NULL;
    customer->next = line->first;
    if (line->first == NULL) {
        line->last = customer;
    } else {
        line->first->before = customer;
    }
    line->first = customer;
    line->count++;
}

void line_put_by_priority(Line *line, Customer *customer)
{
    Customer *after = line->last;

    if (after == NULL || after->priority >= customer->priority) {
        line_put_last(line, customer);
        return;
    }
    after = line->first; /* those who go first are few */
    if (after->priority < customer->priority) {
        line_put_first(line, customer);
        return;
    }
    while (after->next->priority >= customer->priority) {
        after = after->next;
    }
    customer->before = after;
    customer->next = after->next;
    after->next->before = customer;
    after->next = customer;
    line->count++;
}
