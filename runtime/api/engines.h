/* The engines of the library, for configurations. */
#ifndef WR__API_ENGINES_H
#define WR__API_ENGINES_H

struct wr__engine_ops;
extern const struct wr__engine_ops *const wr__engines[];

#endif
