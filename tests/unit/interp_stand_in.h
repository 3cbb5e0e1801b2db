/* The interpreter's seam for tests that run no wasm code: functions without code, no roots. */
#ifndef WR__INTERP_STAND_IN_H
#define WR__INTERP_STAND_IN_H

#include "interp/interp.h"

void wr__interp_prepare_func(wr__func *func) { (void)func; }
void wr__interp_prepare_host(wr__func *func) { (void)func; }
void wr__interp_free_instance(wr__instance *instance) { (void)instance; }
void wr__interp_free_module(wr__module *module) { (void)module; }
void wr__interp_visit_roots(wr__exec *exec, void (*mark)(void *context, wr__ref ref),
                            void *context) {
  (void)exec;
  (void)mark;
  (void)context;
}


#endif
