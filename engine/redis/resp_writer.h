#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "engine/core/store.h"

namespace anchal::redis {

/// Writes commands as RESP arrays of bulk strings straight into an output buffer. hiredis' own formatter
/// gives the same bytes (a test compares them) but allocates a string per command.
class RespWriter {
 public:
  explicit RespWriter(std::string& out) : out_(out) {}

  void command(std::initializer_list<std::string_view> arguments) {
    begin(arguments.size());
    for (const std::string_view argument : arguments) {
      bulk(argument);
    }
  }

  /// Command number `index` of a list.
  void command(const core::Commands& commands, std::size_t index) {
    const std::size_t count = commands.arguments(index);
    begin(count);
    for (std::size_t i = 0; i < count; ++i) {
      bulk(commands.argument(index, i));
    }
  }

  void commands(const core::Commands& list) {
    for (std::size_t i = 0; i < list.count(); ++i) {
      command(list, i);
    }
  }

  /// For a command whose arguments come one by one: begin(count), then `count` times bulk().
  void begin(std::size_t arguments) {
    header('*', arguments);
    ++written_;
  }
  void bulk(std::string_view bytes) {
    header('$', bytes.size());
    out_.append(bytes).append("\r\n");
  }

  /// Commands begun so far: as many replies will come.
  std::size_t written() const { return written_; }

 private:
  void header(char sign, std::size_t number) {
    char text[24];
    text[0] = sign;
    char* end = std::to_chars(text + 1, text + sizeof text - 2, number).ptr;
    *end++ = '\r';
    *end++ = '\n';
    out_.append(text, end);
  }

  std::string& out_;
  std::size_t written_ = 0;
};

}  // namespace anchal::redis
