/* As much of libcurl as requests need. The library is opened when a guest sends the first request,
 * so that nothing else pays for it, and a machine without it lacks only that. Numbers are those of
 * its stable interface (curl/curl.h). */
#ifndef WR__WASI_P2_CURL_H
#define WR__WASI_P2_CURL_H

#include <stdbool.h>

enum {
  WR__CURLOPT_WRITEDATA = 10001,
  WR__CURLOPT_URL = 10002,
  WR__CURLOPT_PROXY = 10004,
  WR__CURLOPT_READDATA = 10009,
  WR__CURLOPT_HTTPHEADER = 10023,
  WR__CURLOPT_HEADERDATA = 10029,
  WR__CURLOPT_CUSTOMREQUEST = 10036,
  WR__CURLOPT_XFERINFODATA = 10057,
  WR__CURLOPT_OPENSOCKETDATA = 10164,
  WR__CURLOPT_RESOLVE = 10203,
  WR__CURLOPT_WRITEFUNCTION = 20011,
  WR__CURLOPT_READFUNCTION = 20012,
  WR__CURLOPT_HEADERFUNCTION = 20079,
  WR__CURLOPT_OPENSOCKETFUNCTION = 20163,
  WR__CURLOPT_XFERINFOFUNCTION = 20219,
  WR__CURLOPT_INFILESIZE_LARGE = 30115,
  WR__CURLOPT_NOPROGRESS = 43,
  WR__CURLOPT_NOBODY = 44,
  WR__CURLOPT_UPLOAD = 46,
  WR__CURLOPT_NOSIGNAL = 99,
  WR__CURLOPT_CONNECTTIMEOUT_MS = 156,
  WR__CURLOPT_PATH_AS_IS = 234,
  WR__CURL_READFUNC_ABORT = 0x10000000,
  WR__CURL_SOCKET_BAD = -1,

  WR__CURLE_UNSUPPORTED_PROTOCOL = 1,
  WR__CURLE_URL_MALFORMAT = 3,
  WR__CURLE_COULDNT_RESOLVE_HOST = 6,
  WR__CURLE_COULDNT_CONNECT = 7,
  WR__CURLE_WEIRD_SERVER_REPLY = 8,
  WR__CURLE_HTTP2 = 16,
  WR__CURLE_PARTIAL_FILE = 18,
  WR__CURLE_OPERATION_TIMEDOUT = 28,
  WR__CURLE_SSL_CONNECT_ERROR = 35,
  WR__CURLE_GOT_NOTHING = 52,
  WR__CURLE_SEND_ERROR = 55,
  WR__CURLE_RECV_ERROR = 56,
  WR__CURLE_PEER_FAILED_VERIFICATION = 60,
};

typedef struct wr__curl_list wr__curl_list;

typedef struct wr__curl {
  void *(*easy_init)(void);
  int (*easy_setopt)(void *handle, int option, ...);
  int (*easy_perform)(void *handle);
  void (*easy_cleanup)(void *handle);
  wr__curl_list *(*list_append)(wr__curl_list *list, const char *text);
  void (*list_free)(wr__curl_list *list);
} wr__curl;

/* NULL: this machine has no libcurl, or this program cannot open libraries. */
const wr__curl *wr__curl_open(void);

#endif
