/* Keeps what is sent in a folder, and gives it back: PUT and GET of /NAME. Bodies of any size pass
 * in pieces: wasmrun serve --dir store::/store upload.wasm */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int answer(int status, const char *text) {
  printf("Status: %d\nContent-Type: text/plain\n\n%s\n", status, text);
  return 0;
}

static int copy(FILE *from, FILE *to) {
  static char buffer[16384];
  size_t size;
  while ((size = fread(buffer, 1, sizeof buffer, from)) > 0)
    if (fwrite(buffer, 1, size, to) != size) return -1;
  return ferror(from) ? -1 : 0;
}

/* Written beside its place and moved there whole. */
static int put(const char *path) {
  char beside[300];
  snprintf(beside, sizeof beside, "%s.part", path);
  FILE *file = fopen(beside, "wb");
  if (!file) return answer(507, strerror(errno));
  int failed = copy(stdin, file);
  failed |= fclose(file);
  if (!failed) failed = rename(beside, path);
  if (!failed) return answer(201, "kept");
  remove(beside);
  return answer(500, "not kept");
}

static int get(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) return answer(404, "nothing of that name");
  printf("Content-Type: application/octet-stream\n\n");
  return copy(file, stdout) ? 1 : 0;
}

int main(void) {
  const char *name = getenv("PATH_INFO"), *method = getenv("REQUEST_METHOD");
  char path[256];
  if (!name || !method || strlen(name) < 2 || strlen(name) > 100 || strchr(name + 1, '/'))
    return answer(400, "the path is to be one name");
  snprintf(path, sizeof path, "/store%s", name);
  if (strcmp(method, "PUT") == 0) return put(path);
  if (strcmp(method, "GET") == 0) return get(path);
  return answer(405, "GET and PUT");
}
