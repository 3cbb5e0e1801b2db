// Classes, virtual functions, templates, smart pointers, and numeric formatting.
#include <cmath>
#include <cstdio>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

class Shape {
 public:
  virtual ~Shape() = default;
  virtual double area() const = 0;
  virtual std::string name() const = 0;
};

class Circle final : public Shape {
 public:
  explicit Circle(double radius) : radius_(radius) {}
  double area() const override { return M_PI * radius_ * radius_; }
  std::string name() const override { return "circle"; }

 private:
  double radius_;
};

template <int Corners>
class Regular final : public Shape {
 public:
  explicit Regular(double side) : side_(side) {}
  double area() const override { return Corners * side_ * side_ / (4 * std::tan(M_PI / Corners)); }
  std::string name() const override { return std::to_string(Corners) + "-gon"; }

 private:
  double side_;
};

int main() {
  std::vector<std::unique_ptr<Shape>> shapes;
  shapes.push_back(std::make_unique<Circle>(1));
  shapes.push_back(std::make_unique<Regular<3>>(2));
  shapes.push_back(std::make_unique<Regular<4>>(3));
  shapes.push_back(std::make_unique<Regular<6>>(1));
  for (const auto &shape : shapes) std::printf("%-8s %10.6f\n", shape->name().c_str(), shape->area());
  double total = std::accumulate(shapes.begin(), shapes.end(), 0.0,
                                 [](double sum, const auto &shape) { return sum + shape->area(); });
  std::printf("%-8s %10.6f\n", "total", total);
}
