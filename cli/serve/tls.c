/* The filter of tls.h. TLS 1.2 and 1.3; no renegotiation, no compression. */
#include "tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>

#include "../report.h"
#include "serve.h"

struct wr__tls_context {
  SSL_CTX *ssl;
};

struct wr__tls {
  SSL *ssl;
  BIO *in, *out; /* the ssl's */
  bool is_open;  /* the handshake is done */
};

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *size,
                           const unsigned char *offered, unsigned offered_size, void *context) {
  static const unsigned char known[] = "\x02h2\x08http/1.1";
  unsigned char *chosen;
  (void)ssl;
  (void)context;
  int found = SSL_select_next_proto(&chosen, size, known, sizeof known - 1, offered, offered_size);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

struct wr__tls_context *wr__tls_context_new(const char *cert, const char *key) {
  struct wr__tls_context *context = calloc(1, sizeof *context);
  if (!context) return NULL;
  context->ssl = SSL_CTX_new(TLS_server_method());
  const char *what = "TLS";
  bool good = context->ssl && SSL_CTX_set_min_proto_version(context->ssl, TLS1_2_VERSION) == 1;
  if (good) {
    SSL_CTX_set_options(context->ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                          SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context->ssl, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_alpn_select_cb(context->ssl, choose_protocol, NULL);
    what = cert;
    good = SSL_CTX_use_certificate_chain_file(context->ssl, cert) == 1;
  }
  if (good) {
    what = key;
    good = SSL_CTX_use_PrivateKey_file(context->ssl, key, SSL_FILETYPE_PEM) == 1 &&
           SSL_CTX_check_private_key(context->ssl) == 1;
  }
  if (good) return context;
  char reason[256];
  ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
  wr__report("serve: %s: %s", what, reason);
  wr__tls_context_delete(context);
  return NULL;
}

void wr__tls_context_delete(struct wr__tls_context *context) {
  if (!context) return;
  SSL_CTX_free(context->ssl);
  free(context);
}

void wr__tls_close(struct wr__tls *tls) {
  if (!tls) return;
  SSL_free(tls->ssl);
  free(tls);
}

bool wr__tls_open(wr__client *client) {
  struct wr__tls *tls = calloc(1, sizeof *tls);
  if (!tls) return false;
  client->tls = tls;
  client->peer.secure = true;
  tls->ssl = SSL_new(client->loop->server->tls->ssl);
  BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
  if (!tls->ssl || !in || !out) {
    BIO_free(in);
    BIO_free(out);
    return false;
  }
  BIO_set_mem_eof_return(in, -1);
  SSL_set_bio(tls->ssl, in, out);
  SSL_set_accept_state(tls->ssl);
  tls->in = in;
  tls->out = out;
  return true;
}

/* What TLS has for the network. */
static void send_out(wr__client *client) {
  struct wr__tls *tls = client->tls;
  size_t waiting = BIO_ctrl_pending(tls->out);
  wr__bytes bytes = {0};
  uint8_t *room = waiting ? wr__bytes_room(&bytes, waiting) : NULL;
  int got = room ? BIO_read(tls->out, room, (int)waiting) : 0;
  if (got > 0) bytes.size = (size_t)got;
  if (bytes.size) wr__client_write_plain(client, &bytes);
  wr__bytes_free(&bytes);
}

/* HTTP/2 if the client chose it: the session of HTTP/1, which has seen nothing, makes room. */
static bool open_protocol(wr__client *client) {
  const unsigned char *name;
  unsigned size;
  client->tls->is_open = true;
  SSL_get0_alpn_selected(client->tls->ssl, &name, &size);
  if (size != 2 || memcmp(name, "h2", 2) != 0) return true;
  client->protocol->closed(client);
  client->protocol = NULL;
  return wr__http2_open(client);
}

static bool shake(wr__client *client) {
  int done = SSL_do_handshake(client->tls->ssl);
  int error = done == 1 ? SSL_ERROR_NONE : SSL_get_error(client->tls->ssl, done);
  ERR_clear_error();
  send_out(client);
  if (client->is_closing) return false;
  if (done == 1) return open_protocol(client);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return false;
  wr__client_end(client);
  return false;
}

/* What came, in the clear. */
static void read_in(wr__client *client) {
  char clear[8192];
  while (client->tls) {
    int got = SSL_read(client->tls->ssl, clear, sizeof clear);
    if (got > 0) {
      wr__client_received(client, clear, (size_t)got);
      continue;
    }
    int error = SSL_get_error(client->tls->ssl, got);
    ERR_clear_error();
    send_out(client);
    if (error == SSL_ERROR_ZERO_RETURN)
      wr__client_received_end(client);
    else if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
      wr__client_close(client);
    return;
  }
}

void wr__tls_received(wr__client *client, const char *data, size_t size) {
  struct wr__tls *tls = client->tls;
  if (BIO_write(tls->in, data, (int)size) != (int)size) {
    wr__client_close(client);
    return;
  }
  if (!tls->is_open && !shake(client)) {
    if (client->tls && !client->is_closing && !client->protocol) wr__client_close(client);
    return;
  }
  read_in(client);
}

void wr__tls_write(wr__client *client, wr__bytes *bytes) {
  while (client->tls && bytes->size > 0) {
    size_t piece = bytes->size < 16384 ? bytes->size : 16384;
    int done = SSL_write(client->tls->ssl, wr__bytes_text(bytes), (int)piece);
    if (done <= 0) {
      ERR_clear_error();
      wr__client_close(client);
      break;
    }
    wr__bytes_take(bytes, (size_t)done);
  }
  wr__bytes_take(bytes, bytes->size);
  if (client->tls) send_out(client);
}

void wr__tls_end(wr__client *client) {
  if (!client->tls || !client->tls->is_open || client->is_closing) return;
  SSL_shutdown(client->tls->ssl);
  ERR_clear_error();
  send_out(client);
}
