// The C++ library's containers: map, unordered_map, vector, string, deque and sort.
#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "bench.h"

namespace {

std::string name_of(uint32_t key) {
  std::string s = "key";
  for (; key != 0; key /= 26) s += static_cast<char>('a' + key % 26);
  return s;
}

uint64_t count_names(uint32_t n) {
  std::unordered_map<uint32_t, uint32_t> counts;
  std::map<std::string, uint32_t> ordered;
  for (uint32_t i = 0; i < n; i++) {
    uint32_t key = bench_random() % (n / 8 + 1);
    counts[key]++;
    if (i % 4 == 0) ordered[name_of(key)] += i;
  }
  uint64_t checksum = counts.size();
  for (const auto &[name, sum] : ordered)
    checksum = bench_mix_bytes(bench_mix(checksum, sum), name.data(), name.size());
  return checksum;
}

struct Record {
  std::string name;
  uint32_t rank;
};

uint64_t sort_records(uint32_t n, bool &correct) {
  std::vector<Record> records;
  for (uint32_t i = 0; i < n; i++) records.push_back({name_of(bench_random() % 100000), i});
  std::sort(records.begin(), records.end(), [](const Record &a, const Record &b) {
    int order = a.name.compare(b.name);
    return order != 0 ? order < 0 : a.rank < b.rank;
  });
  uint64_t checksum = 0;
  for (size_t i = 0; i < records.size(); i++) {
    if (i > 0) {
      int order = records[i - 1].name.compare(records[i].name);
      correct &= order < 0 || (order == 0 && records[i - 1].rank < records[i].rank);
    }
    checksum = bench_mix(checksum, records[i].rank);
  }
  return checksum;
}

uint64_t turn_queue(uint32_t n) {
  std::deque<uint32_t> queue;
  for (uint32_t i = 0; i < 1000; i++) queue.push_back(i);
  uint64_t checksum = 0;
  for (uint32_t i = 0; i < n; i++) {
    uint32_t x = queue.front();
    queue.pop_front();
    queue.push_back(x * 5 + i);
    if (x % 64 == 0) queue.push_front(i);
    if (x % 64 == 1) queue.pop_back();
    checksum += x;
  }
  return bench_mix(checksum, queue.size());
}

}  // namespace

int main(int argc, char **argv) {
  uint32_t rounds = bench_size(argc, argv, 7);
  uint64_t checksum = 1;
  bool correct = true;
  for (uint32_t r = 0; r < rounds; r++) {
    checksum = bench_mix(checksum, count_names(80000));
    checksum = bench_mix(checksum, sort_records(20000, correct));
    checksum = bench_mix(checksum, turn_queue(300000));
  }
  return bench_finish(argc, argv, checksum, correct);
}
