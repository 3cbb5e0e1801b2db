/* Chooses, once, the file with the instructions that plain C cannot say well. Each of them
 * defines the same functions with the same results; generic.h works everywhere, and
 * WR__NUMERIC_GENERIC selects it for tests. */
#ifndef WR__NUMERIC_PLATFORM_ARCH_H
#define WR__NUMERIC_PLATFORM_ARCH_H

#if defined(__x86_64__) && !defined(WR__NUMERIC_GENERIC)
#include "numeric/platform/x86_64.h"
#elif defined(__aarch64__) && !defined(WR__NUMERIC_GENERIC)
#include "numeric/platform/aarch64.h"
#else
#include "numeric/platform/generic.h"
#endif

#endif
