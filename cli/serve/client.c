/* Connections over libuv. Memory for reading is the loop's; a connection that waits holds none. */
#include "client.h"

#include <stdlib.h>

#include "serve.h"
#include "tls.h"

/* One write that did not leave at once. */
typedef struct pending_write {
  uv_write_t request;
  wr__client *client;
  wr__bytes bytes;
} pending_write;

void wr__client_release(wr__client *client) {
  if (--client->ref_count == 0) free(client);
}

/* ---- Closing -------------------------------------------------------------------------------- */

static void on_closed(uv_handle_t *handle) { wr__client_release(handle->data); }

static void unlink_client(wr__client *client) {
  wr__loop *loop = client->loop;
  if (client->previous)
    client->previous->next = client->next;
  else
    loop->clients = client->next;
  if (client->next) client->next->previous = client->previous;
  loop->client_count--;
  atomic_fetch_sub(&loop->server->connections, 1);
}

static bool begin_close(wr__client *client) {
  if (client->is_closing) return false;
  client->is_closing = true;
  unlink_client(client);
  if (client->protocol) client->protocol->closed(client);
  wr__tls_close(client->tls);
  client->tls = NULL;
  return true;
}

void wr__client_close(wr__client *client) {
  if (begin_close(client)) uv_close((uv_handle_t *)&client->handle, on_closed);
}

void wr__client_reset(wr__client *client) {
  if (!begin_close(client)) return;
  bool is_tcp = client->handle.stream.type == UV_TCP;
  if (!is_tcp || uv_tcp_close_reset(&client->handle.tcp, on_closed))
    uv_close((uv_handle_t *)&client->handle, on_closed);
}

static void on_shutdown(uv_shutdown_t *request, int status) {
  wr__client *client = request->data;
  free(request);
  /* The peer may still send: to close now could reset the connection and take the answer from it
   * before it was read. It gets a moment. Spec: RFC 9112, 9.6. */
  if (!client->is_closing && (status < 0 || client->has_ended)) wr__client_close(client);
  wr__client_release(client);
}

static void begin_shutdown(wr__client *client) {
  uv_shutdown_t *request = malloc(sizeof *request);
  if (!request) {
    wr__client_close(client);
    return;
  }
  request->data = client;
  wr__client_retain(client);
  if (uv_shutdown(request, &client->handle.stream, on_shutdown) == 0) return;
  free(request);
  client->ref_count--;
  wr__client_close(client);
}

void wr__client_end(wr__client *client) {
  if (client->is_closing || client->ends_after_writes) return;
  client->ends_after_writes = true;
  if (client->protocol) client->protocol->closed(client);
  client->protocol = NULL;
  client->session = NULL;
  wr__tls_end(client);
  wr__client_limit(client, WR__LINGER_NS);
  if (client->is_closing) return;
  wr__client_read(client, true);
  if (client->queued == 0) begin_shutdown(client);
}

/* ---- Writing -------------------------------------------------------------------------------- */

static void after_write(wr__client *client, size_t size, int status) {
  client->queued -= size;
  client->progress_ns = wr__now_ns();
  if (client->is_closing) return;
  if (status < 0) {
    wr__client_close(client);
  } else if (client->ends_after_writes) {
    if (client->queued == 0) begin_shutdown(client);
  } else if (client->protocol && client->queued <= WR__CLIENT_MOST_QUEUED / 2) {
    client->protocol->drained(client);
  }
}

static void on_written(uv_write_t *request, int status) {
  pending_write *write = request->data;
  wr__client *client = write->client;
  size_t size = write->bytes.size;
  wr__bytes_free(&write->bytes);
  free(write);
  after_write(client, size, status);
  wr__client_release(client);
}

static void queue_write(wr__client *client, wr__bytes *bytes) {
  pending_write *write = malloc(sizeof *write);
  if (!write) {
    wr__client_close(client);
    return;
  }
  *write = (pending_write){.client = client, .bytes = *bytes};
  *bytes = (wr__bytes){0};
  write->request.data = write;
  uv_buf_t buffer =
      uv_buf_init((char *)write->bytes.data + write->bytes.start, (unsigned)write->bytes.size);
  client->queued += write->bytes.size;
  wr__client_retain(client);
  if (uv_write(&write->request, &client->handle.stream, &buffer, 1, on_written) == 0) return;
  client->queued -= write->bytes.size;
  client->ref_count--;
  wr__bytes_free(&write->bytes);
  free(write);
  wr__client_close(client);
}

