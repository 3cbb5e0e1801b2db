/* The process: everything else is in the commands. */
#include "commands.h"

/* Made at each build (cmake/WasmrunCommit.cmake). */
extern const char wr__commit_text[];

int main(int argc, char **argv) {
  wr__commit = wr__commit_text;
  return wr__main(argc, argv);
}
