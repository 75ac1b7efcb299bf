// The configurations of deploy/ pass the engine's own parser.

#include <gtest/gtest.h>

#include <expected>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "engine/app/config.h"

namespace anchal::app {
namespace {

const std::string kDeploy = ANCHAL_SOURCE_DIR "/deploy/";

std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The indented block below "anchal.toml: |" of the ConfigMap.
std::string toml_of_kubernetes() {
  std::istringstream in(read(kDeploy + "kubernetes/anchal.yaml"));
  std::string out;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (inside && !line.empty() && !line.starts_with("    ")) break;
    if (inside) out += (line.empty() ? "" : line.substr(4)) + "\n";
    if (line == "  anchal.toml: |") inside = true;
  }
  EXPECT_TRUE(inside);
  return out;
}

void expect_no_mistakes(const std::string& toml) {
  Surroundings surroundings;
  surroundings.host_name = "anchal-0";
  surroundings.cores = 2;
  surroundings.directory = "/etc/anchal";
  surroundings.read_file = [](const std::string& path) -> std::expected<std::string, std::string> {
    if (path.ends_with("/tokens")) return "viewer 0123456789abcdef0123456789abcdef\n";
    return "secret";
  };
  const auto result = parse_config(toml, surroundings);
  for (const auto& mistake : result.mistakes) ADD_FAILURE() << mistake.text("anchal.toml");
  EXPECT_TRUE(result.config.has_value());
}

TEST(DeployedConfiguration, OfTheUnitIsWithoutMistakes) {
  expect_no_mistakes(read(kDeploy + "anchal.toml"));
}

TEST(DeployedConfiguration, OfKubernetesIsWithoutMistakes) {
  expect_no_mistakes(toml_of_kubernetes());
}

}  // namespace
}  // namespace anchal::app
