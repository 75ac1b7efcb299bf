#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace anchal::support {

inline constexpr std::array<std::string_view, 3> kVectorFiles = {"pdu_vectors.jsonl", "dlr_vectors.jsonl",
                                                                 "charset/encoding_vectors.jsonl"};

struct VectorFile {
  std::filesystem::path path;
  bool own = true;  // this repository's
};

/// One of kVectorFiles: of the directory that ANCHAL_VECTORS names, else our own. That directory need not
/// have every kind (ours are tested then, and it is said), but one that has none is a mistake and fails the
/// test. Folders inside it may be left out.
inline VectorFile vector_file(std::string_view name) {
  namespace fs = std::filesystem;
  VectorFile ours{fs::path(ANCHAL_SOURCE_DIR) / "tests" / "data" / name, true};
  const char* const given = std::getenv("ANCHAL_VECTORS");
  if (given == nullptr || *given == '\0') return ours;
  const auto find = [&](std::string_view file) -> std::optional<fs::path> {
    const fs::path whole = fs::path(given) / file;
    for (const fs::path& path : {whole, fs::path(given) / whole.filename()}) {
      if (fs::is_regular_file(path)) return path;
    }
    return std::nullopt;
  };
  if (const auto path = find(name)) return {*path, false};
  const std::string lacks = std::string("ANCHAL_VECTORS=") + given + " has no " + std::string(name);
  if (std::ranges::none_of(kVectorFiles, [&](std::string_view file) { return find(file).has_value(); })) {
    ADD_FAILURE() << lacks << ", nor any other file of vectors";
  } else {
    std::printf("%s; our own are tested\n", lacks.c_str());
  }
  return ours;
}

}  // namespace anchal::support
