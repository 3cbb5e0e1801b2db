/* Lines of the log, as text or as JSON. A line that cannot be written (a full disk) is lost and
 * counted; nothing waits for it. */
#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "platform/files.h"
#include "site.h"

/* For a reader of the log that does not keep up, before lines are lost. */
#define PATIENCE_MS 100

struct wr__log {
  wr__log_format format;
  char *path; /* own, or NULL */
  pthread_mutex_t lock;
  int file;
  bool is_slow; /* its reader did not keep up */
  _Atomic uint64_t lost_lines;
  wr__bytes line;
};

wr__log *wr__log_new(wr__log_format format, const char *path) {
  wr__log *log = calloc(1, sizeof *log);
  if (!log) return NULL;
  log->format = format;
  log->path = path ? strdup(path) : NULL;
  log->file = path ? wr__os_file_open_log(path) : 2;
  pthread_mutex_init(&log->lock, NULL);
  if (log->file >= 0 && (!path || log->path)) return log;
  wr__log_delete(log);
  return NULL;
}

void wr__log_delete(wr__log *log) {
  if (!log) return;
  if (log->path) wr__os_file_close(log->file);
  wr__bytes_free(&log->line);
  pthread_mutex_destroy(&log->lock);
  free(log->path);
  free(log);
}

void wr__log_reopen(wr__log *log) {
  if (!log->path) return;
  int file = wr__os_file_open_log(log->path);
  if (file < 0) return; /* the old one goes on */
  pthread_mutex_lock(&log->lock);
  wr__os_file_close(log->file);
  log->file = file;
  pthread_mutex_unlock(&log->lock);
}

uint64_t wr__log_lost(const wr__log *log) { return log->lost_lines; }

/* ---- Parts of a line
 * ------------------------------------------------------------------------------ */

/* Text of a client's or a guest's making between quotes: nothing in it ends the line or the string,
 * or reaches a terminal. Bytes that are not ASCII are escaped too. */
static void add_quoted(wr__bytes *line, wr__slice text) {
  wr__bytes_add(line, "\"", 1);
  for (size_t i = 0; i < text.size; i++) {
    unsigned char c = (unsigned char)text.data[i];
    if (c == '"' || c == '\\')
      wr__bytes_format(line, "\\%c", c);
    else if (c < 0x20 || c >= 0x7f)
      wr__bytes_format(line, "\\u%04x", c);
    else
      wr__bytes_add(line, &text.data[i], 1);
  }
  wr__bytes_add(line, "\"", 1);
}

static void add_time(wr__bytes *line) {
  struct timespec now;
  struct tm parts;
  char text[32];
  clock_gettime(CLOCK_REALTIME, &now);
  gmtime_r(&now.tv_sec, &parts);
  strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  wr__bytes_format(line, "%s.%03ldZ", text, now.tv_nsec / 1000000);
}

static void begin(wr__log *log) {
  pthread_mutex_lock(&log->lock);
  wr__bytes_take(&log->line, log->line.size);
}

static void end(wr__log *log) {
  wr__bytes_add(&log->line, "\n", 1);
  /* Who does not read the log gets no say in how fast requests are answered. */
  bool ready = wr__os_file_writable(log->file, log->is_slow ? 0 : PATIENCE_MS);
  log->is_slow = !ready;
  if (!ready || !wr__os_file_write(log->file, wr__bytes_text(&log->line), log->line.size))
    log->lost_lines++;
  if (log->line.capacity > 65536) wr__bytes_free(&log->line);
  pthread_mutex_unlock(&log->lock);
}

/* ,"name":"text" */
static void add_member(wr__bytes *line, const char *name, wr__slice text) {
  wr__bytes_format(line, ",\"%s\":", name);
  add_quoted(line, text);
}

/* ---- Lines --------------------------------------------------------------------------------------
 */

