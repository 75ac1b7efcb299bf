// The configurations of deploy/ pass the engine's own parser.

#include <gtest/gtest.h>

#include <expected>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "engine/app/config.h"
#include "engine/app/exit_codes.h"

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

/// Values of a key in the unit file, in order.
std::vector<std::string> of_unit(const std::string& key) {
  std::istringstream in(read(kDeploy + "systemd/anchal.service"));
  std::vector<std::string> values;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(key + "=")) values.push_back(line.substr(key.size() + 1));
  }
  return values;
}

TEST(UnitFile, GivesTheEngineTheTimeItTakes) {
  ASSERT_EQ(of_unit("Type"), std::vector<std::string>{"notify"});
  const int drain = 30;  // engine.drain_deadline_s of anchal.toml
  EXPECT_NE(read(kDeploy + "anchal.toml").find("drain_deadline_s = " + std::to_string(drain) + "\n"),
            std::string::npos);
  EXPECT_GT(std::stoi(of_unit("TimeoutStopSec").at(0)), drain);
  EXPECT_GT(std::stoi(of_unit("WatchdogSec").at(0)), std::stoi(of_unit("TimeoutStopSec").at(0)));
}

TEST(UnitFile, KnowsTheExitCodes) {
  EXPECT_EQ(of_unit("SuccessExitStatus").at(0), std::to_string(serve_exit::drain_deadline));
  EXPECT_EQ(of_unit("RestartPreventExitStatus").at(0),
            std::to_string(serve_exit::usage) + " " + std::to_string(serve_exit::configuration));
}

TEST(UnitFile, HandsOverTheSecretsThatTheConfigurationReads) {
  const auto configuration = read(kDeploy + "anchal.toml");
  const std::string folder = "/run/credentials/anchal.service/";
  std::set<std::string> read_there, handed_over;
  for (auto at = configuration.find(folder); at != std::string::npos;
       at = configuration.find(folder, at + 1)) {
    const auto begin = at + folder.size();
    read_there.insert(configuration.substr(begin, configuration.find('"', begin) - begin));
  }
  for (const auto& credential : of_unit("LoadCredential"))
    handed_over.insert(credential.substr(0, credential.find(':')));
  EXPECT_EQ(handed_over, read_there);
}

}  // namespace
}  // namespace anchal::app
