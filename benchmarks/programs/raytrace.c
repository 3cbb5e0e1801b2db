/* A ray tracer: spheres over a checkered floor, shadows and mirror reflections, f64 with square
 * roots. */
#include "bench.h"

typedef struct {
  double x, y, z;
} vec;

typedef struct {
  vec centre;
  double radius, mirror;
  vec colour;
} sphere;

enum { SPHERES = 12 };
static sphere spheres[SPHERES];
static const vec light = {0.48, 0.8, -0.36};

static vec add(vec a, vec b) { return (vec){a.x + b.x, a.y + b.y, a.z + b.z}; }
static vec sub(vec a, vec b) { return (vec){a.x - b.x, a.y - b.y, a.z - b.z}; }
static vec scale(vec a, double s) { return (vec){a.x * s, a.y * s, a.z * s}; }
static double dot(vec a, vec b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
static vec unit(vec a) { return scale(a, 1.0 / __builtin_sqrt(dot(a, a))); }

static double hit(const sphere *s, vec from, vec direction) {
  vec to = sub(s->centre, from);
  double along = dot(to, direction);
  double discriminant = along * along - dot(to, to) + s->radius * s->radius;
  if (discriminant < 0) return 0;
  double root = __builtin_sqrt(discriminant);
  if (along - root > 1e-6) return along - root;
  return along + root > 1e-6 ? along + root : 0;
}

static const sphere *nearest(vec from, vec direction, double *distance) {
  const sphere *best = NULL;
  for (int i = 0; i < SPHERES; i++) {
    double t = hit(&spheres[i], from, direction);
    if (t > 0 && t < *distance) {
      *distance = t;
      best = &spheres[i];
    }
  }
  return best;
}

static vec trace(vec from, vec direction, int depth) {
  double distance = 1e30, floor_distance = direction.y < -1e-9 ? -from.y / direction.y : 1e30;
  const sphere *s = nearest(from, direction, &distance);
  vec point, normal, colour;
  double mirror;
  if (s != NULL && distance < floor_distance) {
    point = add(from, scale(direction, distance));
    normal = scale(sub(point, s->centre), 1.0 / s->radius);
    colour = s->colour;
    mirror = s->mirror;
  } else if (floor_distance < 100) {
    point = add(from, scale(direction, floor_distance));
    normal = (vec){0, 1, 0};
    int odd = ((int)(point.x + 1000) + (int)(point.z + 1000)) & 1;
    colour = odd ? (vec){0.9, 0.9, 0.9} : (vec){0.2, 0.2, 0.3};
    mirror = 0.1;
  } else {
    return (vec){0.3 + 0.4 * direction.y, 0.5 + 0.3 * direction.y, 0.9};
  }
  double shade = dot(normal, light), far = 1e30;
  if (shade < 0 || nearest(point, light, &far) != NULL) shade = 0;
  colour = scale(colour, 0.2 + 0.8 * shade);
  if (depth == 0 || mirror == 0) return colour;
  vec bounced = sub(direction, scale(normal, 2 * dot(direction, normal)));
  return add(scale(colour, 1 - mirror), scale(trace(point, bounced, depth - 1), mirror));
}

int main(int argc, char **argv) {
  int size = (int)bench_size(argc, argv, 800);
  for (int i = 0; i < SPHERES; i++) {
    double r = 0.3 + (bench_random() % 100) / 150.0;
    spheres[i] = (sphere){
        {bench_random() % 1000 / 125.0 - 4, r, bench_random() % 1000 / 125.0 + 2},
        r,
        i % 3 * 0.3,
        {bench_random() % 100 / 100.0, bench_random() % 100 / 100.0, bench_random() % 100 / 100.0}};
  }
  uint64_t checksum = 1;
  for (int y = 0; y < size; y++)
    for (int x = 0; x < size; x++) {
      vec direction = unit((vec){(x - size / 2.0) / size, (size / 2.0 - y) / size, 1});
      vec c = trace((vec){0, 1.5, -4}, direction, 4);
      uint32_t rgb =
          (uint32_t)(c.x * 255) << 16 | (uint32_t)(c.y * 255) << 8 | (uint32_t)(c.z * 255);
      checksum = bench_mix(checksum, rgb);
    }
  return bench_finish(argc, argv, checksum, 1);
}
