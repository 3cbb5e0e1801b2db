/* The interfaces of WASI 0.2, each under its newest version: a linker gives them to imports of
 * every version from 0.2.0 on, of which a guest uses some of the functions. */
#include "abi.h"

#include <stdio.h>
#include <stdlib.h>

/* Spec: WASI 0.2.12. */
#define VERSION "0.2.12"

extern const wr__p2_interface wr__p2_io_error, wr__p2_io_poll, wr__p2_io_streams,
    wr__p2_cli_environment, wr__p2_cli_exit, wr__p2_cli_stdin, wr__p2_cli_stdout, wr__p2_cli_stderr,
    wr__p2_cli_terminal_input, wr__p2_cli_terminal_output, wr__p2_cli_terminal_stdin,
    wr__p2_cli_terminal_stdout, wr__p2_cli_terminal_stderr, wr__p2_clocks_monotonic,
    wr__p2_clocks_wall, wr__p2_random_random, wr__p2_random_insecure, wr__p2_random_seed,
    wr__p2_filesystem_preopens, wr__p2_filesystem_types, wr__p2_sockets_network,
    wr__p2_sockets_instance_network, wr__p2_sockets_ip_name_lookup,
    wr__p2_sockets_tcp_create_socket, wr__p2_sockets_tcp, wr__p2_sockets_udp_create_socket,
    wr__p2_sockets_udp, wr__p2_http_types, wr__p2_http_fields, wr__p2_http_bodies,
    wr__p2_http_outgoing_handler;

static const wr__p2_interface *const interfaces[] = {
    &wr__p2_io_error,
    &wr__p2_io_poll,
    &wr__p2_io_streams,
    &wr__p2_cli_environment,
    &wr__p2_cli_exit,
    &wr__p2_cli_stdin,
    &wr__p2_cli_stdout,
    &wr__p2_cli_stderr,
    &wr__p2_cli_terminal_input,
    &wr__p2_cli_terminal_output,
    &wr__p2_cli_terminal_stdin,
    &wr__p2_cli_terminal_stdout,
    &wr__p2_cli_terminal_stderr,
    &wr__p2_clocks_monotonic,
    &wr__p2_clocks_wall,
    &wr__p2_random_random,
    &wr__p2_random_insecure,
    &wr__p2_random_seed,
    &wr__p2_filesystem_preopens,
    &wr__p2_filesystem_types,
    &wr__p2_sockets_network,
    &wr__p2_sockets_instance_network,
    &wr__p2_sockets_ip_name_lookup,
    &wr__p2_sockets_tcp_create_socket,
    &wr__p2_sockets_tcp,
    &wr__p2_sockets_udp_create_socket,
    &wr__p2_sockets_udp,
    &wr__p2_http_types,
    &wr__p2_http_fields,
    &wr__p2_http_bodies,
    &wr__p2_http_outgoing_handler,
};
#define INTERFACES (sizeof interfaces / sizeof interfaces[0])

static size_t count_functions(void) {
  size_t count = 0;
  for (size_t i = 0; i < INTERFACES; i++) count += interfaces[i]->function_count;
  return count;
}

static wr_status define_interface(wr_component_linker_t *linker, const wr__p2_interface *interface,
                                  wr__p2 *p2, wr__p2_binding **next) {
  char name[64];
  snprintf(name, sizeof name, "%s@" VERSION, interface->name);
  wr_status status = WR_OK;
  for (uint32_t i = 0; i < interface->resource_count && status == WR_OK; i++)
    status = wr__p2_define_resource(linker, name, interface->resources[i].name, p2);
  for (uint32_t i = 0; i < interface->function_count && status == WR_OK; i++) {
    wr__p2_binding *binding = (*next)++;
    *binding = (wr__p2_binding){p2, interface->functions[i].handler};
    status = wr_component_linker_define(linker, name, interface->functions[i].name, wr__p2_enter,
                                        binding);
  }
  return status;
}

/* What the context keeps until it is deleted. */
static void delete_all(wr_wasi_t *wasi) {
  while (wasi->components) {
    wr__p2 *p2 = wasi->components;
    wasi->components = p2->next;
    free(p2->bindings);
    p2->bindings = NULL;
    wr__p2_release_context(p2);
  }
}

wr__p2 *wr__p2_context_new(wr_wasi_t *wasi) {
  wr__p2 *p2 = calloc(1, sizeof *p2);
  if (!p2) return NULL;
  p2->wasi = wasi;
  p2->ref_count = 1;
  p2->next = wasi->components;
  wasi->components = p2;
  wasi->delete_components = delete_all;
  return p2;
}

wr_status wr_wasi_define_components(wr_wasi_t *wasi, wr_component_linker_t *linker,
                                    wr_error *error) {
  wr__p2 *p2 = wr__p2_context_new(wasi);
  wr__p2_binding *next = p2 ? calloc(count_functions(), sizeof *next) : NULL;
  if (!next) return wr__wasi_fail(error, WR_OUT_OF_MEMORY, "out of memory");
  p2->bindings = next;
  for (size_t i = 0; i < INTERFACES; i++) {
    wr_status status = define_interface(linker, interfaces[i], p2, &next);
    if (status != WR_OK)
      return wr__wasi_fail(error, status, "cannot define %s", interfaces[i]->name);
  }
  return WR_OK;
}
