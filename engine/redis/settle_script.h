#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "engine/core/store.h"
#include "engine/redis/resp_writer.h"

namespace anchal::redis {

/// How writes get through when Redis is at maxmemory (reference: "Full Redis" of design.md §5). A classic
/// EVAL may write anything once its first write has run, and for us that is an XTRIM which removes nothing.
/// Costs several times what the commands cost alone, so it is used only when they were refused.

/// Whether every command has few enough arguments for Lua's unpack().
bool fits_script(const core::Commands& commands);

/// Whether a full Redis refuses this command (of those StorePort lists).
bool needs_memory(std::string_view verb);

/// Runs all commands if `fence_key` holds `fence`. Reply: nil when it does not, else one element per command.
/// `journal_key` is the stream that the XTRIM touches.
void write_fenced_script(RespWriter& writer, std::string_view fence_key, std::string_view journal_key,
                         std::uint64_t fence, const core::Commands& commands);

/// The text of the fenced script.
std::string_view fenced_script();

/// The text of the script without a fence, for who speaks to Redis by other means: KEYS[1] is touched by the
/// XTRIM, ARGV holds for each command its number of arguments and these.
std::string_view plain_script();

/// Runs the commands with these indices, in their order; at least one. Reply: one element per command.
void write_plain_script(RespWriter& writer, const core::Commands& commands,
                        std::span<const std::size_t> indices);

}  // namespace anchal::redis