void wr__client_write_plain(wr__client *client, wr__bytes *bytes) {
  if (client->is_closing || bytes->size == 0) {
    wr__bytes_take(bytes, bytes->size);
    return;
  }
  if (client->queued == 0) {
    client->progress_ns = wr__now_ns();
    uv_buf_t buffer = uv_buf_init((char *)bytes->data + bytes->start, (unsigned)bytes->size);
    int sent = uv_try_write(&client->handle.stream, &buffer, 1);
    if (sent < 0 && sent != UV_EAGAIN) {
      wr__bytes_take(bytes, bytes->size);
      wr__client_close(client);
      return;
    }
    if (sent > 0) wr__bytes_take(bytes, (size_t)sent);
  }
  if (bytes->size > 0) queue_write(client, bytes);
}

void wr__client_write(wr__client *client, wr__bytes *bytes) {
  if (client->tls && !client->is_closing)
    wr__tls_write(client, bytes);
  else
    wr__client_write_plain(client, bytes);
}

/* ---- Reading -------------------------------------------------------------------------------- */

static void on_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
  wr__client *client = handle->data;
  (void)suggested;
  *buffer = uv_buf_init(client->loop->buffer, sizeof client->loop->buffer);
}

void wr__client_received(wr__client *client, const char *data, size_t size) {
  if (client->protocol) client->protocol->received(client, data, size);
}

void wr__client_received_end(wr__client *client) {
  client->has_ended = true;
  if (client->protocol)
    client->protocol->ended(client);
  else
    wr__client_close(client);
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer) {
  wr__client *client = stream->data;
  if (client->is_closing || size == 0) return;
  wr__client_retain(client);
  if (size == UV_EOF) {
    uv_read_stop(stream);
    client->is_reading = false;
    wr__client_received_end(client);
  } else if (size < 0) {
    wr__client_close(client);
  } else if (client->tls) {
    wr__tls_received(client, buffer->base, (size_t)size);
  } else {
    wr__client_received(client, buffer->base, (size_t)size);
  }
  wr__client_release(client);
}

void wr__client_read(wr__client *client, bool on) {
  if (client->is_closing || client->has_ended || on == client->is_reading) return;
  client->is_reading = on;
  if (on)
    uv_read_start(&client->handle.stream, on_buffer, on_read);
  else
    uv_read_stop(&client->handle.stream);
}

/* ---- Beginning ------------------------------------------------------------------------------ */

static void note_peer(wr__client *client, const wr__listener *listener) {
  struct sockaddr_storage address;
  int size = sizeof address;
  client->peer = (wr__peer){.remote = "unix", .local_port = listener->port};
  if (listener->is_local ||
      uv_tcp_getpeername(&client->handle.tcp, (struct sockaddr *)&address, &size))
    return;
  wr__peer_text(&address, client->peer.remote, sizeof client->peer.remote,
                &client->peer.remote_port);
}

void wr__client_accept(wr__listener *listener) {
  wr__loop *loop = listener->loop;
  wr__client *client = calloc(1, sizeof *client);
  if (!client) return;
  client->loop = loop;
  client->ref_count = 1;
  client->handle.stream.data = client;
  client->is_metrics = listener->is_metrics;
  if (listener->is_local)
    uv_pipe_init(&loop->uv, &client->handle.pipe, 0);
  else
    uv_tcp_init(&loop->uv, &client->handle.tcp);
  client->handle.stream.data = client;
  client->next = loop->clients;
  if (loop->clients) loop->clients->previous = client;
  loop->clients = client;
  loop->client_count++;
  uint64_t count = atomic_fetch_add(&loop->server->connections, 1) + 1;
  if (uv_accept(&listener->handle.stream, &client->handle.stream) ||
      count > loop->server->settings.max_connections) {
    wr__client_close(client);
    return;
  }
  if (!listener->is_local) uv_tcp_nodelay(&client->handle.tcp, 1);
  note_peer(client, listener);
  bool good = wr__http1_open(client);
  if (good && loop->server->tls && !listener->is_metrics) good = wr__tls_open(client);
  if (good)
    wr__client_read(client, true);
  else
    wr__client_close(client);
}

void wr__client_drain(wr__client *client) {
  if (client->protocol) client->protocol->drain(client);
}

void wr__client_tick(wr__client *client, uint64_t now) {
  /* A peer that takes nothing of what it asked for. */
  if (client->queued > 0 && now - client->progress_ns > client->loop->server->settings.write_ns) {
    wr__client_reset(client);
  } else if (client->limit_ns && now >= client->limit_ns) {
    client->limit_ns = 0;
    if (client->protocol)
      client->protocol->late(client);
    else
      wr__client_close(client);
  }
}
