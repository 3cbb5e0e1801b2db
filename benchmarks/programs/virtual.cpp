// Virtual calls: an expression tree of polymorphic nodes evaluated for many inputs, and shapes
// visited in turn.
#include <cstdio>
#include <memory>
#include <vector>

#include "bench.h"

namespace {

struct Node {
  virtual ~Node() = default;
  virtual int64_t evaluate(int64_t x) const = 0;
  virtual int depth() const { return 1; }
};

using NodePtr = std::unique_ptr<Node>;

struct Constant final : Node {
  int64_t value;
  explicit Constant(int64_t v) : value(v) {}
  int64_t evaluate(int64_t) const override { return value; }
};

struct Variable final : Node {
  int64_t evaluate(int64_t x) const override { return x; }
};

struct Binary : Node {
  NodePtr left, right;
  Binary(NodePtr l, NodePtr r) : left(std::move(l)), right(std::move(r)) {}
  int depth() const override {
    int l = left->depth(), r = right->depth();
    return 1 + (l > r ? l : r);
  }
};

struct Add final : Binary {
  using Binary::Binary;
  int64_t evaluate(int64_t x) const override { return left->evaluate(x) + right->evaluate(x); }
};

struct Multiply final : Binary {
  using Binary::Binary;
  int64_t evaluate(int64_t x) const override {
    return static_cast<int64_t>(static_cast<uint64_t>(left->evaluate(x)) *
                                    static_cast<uint64_t>(right->evaluate(x)) &
                                0xffffffffffu);
  }
};

struct Choose final : Binary {
  using Binary::Binary;
  int64_t evaluate(int64_t x) const override {
    return x & 1 ? left->evaluate(x >> 1) : right->evaluate(x >> 1);
  }
};

NodePtr grow(int depth) {
  uint32_t r = bench_random() % 8;
  if (depth == 0) {
    if (r < 4) return std::make_unique<Variable>();
    return std::make_unique<Constant>(bench_random() % 100);
  }
  NodePtr left = grow(depth - 1), right = grow(depth - 1);
  if (r < 3) return std::make_unique<Add>(std::move(left), std::move(right));
  if (r < 6) return std::make_unique<Multiply>(std::move(left), std::move(right));
  return std::make_unique<Choose>(std::move(left), std::move(right));
}

struct Shape {
  virtual ~Shape() = default;
  virtual double area() const = 0;
  virtual void scale(double by) = 0;
};

struct Square final : Shape {
  double side;
  explicit Square(double s) : side(s) {}
  double area() const override { return side * side; }
  void scale(double by) override { side *= by; }
};

struct Disc final : Shape {
  double radius;
  explicit Disc(double r) : radius(r) {}
  double area() const override { return 3.25 * radius * radius; }
  void scale(double by) override { radius *= by; }
};

struct Triangle final : Shape {
  double base, height;
  Triangle(double b, double h) : base(b), height(h) {}
  double area() const override { return 0.5 * base * height; }
  void scale(double by) override { base *= by, height *= by; }
};

std::vector<std::unique_ptr<Shape>> make_shapes(size_t count) {
  std::vector<std::unique_ptr<Shape>> shapes;
  for (size_t i = 0; i < count; i++) {
    double size = 1.0 + bench_random() % 10;
    switch (bench_random() % 3) {
      case 0:
        shapes.push_back(std::make_unique<Square>(size));
        break;
      case 1:
        shapes.push_back(std::make_unique<Disc>(size));
        break;
      default:
        shapes.push_back(std::make_unique<Triangle>(size, size / 2));
        break;
    }
  }
  return shapes;
}

}  // namespace

int main(int argc, char **argv) {
  uint32_t rounds = bench_size(argc, argv, 2500);
  NodePtr tree = grow(12);
  auto shapes = make_shapes(4000);
  uint64_t checksum = static_cast<uint64_t>(tree->depth());
  bool correct = checksum == 13;
  for (uint32_t r = 0; r < rounds; r++) {
    checksum = bench_mix(checksum, static_cast<uint64_t>(tree->evaluate(r)));
    double total = 0;
    for (const auto &shape : shapes) {
      shape->scale(r & 1 ? 2.0 : 0.5);
      total += shape->area();
    }
    checksum = bench_mix_f64(checksum, total);
  }
  return bench_finish(argc, argv, checksum, correct);
}
