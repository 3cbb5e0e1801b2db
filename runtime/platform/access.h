/* Chooses the guest memory accesses of the processor, and says which handlers' convention
 * the compiler can do. */
#ifndef WR__ACCESS_H
#define WR__ACCESS_H

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WR__SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WR__SANITIZED 1
#endif

/* Tail calls are guaranteed by clang. gcc makes them wherever it optimises and a function's locals
 * are dead by then: tests/handlers.py finds a handler where it did not. */
#if defined(__clang__)
#define WR__RETURN_CALL __attribute__((musttail)) return
#elif defined(__OPTIMIZE__) && !defined(WR__SANITIZED)
#define WR__RETURN_CALL return
#elif !defined(WR_PORTABLE_DISPATCH)
#define WR_PORTABLE_DISPATCH 1
#endif

/* clang 19 fails on preserve_none under the sanitizers. */
#if defined(__clang__) && __has_attribute(preserve_none) && !defined(WR__SANITIZED) && \
    !defined(WR_PORTABLE_DISPATCH)
#define WR__PRESERVE_NONE_USED 1
#define WR__PRESERVE_NONE __attribute__((preserve_none))
#define WR__HANDLER_REGISTERS wr__preserve_none_registers /* platform/fault.h */
#else
#define WR__PRESERVE_NONE
#define WR__HANDLER_REGISTERS wr__argument_registers
#endif

#if defined(__x86_64__)
#include "platform/x86_64/access.h"
#elif defined(__aarch64__)
#include "platform/aarch64/access.h"
#else
#error "wasmrun runs on x86_64 and aarch64"
#endif

#endif
