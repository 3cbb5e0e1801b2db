/* wasi:cli, wasi:clocks, wasi:random. */
#include "abi.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NS_PER_SECOND 1000000000u

/* ---- cli/environment, cli/exit */

static void environment_get_environment(wr__p2_call *c) {
  const wr__string_list *env = &wr__p2_of(c)->wasi->env;
  wr__out_list(c, env->count);
  for (uint32_t i = 0; i < env->count; i++) {
    const char *item = env->items[i], *equals = strchr(item, '=');
    wr__out_text(c, item, (size_t)(equals - item));
    wr__out_text(c, equals + 1, strlen(equals + 1));
  }
  wr__out_list_end(c);
}

static void environment_get_arguments(wr__p2_call *c) {
  const wr__string_list *args = &wr__p2_of(c)->wasi->args;
  wr__out_list(c, args->count);
  for (uint32_t i = 0; i < args->count; i++)
    wr__out_text(c, args->items[i], strlen(args->items[i]));
  wr__out_list_end(c);
}

/* Paths of a guest begin at its preopens. */
static void environment_initial_cwd(wr__p2_call *c) { wr__out_none(c); }

static const wr__p2_function environment_functions[] = {
    {"get-environment", environment_get_environment},
    {"get-arguments", environment_get_arguments},
    {"initial-cwd", environment_initial_cwd},
};
WR__P2_FUNCTIONS(wr__p2_cli_environment, "wasi:cli/environment", environment_functions);

static void exit_exit(wr__p2_call *c) { wr__p2_exit(c, wr__in_case(c) ? 1 : 0); }
static void exit_exit_with_code(wr__p2_call *c) { wr__p2_exit(c, wr__in_u8(c)); }

static const wr__p2_function exit_functions[] = {
    {"exit", exit_exit},
    {"exit-with-code", exit_exit_with_code},
};
WR__P2_FUNCTIONS(wr__p2_cli_exit, "wasi:cli/exit", exit_functions);

/* ---- cli/stdin, stdout, stderr */

/* NULL: the embedder gave none, or what it gave does not do this. */
static wr__desc *stream_desc(wr__p2_call *c, uint32_t number, uint64_t right) {
  wr__desc *desc;
  return wr__fd_get(wr__p2_of(c)->wasi, number, right, &desc) == 0 ? desc : NULL;
}

static void stdin_get_stdin(wr__p2_call *c) {
  wr__out_new(c, wr__p2_input_new(wr__p2_of(c), stream_desc(c, 0, WR__RIGHT_FD_READ)));
}
static void stdout_get_stdout(wr__p2_call *c) {
  wr__out_new(c, wr__p2_output_new(wr__p2_of(c), stream_desc(c, 1, WR__RIGHT_FD_WRITE)));
}
static void stderr_get_stderr(wr__p2_call *c) {
  wr__out_new(c, wr__p2_output_new(wr__p2_of(c), stream_desc(c, 2, WR__RIGHT_FD_WRITE)));
}

static const wr__p2_function stdin_functions[] = {{"get-stdin", stdin_get_stdin}};
static const wr__p2_function stdout_functions[] = {{"get-stdout", stdout_get_stdout}};
static const wr__p2_function stderr_functions[] = {{"get-stderr", stderr_get_stderr}};
WR__P2_FUNCTIONS(wr__p2_cli_stdin, "wasi:cli/stdin", stdin_functions);
WR__P2_FUNCTIONS(wr__p2_cli_stdout, "wasi:cli/stdout", stdout_functions);
WR__P2_FUNCTIONS(wr__p2_cli_stderr, "wasi:cli/stderr", stderr_functions);

/* ---- cli/terminal-* */

static const wr__p2_resource terminal_input_resources[] = {{"terminal-input"}};
static const wr__p2_resource terminal_output_resources[] = {{"terminal-output"}};
WR__P2_RESOURCES(wr__p2_cli_terminal_input, "wasi:cli/terminal-input", terminal_input_resources);
WR__P2_RESOURCES(wr__p2_cli_terminal_output, "wasi:cli/terminal-output", terminal_output_resources);

static void get_terminal(wr__p2_call *c, uint32_t number) {
  wr__desc *desc = stream_desc(c, number, 0);
  bool is_terminal = desc && desc->host_fd >= 0 && isatty(desc->host_fd);
  if (desc) wr__desc_release(desc);
  if (!is_terminal) {
    wr__out_none(c);
    return;
  }
  wr__p2_object *terminal = wr__p2_new(wr__p2_of(c), WR__P2_TERMINAL, sizeof *terminal, false);
  wr__out_case(c, terminal ? 1 : 0);
  if (terminal) wr__out_object(c, terminal);
  wr__out_end(c);
}

static void terminal_get_stdin(wr__p2_call *c) { get_terminal(c, 0); }
static void terminal_get_stdout(wr__p2_call *c) { get_terminal(c, 1); }
static void terminal_get_stderr(wr__p2_call *c) { get_terminal(c, 2); }

static const wr__p2_function terminal_stdin_functions[] = {
    {"get-terminal-stdin", terminal_get_stdin}};
static const wr__p2_function terminal_stdout_functions[] = {
    {"get-terminal-stdout", terminal_get_stdout}};
static const wr__p2_function terminal_stderr_functions[] = {
    {"get-terminal-stderr", terminal_get_stderr}};
