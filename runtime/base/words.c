/* The words of statuses and trap kinds, and the version, for messages of every layer. */
#include "base/base.h"

#define WR__STRING_(x) #x
#define WR__STRING(x) WR__STRING_(x)

const char *wr_version(void) {
  return WR__STRING(WASMRUN_VERSION_MAJOR) "." WR__STRING(WASMRUN_VERSION_MINOR) "." WR__STRING(
      WASMRUN_VERSION_PATCH);
}

const char *wr_status_name(wr_status status) {
  static const char *const names[] = {
      [WR_OK] = "ok",
      [WR_MALFORMED] = "malformed",
      [WR_INVALID] = "invalid",
      [WR_UNLINKABLE] = "unlinkable",
      [WR_TRAPPED] = "trapped",
      [WR_EXCEPTION] = "exception",
      [WR_EXITED] = "exited",
      [WR_INTERRUPTED] = "interrupted",
      [WR_OUT_OF_MEMORY] = "out of memory",
      [WR_UNSUPPORTED] = "unsupported",
      [WR_BAD_ARGUMENT] = "bad argument",
      [WR_NOT_FOUND] = "not found",
      [WR_IO] = "input or output error",
  };
  return (size_t)status < WR_ARRAY_COUNT(names) ? names[status] : "unknown status";
}

const char *wr_trap_kind_message(wr_trap_kind kind) {
  static const char *const messages[] = {[WR_TRAP_NONE] = "no trap",
#define X(name, text) [WR_TRAP_##name] = text,
                                         WR_TRAP_KINDS(X)
#undef X
  };
  return (size_t)kind < WR_ARRAY_COUNT(messages) ? messages[kind] : "unknown trap";
}
