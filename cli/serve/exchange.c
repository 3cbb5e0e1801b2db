/* The two pipes of an exchange, and how its sides wake one another. */
#include "exchange.h"

#include <stdlib.h>

#include "guest.h"
#include "loop.h"
#include "serve.h"
#include "site.h"

/* Output of a guest that goes on running is announced at once if it was quiet for so long. What
 * follows sooner is announced by the loop's timer, or with the end: most guests write and end. */
#define QUIET_NS UINT64_C(2000000)

wr__exchange *wr__exchange_new(wr__loop *loop) {
  wr__exchange *x = calloc(1, sizeof *x);
  if (!x) return NULL;
  x->loop = loop;
  x->ref_count = 1;
  x->file = -1;
  x->length = -1;
  x->input_most = UINT64_MAX;
  x->started_ns = x->flushed_ns = wr__now_ns();
  pthread_mutex_init(&x->lock, NULL);
  pthread_cond_init(&x->wake, NULL);
  return x;
}

void wr__exchange_retain(wr__exchange *x) { x->ref_count++; }

void wr__exchange_release(wr__exchange *x) {
  if (--x->ref_count > 0) return;
  wr__exchange_close_file(x->file);
  if (x->site) wr__site_release(x->site);
  wr__head_free(&x->head);
  wr__bytes_free(&x->input);
  wr__bytes_free(&x->output);
  wr__bytes_free(&x->fields);
  free(x->detail);
  pthread_cond_destroy(&x->wake);
  pthread_mutex_destroy(&x->lock);
  free(x);
}

static bool is_over(const wr__exchange *x) { return x->gone || x->expired || x->too_large; }

bool wr__exchange_is_over(wr__exchange *x) {
  pthread_mutex_lock(&x->lock);
  bool over = is_over(x);
  pthread_mutex_unlock(&x->lock);
  return over;
}

/* Waits on x->wake; another thread has the loop meanwhile. */
static void wait_locked(wr__exchange *x) {
  wr__guest_pause(x->loop->server->guests);
  pthread_cond_wait(&x->wake, &x->lock);
}

int64_t wr__exchange_read(wr__exchange *x, void *data, size_t capacity) {
  pthread_mutex_lock(&x->lock);
  while (x->input.size == 0 && !x->input_ended && !is_over(x)) {
    /* Who waits for an answer before it sends more gets what there is. */
    x->input_wanted = true;
    wr__loop_notify(x->loop, x);
    wait_locked(x);
  }
  int64_t size = -1;
  bool resume = false;
  if (!is_over(x)) {
    size = (int64_t)(x->input.size < capacity ? x->input.size : capacity);
    if (size > 0) memcpy(data, x->input.data + x->input.start, (size_t)size);
    wr__bytes_take(&x->input, (size_t)size);
    resume = x->input_paused && x->input.size <= WR__PIPE_SIZE / 2;
  }
  pthread_mutex_unlock(&x->lock);
  if (resume) wr__loop_notify(x->loop, x);
  return size;
}

void wr__exchange_begin(wr__exchange *x, int status, wr__bytes *fields, int64_t length) {
  pthread_mutex_lock(&x->lock);
  x->status = status;
  x->length = length;
  wr__bytes_free(&x->fields);
  x->fields = *fields;
  *fields = (wr__bytes){0};
  pthread_mutex_unlock(&x->lock);
}

bool wr__exchange_write(wr__exchange *x, const void *data, size_t size) {
  const uint8_t *at = data;
  bool good = true;
  while (good && size > 0) {
    pthread_mutex_lock(&x->lock);
    size_t room = x->output.size < WR__PIPE_SIZE ? WR__PIPE_SIZE - x->output.size : 0;
    size_t piece = size < room ? size : room;
    good = !is_over(x) && wr__bytes_add(&x->output, at, piece);
    x->output_total += piece;
    at += piece;
    size -= piece;
    uint64_t now = wr__now_ns();
    bool announce = size > 0 || now - x->flushed_ns > QUIET_NS;
    if (announce) x->flushed_ns = now;
    pthread_mutex_unlock(&x->lock);
    if (good && announce) wr__loop_notify(x->loop, x);
    if (!good || size == 0) break;
    pthread_mutex_lock(&x->lock);
    while (x->output.size >= WR__PIPE_SIZE && !is_over(x)) wait_locked(x);
    pthread_mutex_unlock(&x->lock);
  }
  return good;
}

void wr__exchange_end(wr__exchange *x) {
  pthread_mutex_lock(&x->lock);
  x->output_ended = true;
  pthread_mutex_unlock(&x->lock);
  wr__loop_notify(x->loop, x);
}

