/* Greets: arguments, environment, exit status. */
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  const char *greeting = getenv("GREETING");
  if (!greeting) greeting = "Hello";
  if (argc < 2) printf("%s from WebAssembly!\n", greeting);
  for (int i = 1; i < argc; i++) printf("%s, %s!\n", greeting, argv[i]);
  return argc > 4 ? 3 : 0;
}
