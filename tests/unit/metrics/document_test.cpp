// docs/metrics.md is written from the catalogue (./dev docs) and must not drift from it.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "metrics/catalogue.h"

namespace anchal::metrics {
namespace {

const std::string kPath = ANCHAL_SOURCE_DIR "/docs/metrics.md";
const std::string kBegin = "<!-- written by ./dev docs -->\n";
const std::string kEnd = "<!-- end of what ./dev docs writes -->\n";

std::string table() {
  std::string out = "| metric | kind | labels | meaning |\n|---|---|---|---|\n";
  for (const auto& description : describe()) {
    std::string labels;
    for (const auto& label : description.labels) {
      labels += (labels.empty() ? "`" : ", `") + label.key + "`";
      for (std::size_t at = 0; at < label.values.size(); ++at)
        labels += (at == 0 ? ": " : " ") + label.values[at];
    }
    out += "| `" + description.name + "` | " + std::string(to_string(description.kind)) + " | " + labels +
           " | " + description.help + " |\n";
  }
  return out;
}

std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(MetricsDocument, TellsOfEveryMetricAsTheCatalogueDoes) {
  const auto text = read(kPath);
  const auto begin = text.find(kBegin);
  const auto end = text.find(kEnd);
  ASSERT_NE(begin, std::string::npos) << kPath;
  ASSERT_NE(end, std::string::npos) << kPath;
  const auto wanted = text.substr(0, begin) + kBegin + table() + text.substr(end);
  if (std::getenv("ANCHAL_UPDATE_DOCS") != nullptr) std::ofstream(kPath, std::ios::binary) << wanted;
  EXPECT_EQ(read(kPath), wanted) << "run ./dev docs";
}

}  // namespace
}  // namespace anchal::metrics