/* A page for a status. With --dev it shows what the guest did. */
static void write_page(wr__exchange *x, int status) {
  const char *reason = wr__status_reason(status);
  bool plain = x->detail && x->loop->server->settings.dev;
  x->status = status;
  wr__bytes_take(&x->fields, x->fields.size);
  wr__bytes_take(&x->output, x->output.size);
  wr__bytes_format(&x->fields, "content-type: text/plain; charset=utf-8\r\n");
  if (status == 503) wr__bytes_format(&x->fields, "retry-after: 1\r\n");
  if (status == 405 && x->outcome) wr__bytes_format(&x->fields, "%s\r\n", x->outcome);
  wr__bytes_format(&x->output, "%d %s\n%s%s", status, reason, plain ? "\n" : "",
                   plain ? x->detail : "");
  x->length = (int64_t)x->output.size;
  x->output_total = x->output.size;
}

void wr__exchange_fail(wr__exchange *x, int status, const char *outcome) {
  pthread_mutex_lock(&x->lock);
  if (!x->outcome) x->outcome = outcome;
  /* Output that nobody was told of may be replaced. */
  if (x->status == 0 || !x->head_sent) {
    write_page(x, status);
  } else {
    x->output_failed = true;
  }
  x->output_ended = true;
  pthread_mutex_unlock(&x->lock);
  wr__loop_notify(x->loop, x);
}

/* ---- For sessions ---------------------------------------------------------------------- */

/* Wakes a handler that waits, and stops a guest that runs. */
static void stop_locked(wr__exchange *x) {
  if (x->store) wr_store_interrupt(x->store);
  pthread_cond_broadcast(&x->wake);
}

bool wr__exchange_feed(wr__exchange *x, wr__slice content, bool *paused) {
  pthread_mutex_lock(&x->lock);
  x->input_total += content.size;
  bool good = x->input_total <= x->input_most;
  if (!good) {
    x->too_large = true;
    stop_locked(x);
  } else if (!x->output_ended && !is_over(x)) {
    if (!wr__bytes_add(&x->input, content.data, content.size)) {
      x->gone = true;
      stop_locked(x);
    }
    pthread_cond_signal(&x->wake);
  }
  x->input_paused = x->input.size >= WR__PIPE_SIZE && !x->output_ended && !is_over(x);
  *paused = x->input_paused;
  pthread_mutex_unlock(&x->lock);
  return good;
}

void wr__exchange_feed_end(wr__exchange *x) {
  pthread_mutex_lock(&x->lock);
  x->input_ended = true;
  pthread_cond_signal(&x->wake);
  pthread_mutex_unlock(&x->lock);
}

void wr__exchange_expire(wr__exchange *x) {
  pthread_mutex_lock(&x->lock);
  if (!x->expired && !x->output_ended) {
    x->expired = true;
    stop_locked(x);
  }
  pthread_mutex_unlock(&x->lock);
}

void wr__exchange_flush(wr__exchange *x, uint64_t before_ns) {
  pthread_mutex_lock(&x->lock);
  bool waits = x->output.size > 0 && x->flushed_ns < before_ns;
  if (waits) x->flushed_ns = wr__now_ns();
  pthread_mutex_unlock(&x->lock);
  if (waits && x->attend) x->attend(x);
}

void wr__exchange_abandon(wr__exchange *x) {
  x->attend = NULL;
  x->session = NULL;
  pthread_mutex_lock(&x->lock);
  x->gone = true;
  stop_locked(x);
  pthread_mutex_unlock(&x->lock);
  wr__exchange_release(x);
}

const char *wr__status_reason(int status) {
  static const struct {
    int status;
    const char *reason;
  } reasons[] = {
      {100, "Continue"},
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {203, "Non-Authoritative Information"},
      {204, "No Content"},
      {205, "Reset Content"},
      {206, "Partial Content"},
      {300, "Multiple Choices"},
      {301, "Moved Permanently"},
      {302, "Found"},
      {303, "See Other"},
      {304, "Not Modified"},
      {307, "Temporary Redirect"},
      {308, "Permanent Redirect"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {402, "Payment Required"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {406, "Not Acceptable"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {410, "Gone"},
      {411, "Length Required"},
      {412, "Precondition Failed"},
      {413, "Content Too Large"},
      {414, "URI Too Long"},
      {415, "Unsupported Media Type"},
      {416, "Range Not Satisfiable"},
      {417, "Expectation Failed"},
      {418, "I'm a teapot"},
      {421, "Misdirected Request"},
      {422, "Unprocessable Content"},
      {425, "Too Early"},
      {426, "Upgrade Required"},
      {428, "Precondition Required"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {451, "Unavailable For Legal Reasons"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
      {505, "HTTP Version Not Supported"},
  };
  for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
    if (reasons[i].status == status) return reasons[i].reason;
  return "Unknown";
}
