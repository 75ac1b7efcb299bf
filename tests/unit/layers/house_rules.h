#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace anchal::layers {

/// One text file of the repository. `path` is relative to its root.
struct SourceFile {
  std::string path;
  std::string text;
};

/// One breach of a house rule. Prints as "path:line: what", which editors and terminals make clickable.
struct Violation {
  std::string path;
  std::size_t line;
  std::string what;
  friend bool operator==(const Violation&, const Violation&) = default;
};
std::string to_string(const Violation& violation);

/// Which rooms may include which: docs/hacking.md names the rule, layer_table.h holds it. A file in no room
/// may include nothing of ours.
std::vector<Violation> check_includes(std::span<const SourceFile> files);

/// The deterministic rooms (smpp, throttle, engine/core) read no clock, draw no random number, open nothing.
std::vector<Violation> check_determinism(std::span<const SourceFile> files);

/// What each file must keep to by itself: length, #pragma once, light headers, nothing left to do, no path of
/// somebody's machine.
std::vector<Violation> check_files(std::span<const SourceFile> files);

/// Every folder with sources says in a README.md what it is for. The folders below tests/ and bench/ share
/// one each.
std::vector<Violation> check_readmes(std::span<const SourceFile> files);

}  // namespace anchal::layers
