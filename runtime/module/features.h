/* Features by their number, for messages. */
#ifndef WR__FEATURES_H
#define WR__FEATURES_H

#include "base/base.h"

/* wr__feature_text: "simd", "gc", …: what wr_feature_name gives, within the runtime's lower parts.
 */
static inline const char *wr__feature_text(uint32_t feature) {
  static const char *const names[] = {
#define X(name, text, on) text,
      WR_FEATURES(X)
#undef X
  };
  return feature < WR_FEATURE_COUNT ? names[feature] : "?";
}

#endif
