/* A function for GNU make, which ends by itself only with 0, 1 or 2: $(exit-with COMMAND) runs the
 * command on make's own standard streams and ends make with the command's status, so that
 * `make run APP=...` has the status of the program. The Makefile loads it where it can be built. */
#include <gnumake.h>
#include <stdlib.h>
#include <sys/wait.h>

int plugin_is_GPL_compatible;
int make_status_gmk_setup(void);

static char *exit_with(const char *name, unsigned int argc, char **argv) {
  (void)name, (void)argc;
  int status = system(argv[0]);
  if (WIFSIGNALED(status)) _Exit(128 + WTERMSIG(status));
  _Exit(WIFEXITED(status) ? WEXITSTATUS(status) : 2);
}

int make_status_gmk_setup(void) {
  gmk_add_function("exit-with", exit_with, 1, 1, GMK_FUNC_DEFAULT);
  return 1;
}
