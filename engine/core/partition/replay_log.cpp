#include "engine/core/partition/replay_log.h"

#include <algorithm>

namespace anchal::core {

namespace {

constexpr std::size_t kOverhead = 200;  // of a write, beside its octets

/// One command, an added stream entry under the id that it got.
void append_with_id(Commands& to, const Commands& from, std::size_t command, std::string_view id) {
  bool placed = id.empty();
  for (std::size_t i = 0; i < from.arguments(command); ++i) {
    const std::string_view argument = from.argument(command, i);
    if (i == 0) {
      to.command(argument);
    } else if (!placed && argument == "*") {
      placed = true;
      to.arg(id);
    } else {
      to.arg(argument);
    }
  }
}

}  // namespace

void ReplayLog::begin(TransactionId newest) {
  clear();
  before_ = newest;
}

void ReplayLog::clear() {
  writes_.clear();
  beside_ = removals_ = {};
  before_ = {};
  bytes_ = 0;
}

void ReplayLog::committed(TransactionId id, const Commands& commands, std::span<const Reply> replies,
                          TimePoint now) {
  Write& write = writes_.emplace_back();
  write.id = id;
  write.beside = std::exchange(beside_, {});
  write.removals = std::exchange(removals_, {});
  write.commands = commands;
  for (std::size_t i = 0; i < commands.count() && i < replies.size(); ++i) {
    if (commands.argument(i, 0) == "XADD")
      write.ids.emplace_back(static_cast<std::uint32_t>(i), replies[i].text);
  }
  write.at = now;
  write.bytes = write.beside.bytes() + write.removals.bytes() + write.commands.bytes() + kOverhead;
  bytes_ += write.bytes;
}

void ReplayLog::committed_unheard(TransactionId id) {
  writes_.clear();
  before_ = id;
  bytes_ = 0;
}

void ReplayLog::trim(TimePoint now, Duration keep, std::size_t most, Commands& spare) {
  while (!writes_.empty() && (now - writes_.front().at > keep || bytes_ > most)) {
    before_ = writes_.front().id;
    bytes_ -= writes_.front().bytes;
    spare = std::move(writes_.front().commands);
    spare.clear();
    writes_.pop_front();
  }
}

bool ReplayLog::knows(TransactionId id) const {
  return id == before_ ||
         std::any_of(writes_.begin(), writes_.end(), [&](const Write& w) { return w.id == id; });
}

ReplayLog::Lost ReplayLog::take_after(TransactionId last) {
  const auto kept =
      std::find_if(writes_.begin(), writes_.end(), [&](const Write& w) { return w.id == last; });
  const auto first = kept == writes_.end() ? writes_.begin() : std::next(kept);
  Lost lost;
  if (kept != writes_.end()) {
    lost.beside.append(kept->beside);
    lost.removals.append(kept->removals);
  }
  for (auto write = first; write != writes_.end(); ++write) {
    ++lost.count;
    bytes_ -= write->bytes;
    lost.beside.append(write->beside);
    lost.removals.append(write->removals);
    auto id = write->ids.begin();
    for (std::size_t i = 0; i < write->commands.count(); ++i) {
      const bool added = id != write->ids.end() && id->first == i;
      append_with_id(lost.transactions, write->commands, i,
                     added ? std::string_view(id->second) : std::string_view{});
      if (added) ++id;
    }
  }
  lost.beside.append(std::exchange(beside_, {}));
  lost.removals.append(std::exchange(removals_, {}));
  writes_.erase(first, writes_.end());
  return lost;
}

}  // namespace anchal::core
