/* history_requests.h - users' requests added up per second and labels: one of history's three
 * books. */
#pragma once

#include "sim/world/history.h"

typedef struct RequestBook RequestBook;

RequestBook *request_book_new(void);
void request_book_free(RequestBook *book);
void request_book_set_epoch(RequestBook *book, SimTime epoch);
void request_book_begin(RequestBook *book, SimTime intended);
void request_book_add(RequestBook *book, const UserRequest *request);

/* All requests announced for an instant before this one have ended. */
SimTime request_book_settled(const RequestBook *book, SimTime now);

/* As history_take_cells. */
SimTime request_book_taken_until(const RequestBook *book);
void request_book_take(RequestBook *book, SimTime now, HistoryEachCell *each, void *context);
guint request_book_count(const RequestBook *book);

/* In order of second, client, region, dc; valid until the next call. */
const HistoryCell *request_book_cell(RequestBook *book, guint index);
