/* The least that answers a request: wasmrun serve http_hello.wasm */
#include <stdio.h>

int main(void) {
  printf("Content-Type: text/plain\n\n");
  printf("Hello\n");
  return 0;
}