static void add_access_json(wr__bytes *line, const wr__exchange *x, int status, uint64_t us) {
  wr__bytes_add_text(line, "{\"time\":\"");
  add_time(line);
  wr__bytes_format(line, "\",\"id\":\"%s\",\"trace\":\"%.32s\",\"remote\":\"%s\"", x->id,
                   x->trace + 3, x->peer.remote);
  add_member(line, "method", x->head.method);
  add_member(line, "host", x->head.authority);
  add_member(line, "target", x->head.target);
  wr__bytes_format(line,
                   ",\"protocol\":\"HTTP/%d.%d\",\"status\":%d,\"request_bytes\":%llu,"
                   "\"answer_bytes\":%llu,\"duration_us\":%llu",
                   x->head.major, x->head.minor, status, (unsigned long long)x->input_total,
                   (unsigned long long)x->output_total, (unsigned long long)us);
  if (x->route) add_member(line, "route", wr__slice_of(x->route->pattern));
  if (x->route && x->route->app) {
    add_member(line, "app", wr__slice_of(x->route->app->name));
    wr__bytes_format(line, ",\"memory_bytes\":%llu", (unsigned long long)x->memory_bytes);
  }
  if (x->outcome) add_member(line, "error", wr__slice_of(x->outcome));
  wr__bytes_add(line, "}", 1);
}

static void add_access_text(wr__bytes *line, const wr__exchange *x, int status, uint64_t us) {
  wr__bytes request = {0};
  wr__bytes_format(&request, "%.*s %.*s HTTP/%d.%d", (int)x->head.method.size, x->head.method.data,
                   (int)x->head.target.size, x->head.target.data, x->head.major, x->head.minor);
  add_time(line);
  wr__bytes_format(line, " %s ", x->peer.remote);
  add_quoted(line, (wr__slice){wr__bytes_text(&request), request.size});
  wr__bytes_free(&request);
  wr__bytes_format(line, " %d %llu %llu.%03llums", status, (unsigned long long)x->output_total,
                   (unsigned long long)us / 1000, (unsigned long long)us % 1000);
  if (x->route && x->route->app)
    wr__bytes_format(line, " %lluK", (unsigned long long)x->memory_bytes / 1024);
  wr__bytes_format(line, " %s", x->id);
  if (x->outcome) wr__bytes_format(line, " (%s)", x->outcome);
}

void wr__log_access(wr__log *log, const wr__exchange *x, int status, uint64_t duration_us) {
  if (log->format == WR__LOG_NONE) return;
  begin(log);
  if (log->format == WR__LOG_JSON)
    add_access_json(&log->line, x, status, duration_us);
  else
    add_access_text(&log->line, x, status, duration_us);
  end(log);
}

void wr__log_refused(wr__log *log, const wr__peer *peer, int status, const char *reason) {
  if (log->format == WR__LOG_NONE) return;
  begin(log);
  bool json = log->format == WR__LOG_JSON;
  if (json) wr__bytes_add_text(&log->line, "{\"time\":\"");
  add_time(&log->line);
  if (json)
    wr__bytes_format(&log->line, "\",\"remote\":\"%s\",\"status\":%d,\"error\":\"%s\"}",
                     peer->remote, status, reason);
  else
    wr__bytes_format(&log->line, " %s refused %d (%s)", peer->remote, status, reason);
  end(log);
}

/* One line about an exchange, with a text of the guest's. */
static void add_note(wr__log *log, const wr__exchange *x, const char *kind, wr__slice text) {
  begin(log);
  if (log->format == WR__LOG_JSON) {
    wr__bytes_add_text(&log->line, "{\"time\":\"");
    add_time(&log->line);
    wr__bytes_format(&log->line, "\",\"id\":\"%s\"", x->id);
    add_member(&log->line, "app", wr__slice_of(x->route->app->name));
    add_member(&log->line, kind, text);
    wr__bytes_add(&log->line, "}", 1);
  } else {
    char shown[2048];
    wr_text_escape(text.data, text.size, shown, sizeof shown);
    add_time(&log->line);
    wr__bytes_format(&log->line, " %s %s %s: %s", x->id, x->route->app->name, kind, shown);
  }
  end(log);
}

void wr__log_guest(wr__log *log, const wr__exchange *x, wr__slice line) {
  add_note(log, x, "stderr", line);
}

void wr__log_failure(wr__log *log, const wr__exchange *x) {
  if (!x->detail || !x->route || !x->route->app) return;
  for (const char *at = x->detail; *at;) {
    size_t size = strcspn(at, "\n");
    if (size) add_note(log, x, "trap", (wr__slice){at, size});
    at += size + (at[size] == '\n');
  }
}
