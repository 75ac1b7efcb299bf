#pragma once

#include <cstring>
#include <memory_resource>
#include <span>
#include <string_view>

#include "engine/core/store.h"

namespace anchal::sim {

/// Owns the bytes and arrays of one answer's reply trees from the execution of the request until its
/// delivery.
class ReplyArena {
 public:
  std::string_view keep(std::string_view text) {
    if (text.empty()) return {};
    auto* const bytes = static_cast<char*>(memory_.allocate(text.size(), 1));
    std::memcpy(bytes, text.data(), text.size());
    return {bytes, text.size()};
  }
  std::span<core::Reply> array(std::size_t size) {
    if (size == 0) return {};
    auto* const replies =
        static_cast<core::Reply*>(memory_.allocate(size * sizeof(core::Reply), alignof(core::Reply)));
    for (std::size_t i = 0; i < size; ++i) new (replies + i) core::Reply();
    return {replies, size};
  }

  static core::Reply nil() { return {}; }
  static core::Reply number(std::int64_t value) {
    core::Reply reply;
    reply.type = core::Reply::Type::integer;
    reply.integer = value;
    return reply;
  }
  core::Reply text(std::string_view value) {
    core::Reply reply;
    reply.type = core::Reply::Type::text;
    reply.text = keep(value);
    return reply;
  }
  core::Reply error(std::string_view words) {
    core::Reply reply;
    reply.type = core::Reply::Type::error;
    reply.text = keep(words);
    return reply;
  }
  static core::Reply list(std::span<const core::Reply> elements) {
    core::Reply reply;
    reply.type = core::Reply::Type::array;
    reply.elements = elements.data();
    reply.size = elements.size();
    return reply;
  }

 private:
  std::pmr::monotonic_buffer_resource memory_{512};
};

}  // namespace anchal::sim
