// The house rules on the repository itself.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/unit/layers/house_rules.h"

namespace anchal::layers {
namespace {

namespace fs = std::filesystem;

bool is_text(const fs::path& path) {
  static const std::vector<std::string> suffixes{".h",   ".hpp",   ".cpp",  ".cc",   ".c",    ".md",
                                                 ".txt", ".cmake", ".json", ".yaml", ".yml",  ".toml",
                                                 ".js",  ".mjs",   ".html", ".css",  ".conf", ".service",
                                                 ".sh",  ".pml",   ".acl",  ".test", ""};
  return std::find(suffixes.begin(), suffixes.end(), path.extension().string()) != suffixes.end();
}

std::vector<SourceFile> repository() {
  const fs::path root(ANCHAL_SOURCE_DIR);
  std::vector<SourceFile> files;
  for (fs::recursive_directory_iterator at(root), end; at != end; ++at) {
    const auto name = at->path().filename().string();
    if (name == ".git" && !at->is_directory()) continue;  // a worktree has a file in its place
    if (at->is_directory() &&
        (name == ".git" || name == "build" || name == "node_modules" || name == ".cache")) {
      at.disable_recursion_pending();
      continue;
    }
    if (!at->is_regular_file() || !is_text(at->path())) continue;
    std::ifstream in(at->path(), std::ios::binary);
    files.push_back(
        {fs::relative(at->path(), root).generic_string(), {std::istreambuf_iterator<char>(in), {}}});
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

class Repository : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { files_ = new std::vector<SourceFile>(repository()); }
  static void TearDownTestSuite() { delete files_; }
  static const std::vector<SourceFile>& files() { return *files_; }

  static void expect_none(const std::vector<Violation>& violations) {
    for (const auto& violation : violations) ADD_FAILURE() << to_string(violation);
  }

 private:
  static inline std::vector<SourceFile>* files_ = nullptr;
};

TEST_F(Repository, IncludesKeepToTheLayerTable) {
  // Guards against reading an empty tree and calling it clean.
  EXPECT_GT(std::count_if(files().begin(), files().end(),
                          [](const auto& file) { return file.path.starts_with("smpp/"); }),
            5);
  expect_none(check_includes(files()));
}

TEST_F(Repository, DeterministicRoomsReadNoClockAndOpenNothing) {
  expect_none(check_determinism(files()));
}

TEST_F(Repository, FilesKeepTheHouseRules) {
  expect_none(check_files(files()));
}

TEST_F(Repository, EveryFolderWithSourcesHasAReadme) {
  expect_none(check_readmes(files()));
}

TEST_F(Repository, TheLockNamesNoRegistry) {
  for (const auto& file : files()) {
    if (file.path != "tests/package-lock.json") continue;
    EXPECT_EQ(file.text.find("\"resolved\""), std::string::npos) << "run npm with tests/.npmrc in force";
    return;
  }
  ADD_FAILURE() << "tests/package-lock.json is missing";
}

}  // namespace
}  // namespace anchal::layers
