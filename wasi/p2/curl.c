/* Opening libcurl. */
#include "curl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

/* Static programs have neither, and their C library could not open another. */
#pragma weak dlopen
#pragma weak dlsym

static wr__curl library;
static const wr__curl *opened; /* written once */
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* A function's address, which C has no cast for from an object's. */
static bool find(void *from, const char *name, void *function) {
  void *address = dlsym(from, name);
  memcpy(function, &address, sizeof address);
  return address != NULL;
}

static void open_library(void) {
  static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};
  void *from = NULL;
  int (*global_init)(long) = NULL;
  if (!dlopen || !dlsym) return;
  for (size_t i = 0; !from && i < sizeof names / sizeof names[0]; i++)
    from = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
  if (!from || !find(from, "curl_global_init", &global_init) ||
      !find(from, "curl_easy_init", &library.easy_init) ||
      !find(from, "curl_easy_setopt", &library.easy_setopt) ||
      !find(from, "curl_easy_perform", &library.easy_perform) ||
      !find(from, "curl_easy_cleanup", &library.easy_cleanup) ||
      !find(from, "curl_slist_append", &library.list_append) ||
      !find(from, "curl_slist_free_all", &library.list_free))
    return;
  if (global_init(3) == 0) opened = &library;
}

const wr__curl *wr__curl_open(void) {
  pthread_once(&once, open_library);
  return opened;
}
