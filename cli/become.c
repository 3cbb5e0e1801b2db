/* `wasmrun serve`: becomes wasmrun-serve, so that no other command carries an HTTP server. */
#include <errno.h>
#include <string.h>

#include "commands.h"
#include "platform/host.h"

int wr__command_serve(const wr__parsed *parsed) {
  if (!parsed->line) {
    wr__report("out of memory");
    return WR__EXIT_FAILED;
  }
  wr__host_become("wasmrun-serve", parsed->line);
  wr__report("serve: cannot start wasmrun-serve, which belongs beside wasmrun: %s",
             strerror(errno));
  return WR__EXIT_FAILED;
}
