/* The embedder's configuration and signing key: what their handles point at. */
#ifndef WR__API_CONFIG_H
#define WR__API_CONFIG_H

#include "trust/keys.h"
#include "config/engine.h"

struct wasm_config_t {
  wr__config config;
};

struct wr_signing_key {
  wr__signing_key key;
};

#endif
