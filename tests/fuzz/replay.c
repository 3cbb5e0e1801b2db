/* Runs a fuzzer's function on files, without libFuzzer: what a fuzzer found once is tried again in
 * every build. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

static void run_file(const char *path) {
  FILE *file = fopen(path, "rb");
  long size = -1;
  if (!file || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0) {
    perror(path);
    exit(2);
  }
  rewind(file);
  /* Nothing lies behind the input, so that reading on is seen. */
  uint8_t *data = malloc(size ? (size_t)size : 1);
  if (!data || fread(data, 1, (size_t)size, file) != (size_t)size) exit(2);
  fclose(file);
  LLVMFuzzerTestOneInput(data, (size_t)size);
  free(data);
}

int main(int argc, char **argv) {
  if (LLVMFuzzerInitialize) LLVMFuzzerInitialize(&argc, &argv);
  for (int i = 1; i < argc; i++) run_file(argv[i]);
  return 0;
}
