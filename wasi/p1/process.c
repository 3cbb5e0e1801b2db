/* Arguments, environment, and the end of the program.
 * Spec: wasi_snapshot_preview1, args_*, environ_*, proc_*. */
#include "p1.h"

static int list_sizes(wr__call *call, const wr__string_list *list, const uint64_t *args) {
  uint8_t *count = wr__guest_bytes(call, args[0], 4);
  uint8_t *size = wr__guest_bytes(call, args[1], 4);
  if (!count || !size) return EFAULT;
  wr__wire_store32(count, list->count);
  wr__wire_store32(size, list->size_bytes);
  return 0;
}

/* Writes the strings one behind the other, and a pointer to each. */
static int list_get(wr__call *call, const wr__string_list *list, const uint64_t *args) {
  uint8_t *pointers = wr__guest_bytes(call, args[0], (uint64_t)list->count * 4);
  uint8_t *text = wr__guest_bytes(call, args[1], list->size_bytes);
  uint32_t at = (uint32_t)args[1];
  if (!pointers || !text) return EFAULT;
  for (uint32_t i = 0; i < list->count; i++) {
    size_t size = strlen(list->items[i]) + 1;
    wr__wire_store32(pointers + 4 * (size_t)i, at);
    memcpy(text, list->items[i], size);
    text += size;
    at += (uint32_t)size;
  }
  return 0;
}

int wr__p1_args_get(wr__call *call, const uint64_t *args) {
  return list_get(call, &call->op.wasi->args, args);
}

int wr__p1_args_sizes_get(wr__call *call, const uint64_t *args) {
  return list_sizes(call, &call->op.wasi->args, args);
}

int wr__p1_environ_get(wr__call *call, const uint64_t *args) {
  return list_get(call, &call->op.wasi->env, args);
}

int wr__p1_environ_sizes_get(wr__call *call, const uint64_t *args) {
  return list_sizes(call, &call->op.wasi->env, args);
}

int wr__p1_proc_exit(wr__call *call, const uint64_t *args) {
  call->exited = true;
  call->exit_status = (int32_t)args[0];
  return 0;
}

/* Spec: typename signal. A signal whose default in POSIX is to be ignored does nothing; the others
 * end the guest, for there are no handlers. none (0) asks nothing. */
int wr__p1_proc_raise(wr__call *call, const uint64_t *args) {
  enum {
    SIG_NONE = 0,
    SIG_CHLD = 16,
    SIG_CONT = 17,
    SIG_STOP = 18,
    SIG_TSTP = 19,
    SIG_TTIN = 20,
    SIG_TTOU = 21,
    SIG_URG = 22,
    SIG_WINCH = 27,
    SIG_LAST = 30
  };
  uint32_t signal = (uint32_t)args[0];
  if (signal > SIG_LAST) return EINVAL;
  switch (signal) {
    case SIG_NONE:
    case SIG_CHLD:
    case SIG_CONT:
    case SIG_URG:
    case SIG_WINCH:
      return 0;
    case SIG_STOP: /* nobody could continue it */
    case SIG_TSTP:
    case SIG_TTIN:
    case SIG_TTOU:
      return EOPNOTSUPP;
    default:
      call->trap = "the guest raised a signal that ends it";
      return 0;
  }
}
