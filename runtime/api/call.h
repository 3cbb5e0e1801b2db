/* The end of started calls with their store. */
#ifndef WR__API_CALL_H
#define WR__API_CALL_H

#include "store/store.h"

/* Cancels those that are suspended. */
void wr__api_calls_close(wr__store *store);

#endif
