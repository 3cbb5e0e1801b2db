/* What the files of store/ share among themselves: the list of what a store owns. */
#ifndef WR__STORE_OBJECTS_H
#define WR__STORE_OBJECTS_H

#include "store/store.h"

/* Hands an object of a kind to the store, which frees it at its end. False: out of memory, and
 * then the object is the caller's. */
bool wr__store_own(wr__store *store, wr_externkind kind, void *object);

/* The object at a position of store->objects, and its kind. */
wr_externkind wr__store_object(const wr__store *store, size_t index, void **object);

/* Frees all of them. */
void wr__store_free_objects(wr__store *store);

void wr__table_free(wr__table *table);

bool wr__store_own_instance(wr__store *store, wr__instance *instance);

/* wait.c */
struct wr__parking *wr__parking_new(void);
void wr__parking_delete(struct wr__parking *parking);
/* Wakes the thread that waits there, so that it sees its interrupt. Any thread. */
void wr__parking_wake(struct wr__parking *parking);
struct wr__waiters *wr__waiters_new(void);
void wr__waiters_delete(struct wr__waiters *waiters);
void wr__waiters_lock(struct wr__waiters *waiters);
void wr__waiters_unlock(struct wr__waiters *waiters);

/* Ends what runs in the store, from an alarm of its own. */
void wr__store_ring(wr__alarm *alarm);

#endif
