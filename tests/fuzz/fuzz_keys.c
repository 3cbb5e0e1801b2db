/* Files of keys, of any content: read whole or refused with a reason, and a key that was read is
 * printed and read back the same. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trust/keys.h"

static char folder[512], path[544];

static void end(void) {
  unlink(path);
  rmdir(folder);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc;
  (void)argv;
  const char *temporary = getenv("TMPDIR");
  snprintf(folder, sizeof folder, "%.400s/fuzz-keys-XXXXXX", temporary ? temporary : "/tmp");
  if (!mkdtemp(folder)) abort();
  snprintf(path, sizeof path, "%s/keys", folder);
  atexit(end);
  return 0;
}

static void put(const void *data, size_t size) {
  unlink(path);
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0 || write(fd, data, size) != (ssize_t)size) abort();
  close(fd);
}

static void check_again(const wr__public_key *key) {
  char text[WR_PUBLIC_KEY_TEXT_SIZE], line[256];
  wr__public_key *again = NULL;
  size_t count = 0;
  wr_error error;
  wr__public_key_print(key, text);
  put(line, (size_t)snprintf(line, sizeof line, "wasmrun-public-key %s %s\n", text, key->name));
  if (wr__keys_read(path, &again, &count, &error) != WR_OK || count != 1 ||
      memcmp(again->bytes, key->bytes, sizeof key->bytes) != 0 || strcmp(again->name, key->name))
    abort();
  free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  wr__public_key *keys = NULL;
  wr__signing_key signing;
  size_t count = 0;
  wr_error error = {0};
  put(data, size);
  if (wr__signing_key_read(path, &signing, &error) != WR_OK && !error.message[0]) abort();
  if (wr__keys_read(path, &keys, &count, &error) == WR_OK) {
    for (size_t i = 0; i < count && i < 4; i++) check_again(&keys[i]);
    free(keys);
  } else if (!error.message[0]) {
    abort();
  }
  return 0;
}
