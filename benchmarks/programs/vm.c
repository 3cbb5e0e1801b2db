/* A stack machine's interpreter loop (a switch that becomes br_table) that counts primes by trial
 * division. */
#include "bench.h"

enum {
  PUSH,
  LOAD,
  STORE,
  ADD,
  SUB,
  MUL,
  REM,
  LESS,
  EQUAL,
  JUMP,
  JUMP_IF_ZERO,
  INCREMENT,
  DUP,
  DROP,
  SWAP,
  HALT
};

static BENCH_NOINLINE int32_t run(const int32_t *code, int32_t *variables, uint64_t *steps) {
  int32_t stack[64], *top = stack;
  uint64_t count = 0;
  for (const int32_t *pc = code;;) {
    count++;
    switch (*pc++) {
      case PUSH:
        *++top = *pc++;
        break;
      case LOAD:
        *++top = variables[*pc++];
        break;
      case STORE:
        variables[*pc++] = *top--;
        break;
      case ADD:
        top[-1] += top[0], top--;
        break;
      case SUB:
        top[-1] -= top[0], top--;
        break;
      case MUL:
        top[-1] = (int32_t)((uint32_t)top[-1] * (uint32_t)top[0]), top--;
        break;
      case REM:
        top[-1] %= top[0], top--;
        break;
      case LESS:
        top[-1] = top[-1] < top[0], top--;
        break;
      case EQUAL:
        top[-1] = top[-1] == top[0], top--;
        break;
      case JUMP:
        pc = code + *pc;
        break;
      case JUMP_IF_ZERO:
        pc = *top-- == 0 ? code + *pc : pc + 1;
        break;
      case INCREMENT:
        variables[*pc++]++;
        break;
      case DUP:
        top[1] = top[0], top++;
        break;
      case DROP:
        top--;
        break;
      case SWAP: {
        int32_t t = top[0];
        top[0] = top[-1];
        top[-1] = t;
        break;
      }
      case HALT:
        *steps = count;
        return *top;
      default:
        *steps = 0;
        return -1;
    }
  }
}

int main(int argc, char **argv) {
  int32_t limit = (int32_t)bench_size(argc, argv, 75000);
  /* for (n = 2; n < limit; n++) { for (d = 2; d * d <= n; d++) if (n % d == 0) goto next; count++;
   * next:; } */
  enum { N_VAR, D_VAR, COUNT_VAR };
  int32_t code[] = {
      /*  0 */ PUSH,
      2,
      STORE,
      N_VAR,
      /*  4 */ LOAD,
      N_VAR,
      PUSH,
      limit,
      LESS,
      JUMP_IF_ZERO,
      45,
      /* 11 */ PUSH,
      2,
      STORE,
      D_VAR,
      /* 15 */ LOAD,
      N_VAR,
      LOAD,
      D_VAR,
      DUP,
      MUL,
      LESS,
      PUSH,
      0,
      EQUAL,
      JUMP_IF_ZERO,
      39,
      /* 27 */ LOAD,
      N_VAR,
      LOAD,
      D_VAR,
      REM,
      JUMP_IF_ZERO,
      41,
      /* 34 */ INCREMENT,
      D_VAR,
      JUMP,
      15,
      HALT,
      /* 39 */ INCREMENT,
      COUNT_VAR,
      /* 41 */ INCREMENT,
      N_VAR,
      JUMP,
      4,
      /* 45 */ LOAD,
      COUNT_VAR,
      HALT,
  };
  int32_t variables[3] = {0};
  uint64_t steps;
  int32_t primes = run(code, variables, &steps);
  return bench_finish(argc, argv, bench_mix(bench_mix(1, (uint32_t)primes), steps),
                      primes > 0 && steps > 0);
}