WR__P2_FUNCTIONS(wr__p2_cli_terminal_stdin, "wasi:cli/terminal-stdin", terminal_stdin_functions);
WR__P2_FUNCTIONS(wr__p2_cli_terminal_stdout, "wasi:cli/terminal-stdout", terminal_stdout_functions);
WR__P2_FUNCTIONS(wr__p2_cli_terminal_stderr, "wasi:cli/terminal-stderr", terminal_stderr_functions);

/* ---- clocks */

static uint64_t now(wr__p2_call *c, uint32_t clock_id) {
  uint64_t ns = 0;
  return wr__clock_now(wr__p2_op(c), clock_id, &ns) == 0 ? ns : 0;
}

static uint64_t resolution(wr__p2_call *c, uint32_t clock_id) {
  uint64_t ns = 1;
  return wr__clock_resolution(wr__p2_of(c)->wasi, clock_id, &ns) == 0 ? ns : 1;
}

static void monotonic_now(wr__p2_call *c) { wr__out_u64(c, now(c, WR__CLOCK_MONOTONIC)); }
static void monotonic_resolution(wr__p2_call *c) {
  wr__out_u64(c, resolution(c, WR__CLOCK_MONOTONIC));
}
static void monotonic_subscribe_instant(wr__p2_call *c) {
  uint64_t when = wr__in_u64(c);
  wr__out_new(c, wr__p2_subscribe_clock(wr__p2_of(c), when));
}
static void monotonic_subscribe_duration(wr__p2_call *c) {
  uint64_t when;
  if (__builtin_add_overflow(wr__in_u64(c), now(c, WR__CLOCK_MONOTONIC), &when)) when = UINT64_MAX;
  wr__out_new(c, wr__p2_subscribe_clock(wr__p2_of(c), when));
}

static const wr__p2_function monotonic_functions[] = {
    {"now", monotonic_now},
    {"resolution", monotonic_resolution},
    {"subscribe-instant", monotonic_subscribe_instant},
    {"subscribe-duration", monotonic_subscribe_duration},
};
WR__P2_FUNCTIONS(wr__p2_clocks_monotonic, "wasi:clocks/monotonic-clock", monotonic_functions);

static void out_datetime(wr__p2_call *c, uint64_t ns) {
  wr__out_u64(c, ns / NS_PER_SECOND);
  wr__out_u32(c, (uint32_t)(ns % NS_PER_SECOND));
}

static void wall_now(wr__p2_call *c) { out_datetime(c, now(c, WR__CLOCK_REALTIME)); }
static void wall_resolution(wr__p2_call *c) { out_datetime(c, resolution(c, WR__CLOCK_REALTIME)); }

static const wr__p2_function wall_functions[] = {
    {"now", wall_now},
    {"resolution", wall_resolution},
};
WR__P2_FUNCTIONS(wr__p2_clocks_wall, "wasi:clocks/wall-clock", wall_functions);

/* ---- random */

/* Lists that a guest may ask for at once. */
#define MAX_RANDOM (UINT64_C(64) << 20)

static bool fill(wr__p2_call *c, uint8_t *bytes, size_t size) {
  wr__op *op = wr__p2_op(c);
  int error = 0;
  if (!wr__p2_of(c)->wasi->random) error = wr__random_fill(op, bytes, size);
  for (size_t at = 0; wr__p2_of(c)->wasi->random && error == 0 && at < size;
       at += WR__RANDOM_PIECE) {
    size_t left = size - at;
    error = wr__random_ask(op, bytes + at, left < WR__RANDOM_PIECE ? left : WR__RANDOM_PIECE);
    if (error == 0 && wr__op_poll(op)) error = EINTR;
  }
  if (error != 0) wr__p2_trap(c, "wasi:random: the host has no random bytes");
  return error == 0;
}

static void random_bytes(wr__p2_call *c) {
  uint64_t length = wr__in_u64(c);
  if (length > MAX_RANDOM) {
    wr__p2_trap(c, "wasi:random: more than 64 MiB at once");
    return;
  }
  uint8_t *bytes = wr__p2_memory(c, length ? (size_t)length : 1);
  if (fill(c, bytes, (size_t)length)) wr__out_text(c, bytes, (size_t)length);
}

static void random_u64(wr__p2_call *c) {
  uint64_t value = 0;
  if (fill(c, (uint8_t *)&value, sizeof value)) wr__out_u64(c, value);
}

static void random_seed(wr__p2_call *c) {
  uint64_t values[2] = {0};
  if (!fill(c, (uint8_t *)values, sizeof values)) return;
  wr__out_u64(c, values[0]);
  wr__out_u64(c, values[1]);
}

static const wr__p2_function random_functions[] = {
    {"get-random-bytes", random_bytes},
    {"get-random-u64", random_u64},
};
static const wr__p2_function insecure_functions[] = {
    {"get-insecure-random-bytes", random_bytes},
    {"get-insecure-random-u64", random_u64},
};
static const wr__p2_function seed_functions[] = {{"insecure-seed", random_seed}};
WR__P2_FUNCTIONS(wr__p2_random_random, "wasi:random/random", random_functions);
WR__P2_FUNCTIONS(wr__p2_random_insecure, "wasi:random/insecure", insecure_functions);
WR__P2_FUNCTIONS(wr__p2_random_seed, "wasi:random/insecure-seed", seed_functions);
