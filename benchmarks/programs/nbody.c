/* Gravitation of five bodies; the energy must stay nearly what it was. */
#include "bench.h"

enum { BODIES = 5 };
typedef struct {
  double x[3], v[3], mass;
} body;

static body bodies[BODIES] = {
    {{0, 0, 0}, {0, 0, 0}, 40.0},
    {{4.8, -1.2, -0.1}, {0.6, 2.8, -0.02}, 0.04},
    {{8.3, 4.1, -0.4}, {-1.0, 1.8, 0.01}, 0.012},
    {{12.9, -15.1, -0.2}, {1.1, 0.9, -0.01}, 0.0017},
    {{15.4, -25.9, 0.2}, {1.0, 0.6, -0.03}, 0.002},
};

static double energy(void) {
  double e = 0;
  for (int i = 0; i < BODIES; i++) {
    const body *a = &bodies[i];
    e += 0.5 * a->mass * (a->v[0] * a->v[0] + a->v[1] * a->v[1] + a->v[2] * a->v[2]);
    for (int j = i + 1; j < BODIES; j++) {
      double square = 0;
      for (int k = 0; k < 3; k++) square += (a->x[k] - bodies[j].x[k]) * (a->x[k] - bodies[j].x[k]);
      e -= a->mass * bodies[j].mass / __builtin_sqrt(square);
    }
  }
  return e;
}

static BENCH_NOINLINE void advance(uint32_t steps, double dt) {
  while (steps-- > 0) {
    for (int i = 0; i < BODIES; i++)
      for (int j = i + 1; j < BODIES; j++) {
        body *a = &bodies[i], *b = &bodies[j];
        double dx = a->x[0] - b->x[0], dy = a->x[1] - b->x[1], dz = a->x[2] - b->x[2];
        double square = dx * dx + dy * dy + dz * dz;
        double force = dt / (square * __builtin_sqrt(square));
        a->v[0] -= dx * b->mass * force, a->v[1] -= dy * b->mass * force,
            a->v[2] -= dz * b->mass * force;
        b->v[0] += dx * a->mass * force, b->v[1] += dy * a->mass * force,
            b->v[2] += dz * a->mass * force;
      }
    for (int i = 0; i < BODIES; i++)
      for (int k = 0; k < 3; k++) bodies[i].x[k] += dt * bodies[i].v[k];
  }
}

int main(int argc, char **argv) {
  uint32_t steps = bench_size(argc, argv, 1200000);
  double before = energy();
  advance(steps, 0.0005);
  double after = energy(), drift = (after - before) / before;
  return bench_finish(argc, argv, bench_mix_f64(1, after), drift < 0.02 && drift > -0.02);
}
