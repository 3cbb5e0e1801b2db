/* Grants as they are written: directories, variables, rules of the network. */
#include "grants.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/host.h"

bool wr__directory_read(const char *value, wr__directory *out) {
  char *host = strdup(value);
  if (!host) return false;
  *out = (wr__directory){.host = host, .guest = host};
  size_t length = strlen(host);
  const char *suffix = length > 3 ? host + length - 3 : "";
  if (strcmp(suffix, ":ro") == 0) out->flags = WR_WASI_READ_ONLY;
  if (strcmp(suffix, ":ro") == 0 || strcmp(suffix, ":rw") == 0) host[length - 3] = '\0';
  char *guest = strstr(host, "::");
  if (guest) {
    *guest = '\0';
    if (guest[2]) out->guest = guest + 2;
  }
  return true;
}

/* A colon that is not ours to read: a mistaken suffix, or how others separate the names. Names with
 * colons are possible where a folder has one. */
static bool explain_colon(const wr__directory *dir, const char *value, wr_error *error) {
  bool is_mapped = dir->guest != dir->host;
  const char *colon = strrchr(dir->guest, ':');
  if (!colon || (!is_mapped && wr__host_is_folder(dir->host))) return false;
  size_t letters = strspn(colon + 1, "abcdefghijklmnopqrstuvwxyz");
  bool is_suffix = is_mapped && colon[1 + letters] == '\0' && letters <= 3;
  if (is_suffix) {
    snprintf(error->message, sizeof error->message,
             "%s: unknown suffix '%s'; it may be :ro (read only) or :rw", value, colon);
  } else if (!is_mapped) {
    snprintf(error->message, sizeof error->message,
             "%s: no such folder; a folder under another name is HOST::GUEST, with two colons, and "
             "a suffix is :ro or :rw",
             value);
  }
  return is_suffix || !is_mapped;
}

wr_status wr__grant_dir(wr_wasi_t *wasi, const char *value, wr_error *error) {
  wr__directory dir;
  if (!wr__directory_read(value, &dir)) return WR_OUT_OF_MEMORY;
  wr_status status = explain_colon(&dir, value, error)
                         ? (error->status = WR_BAD_ARGUMENT)
                         : wr_wasi_preopen_dir(wasi, dir.host, dir.guest, dir.flags, error);
  free(dir.host);
  return status;
}

/* NAME=VALUE, or NAME for the value that is set here; one that is not set is not given. An empty
 * name is an error, as everywhere. */
wr_status wr__grant_env(wr_wasi_t *wasi, const char *value, wr_error *error) {
  const char *equals = strchr(value, '=');
  if (!equals && value[0] != '\0') {
    const char *own = getenv(value);
    return own ? wr_wasi_set_env(wasi, value, own, error) : WR_OK;
  }
  char *name = strndup(value, equals ? (size_t)(equals - value) : 0);
  if (!name) return WR_OUT_OF_MEMORY;
  wr_status status = wr_wasi_set_env(wasi, name, equals ? equals + 1 : "", error);
  free(name);
  return status;
}

/* ACTION=TARGET[,TARGET...][,ACTION=...]: what has no action of its own goes on with the last. */
wr_status wr__grant_net(wr_wasi_t *wasi, const char *value, wr_error *error) {
  size_t action_size = 0, size;
  const char *action = value;
  for (const char *at = value;; at += size + 1) {
    char rule[512];
    size = strcspn(at, ",");
    const char *equals = memchr(at, '=', size);
    if (equals) {
      action = at;
      action_size = (size_t)(equals - at) + 1;
    }
    int length = snprintf(rule, sizeof rule, "%.*s%.*s", equals ? 0 : (int)action_size, action,
                          (int)size, at);
    if (length < 0 || (size_t)length >= sizeof rule) rule[0] = '\0'; /* which is no rule */
    wr_status status = wr_wasi_net_allow(wasi, rule, error);
    if (status != WR_OK || at[size] == '\0') return status;
  }
}
