#include "engine/core/poison/suspects.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace anchal::core {

namespace {

constexpr std::uint32_t kDeathsMost = 2;
/// An announced entry is unaccepted for some round trips: one whose process is killed then is innocent. So
/// many times in a row nobody is.
constexpr std::size_t kTakenMost = 3;
constexpr std::string_view kTaken = "taken";

/// Takes the last word from `text`.
std::string_view last_word(std::string_view& text) {
  const std::size_t blank = text.rfind(' ');
  const std::string_view word = blank == std::string_view::npos ? text : text.substr(blank + 1);
  text = blank == std::string_view::npos ? std::string_view{} : text.substr(0, blank);
  return word;
}

template <class Enum, std::size_t N>
std::optional<Enum> named(const std::array<std::string_view, N>& names, std::string_view name) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

std::string name_of(std::string_view suffix, StreamId id) {
  return std::string(suffix).append(" ").append(id.text()).append(" ");
}

std::uint32_t silent_at_one_place(const Suspicion& suspicion) {
  std::uint32_t most = 0;
  for (const auto& [place, count] : suspicion.silent) most = std::max(most, count);
  return most;
}

void add_count(std::string& out, std::string_view what, std::uint32_t count) {
  if (count == 0) return;
  if (!out.empty()) out += ", ";
  out.append(what).append(count == 1   ? " once"
                          : count == 2 ? " twice"
                                       : " " + std::to_string(count) + " times");
}

}  // namespace

Ending Ending::of(const InHand& hand, std::string process) {
  Ending ending;
  ending.process = std::move(process);
  ending.partition = hand.partition;
  ending.stream.assign(hand.stream.data(), std::find(hand.stream.begin(), hand.stream.end(), '\0'));
  ending.id = hand.id;
  ending.stage = hand.stage;
  ending.row = hand.row;
  ending.death = hand.death;
  return ending;
}

std::string Ending::field() const {
  return name_of(stream, id).append(process);
}

std::string Ending::value() const {
  std::string out(kDeathNames[static_cast<std::size_t>(death)]);
  out.append(" ").append(kStageNames[static_cast<std::size_t>(stage)]);
  return out.append(" ").append(std::to_string(row));
}

std::string taken_field(std::string_view suffix, StreamId id, std::uint64_t fence) {
  return name_of(suffix, id).append(std::to_string(fence));
}

std::string taken_value(std::string_view process) {
  return std::string(kTaken).append(" ").append(process);
}

bool Suspicion::condemned() const {
  return crashed + stalled + silent_at_one_place(*this) >= kDeathsMost || takers.size() >= kTakenMost;
}

std::string Suspicion::detail() const {
  std::string out;
  add_count(out, "crashed its reader", crashed);
  add_count(out, "stalled its reader", stalled);
  add_count(out, "ended its reader without a word", silent_at_one_place(*this));
  if (crashed + stalled + silent.size() == 0)
    add_count(out, "was announced by an owner that ended", static_cast<std::uint32_t>(takers.size()));
  if (last != Stage::nothing) out.append("; last at: ").append(kStageNames[static_cast<std::size_t>(last)]);
  return out;
}

void Suspects::heard(std::string_view field, std::string_view value, std::string_view ours) {
  std::string_view rest = field;
  const std::string_view by = last_word(rest);
  const auto id = StreamId::parse(last_word(rest));
  if (!id || rest.empty()) return;
  std::string_view words = value;
  std::uint32_t row = InHand::kWhole;
  std::optional<Stage> stage;
  std::optional<Death> death;
  const bool taken = value == kTaken || value.starts_with(std::string(kTaken) + " ");
  if (!taken) {
    const std::string_view number = last_word(words);
    std::from_chars(number.data(), number.data() + number.size(), row);
    stage = named<Stage>(kStageNames, last_word(words));
    death = named<Death>(kDeathNames, words);
    if (!stage || !death) return;
  }
  Suspicion& entry = entries_[{std::string(rest), *id}];
  if (std::find(entry.fields.begin(), entry.fields.end(), field) != entry.fields.end()) return;
  entry.fields.emplace_back(field);
  if (taken) {
    // A version that named no process: then each owner counts.
    const std::string_view process = value == kTaken ? by : value.substr(kTaken.size() + 1);
    const bool known = std::find(entry.takers.begin(), entry.takers.end(), process) != entry.takers.end();
    if (process != ours && !known) entry.takers.emplace_back(process);
    return;
  }
  if (*stage == Stage::salvage) {
    entry.hopeless = true;
    return;
  }
  entry.last = *stage;
  if (*death == Death::crashed) ++entry.crashed;
  if (*death == Death::stalled) ++entry.stalled;
  if (*death == Death::silent) ++entry.silent[{*stage, row}];
}

const Suspicion* Suspects::find(std::string_view suffix, StreamId id) const {
  if (entries_.empty()) return nullptr;
  const auto found = entries_.find({std::string(suffix), id});
  return found == entries_.end() ? nullptr : &found->second;
}

std::vector<std::string> Suspects::forget(std::string_view suffix, StreamId id) {
  const auto found = entries_.find({std::string(suffix), id});
  if (found == entries_.end()) return {};
  std::vector<std::string> fields = std::move(found->second.fields);
  entries_.erase(found);
  return fields;
}

std::vector<std::string> Suspects::forget_taken(std::string_view suffix, StreamId id) {
  const auto found = entries_.find({std::string(suffix), id});
  if (found == entries_.end()) return {};
  // An owner's field ends in a number, its fence; a process' in a name.
  const auto of_owner = [](const std::string& field) {
    return field.find_first_not_of("0123456789", field.rfind(' ') + 1) == std::string::npos;
  };
  std::vector<std::string> fields, kept;
  for (std::string& field : found->second.fields)
    (of_owner(field) ? fields : kept).push_back(std::move(field));
  found->second.fields = std::move(kept);
  found->second.takers.clear();
  if (found->second.fields.empty()) entries_.erase(found);
  return fields;
}

}  // namespace anchal::core
