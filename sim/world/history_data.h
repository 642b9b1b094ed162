/* history_data.h - acknowledged writes and what reads returned, checked as they come: one of
 * history's three books. */
#pragma once

#include "sim/world/history.h"
#include "sim/world/history_store.h"

typedef struct DataBook DataBook;

DataBook *data_book_new(void);
void data_book_free(DataBook *book);
void data_book_set_epoch(DataBook *book, SimTime epoch);

/* As history_write_acked, history_read, history_expect, history_write_lost, history_final,
 * history_each_key, history_totals. */
void data_book_write(DataBook *book, uint64_t key, int64_t version, SimTime now,
                     const UserRequest *request);
void data_book_read(DataBook *book, uint64_t session, uint64_t key, int64_t version,
                    SimTime invoked, const UserRequest *request);
void data_book_expect(const DataBook *book, uint64_t session, uint64_t key);
void data_book_forget(DataBook *book, const HistoryFloors *floors, SimTime settled, SimTime now);
uint64_t data_book_count_kept(const DataBook *book);
void data_book_lose(DataBook *book, uint64_t key, int64_t left, int64_t lost, SimTime when);
void data_book_final(DataBook *book, uint64_t key, int64_t newest, int64_t oldest, SimTime now);
void data_book_each_key(const DataBook *book, HistoryEachKey *each, void *context);
HistoryTotals data_book_totals(const DataBook *book);

/* Who tells what replicas hold; adds a finding of another check. */
void data_book_set_witness(DataBook *book, const HistoryWitness *witness);
void data_book_add_finding(DataBook *book, const char *invariant, SimTime time, double value,
                           char *text);

guint data_book_count_findings(const DataBook *book);
const HistoryFinding *data_book_finding(const DataBook *book, guint index);
