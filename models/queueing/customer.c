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

void line_put_last(Line *line, Customer *customer)
{
    customer->before = line->last;
    customer->next = NULL;
    if (line->last == NULL) {
        line->first = customer;
    } else {
        line->last->next = customer;
    }
    line->last = customer;
    line->count++;
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

void line_take(Line *line, Customer *customer)
{
    if (customer->before == NULL) {
        line->first = customer->next;
    } else {
        customer->before->next = customer->next;
    }
    if (customer->next == NULL) {
        line->last = customer->before;
    } else {
        customer->next->before = customer->before;
    }
    line->count--;
}
