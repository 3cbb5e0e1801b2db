/* A module that is not a program: functions for --invoke and for embedders. */
#include <stdint.h>

__attribute__((export_name("add"))) int32_t add(int32_t a, int32_t b) { return a + b; }

__attribute__((export_name("gcd"))) int32_t gcd(int32_t a, int32_t b) {
  return b == 0 ? a : gcd(b, a % b);
}

__attribute__((export_name("hypot"))) double hypot_of(double a, double b) {
  return __builtin_sqrt(a * a + b * b);
}

__attribute__((export_name("factorial"))) int64_t factorial(int64_t n) {
  return n < 2 ? 1 : n * factorial(n - 1);
}
