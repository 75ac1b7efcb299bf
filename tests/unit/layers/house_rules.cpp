#include "tests/unit/layers/house_rules.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <optional>
#include <set>
#include <string_view>

#include "tests/unit/layers/layer_table.h"

namespace anchal::layers {
namespace {

constexpr std::size_t kLongestFile = 600;

/// The marks of unfinished work, put together so that this file does not carry them.
const std::string kUnfinished[] = {std::string("TO") + "DO", std::string("FIX") + "ME",
                                   std::string("XX") + "X"};

/// Folders that exist on somebody's machine only.
const std::string kMachinePaths[] = {std::string("/wo") + "rk/", std::string("/ho") + "me/",
                                     std::string("/ro") + "ot/"};

using OnLine = std::function<void(std::size_t number, std::string_view line)>;

void each_line(std::string_view text, const OnLine& visit) {
  std::size_t number = 0;
  while (!text.empty()) {
    const auto end = text.find('\n');
    visit(++number, text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

bool ends_with_any(std::string_view path, std::initializer_list<std::string_view> suffixes) {
  return std::any_of(suffixes.begin(), suffixes.end(), [&](auto suffix) { return path.ends_with(suffix); });
}
bool is_header(std::string_view path) {
  return ends_with_any(path, {".h", ".hpp"});
}
bool is_code(std::string_view path) {
  return is_header(path) || ends_with_any(path, {".cpp", ".cc", ".c"});
}

bool starts_with_any(std::string_view path, std::span<const Names> prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(), [&](auto prefix) {
    return !prefix.empty() && (prefix == "*" || path.starts_with(prefix));
  });
}

const Layer* layer_of(std::string_view path) {
  const Layer* found = nullptr;
  for (const auto& layer : kLayers) {
    if (path.starts_with(layer.room) && (found == nullptr || layer.room.size() > found->room.size()))
      found = &layer;
  }
  return found;
}

struct Include {
  std::string_view path;
  bool quoted;
};

/// The file an #include line names; nothing for other lines, and for an include by macro.
std::optional<Include> include_of(std::string_view line) {
  const auto skip_blanks = [&] {
    while (!line.empty() && std::isspace(static_cast<unsigned char>(line.front())) != 0)
      line.remove_prefix(1);
  };
  const auto skip = [&](std::string_view word) {
    skip_blanks();
    if (!line.starts_with(word)) return false;
    line.remove_prefix(word.size());
    return true;
  };
  if (!skip("#") || !skip("include")) return std::nullopt;
  skip_blanks();
  if (line.empty() || (line.front() != '"' && line.front() != '<')) return std::nullopt;
  const bool quoted = line.front() == '"';
  line.remove_prefix(1);
  const auto end = line.find(quoted ? '"' : '>');
  if (end == std::string_view::npos) return std::nullopt;
  return Include{line.substr(0, end), quoted};
}

/// Only standard C++ headers have neither a folder nor a suffix.
bool is_standard(std::string_view header) {
  return header.find_first_of("./") == std::string_view::npos;
}
bool is_posix(std::string_view header) {
  static constexpr Names headers[] = {
      "sys/",      "netinet/", "arpa/",     "linux/",    "unistd.h", "fcntl.h",  "poll.h",   "signal.h",
      "pthread.h", "netdb.h",  "time.h",    "termios.h", "glob.h",   "pwd.h",    "spawn.h",  "dlfcn.h",
      "sched.h",   "getopt.h", "ifaddrs.h", "net/",      "fenv.h",   "stdlib.h", "string.h", "stdio.h"};
  return starts_with_any(header, headers);
}

/// Why this include is not allowed in that layer; empty when it is.
std::string objection(const Layer& layer, const Include& include) {
  const auto path = include.path;
  if (include.quoted) {
    if (starts_with_any(path, kOpenToAll)) return "";
    const Layer* target = layer_of(path);
    if (target == nullptr)
      return "includes \"" + std::string(path) + "\", which is not written from the root";
    // smpp/ itself holds what its rooms share, so a room may look up but not sideways.
    if (layer.room.starts_with(target->room)) return "";
    if (starts_with_any(path, layer.ours)) return "";
    return std::string(layer.room) + " may not include " + std::string(path);
  }
  if (is_standard(path)) return "";
  if (layer_of(path) != nullptr && !starts_with_any(path, layer.foreign)) {
    return "includes <" + std::string(path) + ">: our own headers are written in quotes";
  }
  if (is_posix(path) ? layer.posix : starts_with_any(path, layer.foreign)) return "";
  return std::string(layer.room) + " may not include <" + std::string(path) + ">";
}

bool in_deterministic_room(std::string_view path) {
  return starts_with_any(path, kDeterministicRooms);
}

/// `needle` as a whole word: "rand(" is not found in "operand(".
bool has_word(std::string_view line, std::string_view needle) {
  const auto in_name = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  for (auto at = line.find(needle); at != std::string_view::npos; at = line.find(needle, at + 1)) {
    const auto end = at + needle.size();
    const bool starts = at == 0 || !in_name(line[at - 1]);
    const bool ends = !in_name(needle.back()) || end == line.size() || !in_name(line[end]);
    if (starts && ends) return true;
  }
  return false;
}

std::string_view without_comment(std::string_view line) {
  return line.substr(0, line.find("//"));
}

void check_one_file(const SourceFile& file, std::vector<Violation>& out) {
  std::size_t lines = 0;
  each_line(file.text, [&](std::size_t number, std::string_view line) {
    lines = number;
    for (const auto& mark : kUnfinished) {
      if (has_word(line, mark)) out.push_back({file.path, number, "leaves something to do: " + mark});
    }
    for (const auto& path : kMachinePaths) {
      if (line.find(path) != std::string_view::npos) {
        out.push_back({file.path, number, "names a path of one machine: " + path});
      }
    }
    if (const auto include = include_of(line);
        include && is_header(file.path) && include->path == "iostream") {
      out.push_back({file.path, number, "a header may not include <iostream>"});
    }
  });
  if (!is_code(file.path)) return;
  if (lines > kLongestFile && file.path.find("/generated/") == std::string::npos) {
    out.push_back({file.path, lines, "longer than " + std::to_string(kLongestFile) + " lines"});
  }
  if (is_header(file.path) && file.text.find("#pragma once") == std::string::npos) {
    out.push_back({file.path, 1, "a header without #pragma once"});
  }
}

/// The folder whose README speaks for this file: tests and benches share one, generated sources are told of
/// beside their generator.
std::string folder_of(std::string_view path) {
  for (const std::string_view shared : {"tests", "bench"}) {
    if (path.starts_with(std::string(shared) + "/")) return std::string(shared);
  }
  const auto folder = path.substr(0, std::min(path.rfind('/'), path.find("/generated/")));
  return std::string(folder);
}

}  // namespace

std::string to_string(const Violation& violation) {
  return violation.path + ":" + std::to_string(violation.line) + ": " + violation.what;
}

std::vector<Violation> check_includes(std::span<const SourceFile> files) {
  std::vector<Violation> out;
  for (const auto& file : files) {
    if (!is_code(file.path)) continue;
    const Layer* layer = layer_of(file.path);
    each_line(file.text, [&](std::size_t number, std::string_view line) {
      const auto include = include_of(line);
      if (!include) return;
      if (layer == nullptr) {
        out.push_back({file.path, number, "lies in no room of the layer table"});
      } else if (auto why = objection(*layer, *include); !why.empty()) {
        out.push_back({file.path, number, std::move(why)});
      }
    });
  }
  return out;
}

std::vector<Violation> check_determinism(std::span<const SourceFile> files) {
  std::vector<Violation> out;
  for (const auto& file : files) {
    if (!is_code(file.path) || !in_deterministic_room(file.path)) continue;
    each_line(file.text, [&](std::size_t number, std::string_view line) {
      if (const auto include = include_of(line)) {
        for (const auto header : kHeadersWithEffects) {
          if (include->path == header) {
            out.push_back(
                {file.path, number, "a deterministic room may not include <" + std::string(header) + ">"});
          }
        }
        return;
      }
      for (const auto call : kNotDeterministic) {
        if (has_word(without_comment(line), call)) {
          out.push_back({file.path, number, "a deterministic room may not use " + std::string(call)});
        }
      }
    });
  }
  return out;
}

std::vector<Violation> check_files(std::span<const SourceFile> files) {
  std::vector<Violation> out;
  for (const auto& file : files) check_one_file(file, out);
  return out;
}

std::vector<Violation> check_readmes(std::span<const SourceFile> files) {
  std::set<std::string> with_code;
  std::set<std::string> with_readme;
  for (const auto& file : files) {
    if (is_code(file.path)) with_code.insert(folder_of(file.path));
    if (file.path.ends_with("/README.md")) with_readme.insert(file.path.substr(0, file.path.rfind('/')));
  }
  std::vector<Violation> out;
  for (const auto& folder : with_code) {
    if (!with_readme.contains(folder))
      out.push_back({folder + "/README.md", 1, "is missing: the folder has sources"});
  }
  return out;
}

}  // namespace anchal::layers
