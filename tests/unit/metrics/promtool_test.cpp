// The exposition as Prometheus' own linter sees it.

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <string>

#include "tests/unit/metrics/filled_registry.h"

namespace anchal::metrics {
namespace {

struct Finished {
  int status;
  std::string output;
};

Finished run(const std::string& command) {
  Finished result{-1, ""};
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return result;
  std::array<char, 4096> buffer{};
  while (const auto got = std::fread(buffer.data(), 1, buffer.size(), pipe))
    result.output.append(buffer.data(), got);
  const int status = pclose(pipe);
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return result;
}

Finished check_metrics(const std::string& exposition) {
  std::string path = ::testing::TempDir() + "anchal-metrics-XXXXXX";
  const int file = mkstemp(path.data());
  EXPECT_GE(file, 0);
  close(file);
  std::ofstream(path, std::ios::binary) << exposition;
  auto result = run("promtool check metrics < '" + path + "' 2>&1");
  unlink(path.c_str());
  return result;
}

TEST(Promtool, FindsNothingToSayAboutTheExposition) {
  const auto result = check_metrics(filled_registry()->text());
  EXPECT_EQ(result.status, 0) << result.output;
  EXPECT_EQ(result.output, "");
}

TEST(Promtool, WouldSpeakUp) {
  const auto result = check_metrics("# HELP bad_counter x\n# TYPE bad_counter counter\nbad_counter 1\n");
  EXPECT_NE(result.status, 0);
}

}  // namespace
}  // namespace anchal::metrics
