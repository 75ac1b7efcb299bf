#include <algorithm>
#include <map>

#include "engine/core/keys.h"
#include "engine/core/shard_impl.h"
#include "engine/core/variant.h"

namespace anchal::core {

using namespace std::chrono_literals;

namespace {

constexpr std::string_view kReceiptField = "r:";
constexpr std::string_view kDoubtField = "d:";
constexpr std::size_t kLooksAtOnce = 500;
constexpr std::chrono::seconds kClocksDiffer{5};  // of two engines
/// A message that may have been written at any time within longer than this is not known by a date.
constexpr std::chrono::minutes kLongestWritten{15};

std::string strays_key(const OperatorConfig& op, std::uint64_t address, unsigned slots) {
  return keys::strays(static_cast<unsigned>(address % slots), op.name, address);
}

}  // namespace

/// How long a receipt that nobody knows may be evidence: the message's own answer may be awaited so long, and
/// then on_doubt.
std::chrono::milliseconds Shard::Impl::stray_life(const OperatorConfig& op) const {
  Duration longest{};
  for (const auto& category : config_.categories) longest = std::max(longest, category.doubt_wait);
  return std::chrono::duration_cast<std::chrono::milliseconds>(op.response_timeout + longest + 1min);
}

/// A receipt whose id nobody knows is laid where the owner of a message in doubt looks, whichever engine that
/// is; then it is answered. False: it is not kept.
bool Shard::Impl::keep_stray(ReceiptEvent& event, Now now) {
  const OperatorConfig& op = operators_[event.operator_index]->config;
  if (!event.origin || event.origin->address == 0) return false;
  // Without date and reference nothing can be said of it.
  if (!(op.user_message_reference && event.origin->reference) &&
      !(op.receipt_by_address && event.origin->submitted))
    return false;
  const auto life = stray_life(op);
  while (!strays_kept_.empty() && strays_kept_.front() <= now.mono) strays_kept_.pop_front();
  if (strays_kept_.size() >= config_.limits.orphan_receipts) return false;
  strays_kept_.push_back(now.mono + life);
  Commands commands;
  const std::string key = strays_key(op, event.origin->address, config_.partitions);
  commands.command("HSETNX").arg(key).arg(
      std::string(kReceiptField).append(event.id.front()).append(event.is_final ? ":1" : ":0"));
  Stray stray{event.state, event.is_final, event.error, *event.origin};
  stray.pack(commands.open_arg());
  commands.close_arg();
  commands.command("PEXPIRE").arg(key).arg(std::int64_t{life.count()});
  event.stray = true;
  ask(
      commands,
      [this, commands, owed = std::exchange(event.answer, std::nullopt)](std::span<const Reply>, Now at) {
        remember_unfenced(commands, at);
        if (owed) answer(*owed);
      },
      AskKind::settles);
  return true;
}

/// Its response came after all: it proves nothing of other messages.
void Shard::Impl::forget_stray(const ReceiptEvent& event) {
  Commands commands;
  commands.command("HDEL")
      .arg(strays_key(operators_[event.operator_index]->config, event.origin->address, config_.partitions))
      .arg(std::string(kReceiptField).append(event.id.front()).append(event.is_final ? ":1" : ":0"));
  ask(
      commands, [this, commands](std::span<const Reply>, Now at) { remember_unfenced(commands, at); },
      AskKind::settles);
}

const Operator* Shard::Impl::operator_of(const Doubt& doubt) const {
  for (const auto& op : operators_) {
    if (op->config.name == doubt.operator_name) return op.get();
  }
  return nullptr;
}

/// Looks for receipts that a message in doubt may have had: when it comes into doubt, since most are faster
/// than the response timer, and again when on_doubt is to act (`last`). False: there is nothing to look for.
bool Shard::Impl::seek_receipts(const std::string& key, bool last) {
  const Doubt& doubt = doubts_.find(key)->second;
  const Operator* const op = operator_of(doubt);
  if (broken(Variant::strays_unsought)) return false;
  if (op == nullptr || !op->config.keeps_strays() || doubt.address == 0 || !doubt.who.receipt) return false;
  stray_looks_.push_back({key, partitions_[doubt.who.partition]->fence_at_own, last});
  return true;
}

void Shard::Impl::look_for_strays() {
  if (!store_up_) return;
  while (!stray_looks_.empty()) {
    const std::size_t count = std::min(stray_looks_.size(), kLooksAtOnce);
    auto looks = std::make_shared<std::vector<StrayLook>>();
    Commands commands, laid;
    std::vector<std::size_t> at;  // where each look's HGETALL stands
    std::size_t commands_so_far = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const auto found = doubts_.find(stray_looks_[i].key);
      if (found == doubts_.end()) continue;
      const Doubt& doubt = found->second;
      const Operator* const of = operator_of(doubt);
      if (of == nullptr) continue;  // another record of the message has taken its place
      const OperatorConfig& op = of->config;
      const std::string strays = strays_key(op, doubt.address, config_.partitions);
      if (op.receipt_by_address && !stray_looks_[i].last) {
        Commands one;
        one.command("HSET").arg(strays).arg(std::string(kDoubtField).append(found->first));
        WrittenWithin{doubt.written_from, doubt.written_to}.pack(one.open_arg());
        one.close_arg();
        one.command("PEXPIRE").arg(strays).arg(std::int64_t{stray_life(op).count()});
        commands.append(one);
        laid.append(one);
        commands_so_far += 2;
      }
      commands.command("HGETALL").arg(strays);
      at.push_back(commands_so_far++);
      looks->push_back(std::move(stray_looks_[i]));
    }
    stray_looks_.erase(stray_looks_.begin(), stray_looks_.begin() + static_cast<std::ptrdiff_t>(count));
    if (looks->empty()) continue;
    ask(
        std::move(commands),
        [this, looks, at = std::move(at), laid = std::move(laid)](std::span<const Reply> replies, Now now) {
          if (!laid.empty()) remember_unfenced(laid, now);
          for (std::size_t i = 0; i < looks->size() && at[i] < replies.size(); ++i)
            weigh_strays((*looks)[i], replies[at[i]], now);
        },
        AskKind::settles);
  }
}

void Shard::Impl::weigh_strays(const StrayLook& look, const Reply& reply, Now now) {
  const auto found = doubts_.find(look.key);
  if (found == doubts_.end()) return;
  Doubt& doubt = found->second;
  if (owned(doubt.who.partition) == nullptr || partitions_[doubt.who.partition]->fence_at_own != look.fence ||
      doubt.state != Doubt::State::waiting)
    return;
  if (doubt.storing == 0 && operator_of(doubt) != nullptr) {
    std::map<std::string, Stray> strays;  // by id; a final one says more
    bool alone = true;
    const WrittenWithin written{doubt.written_from, doubt.written_to};
    for (std::size_t i = 0; i + 1 < reply.size; i += 2) {
      const std::string_view field = reply.elements[i].text;
      if (field.starts_with(kDoubtField)) {
        const auto other = WrittenWithin::unpack(reply.elements[i + 1].text);
        const bool elsewhere = other && (other->to + kLongestWritten < written.from ||
                                         written.to + kLongestWritten < other->from);
        alone &= elsewhere || field.substr(kDoubtField.size()) == look.key;
        continue;
      }
      auto stray = Stray::unpack(reply.elements[i + 1].text);
      if (!stray || !field.starts_with(kReceiptField) || field.size() < kReceiptField.size() + 2) continue;
      if (stray->origin.arrived + kClocksDiffer < written.from) continue;
      std::string id(field.substr(kReceiptField.size(), field.size() - kReceiptField.size() - 2));
      const auto known = strays.find(id);
      if (known == strays.end() || stray->is_final) strays.insert_or_assign(std::move(id), std::move(*stray));
    }
    believe(look, doubt, strays, alone, now);
  }
  // Whatever was believed is on its way into the receipt map, and on_doubt waits for it.
  const auto still = doubts_.find(look.key);
  if (!look.last || still == doubts_.end() || still->second.step != Doubt::Step::receipts) return;
  still->second.step = Doubt::Step::receipts_seen;
  act_on_doubt(look.key, now);
}

/// Which strays are of which open part, if that can be told without doubt.
void Shard::Impl::believe(const StrayLook& look, Doubt& doubt, const std::map<std::string, Stray>& strays,
                          bool alone, Now now) {
  const Operator& op = *operator_of(doubt);
  const auto moved = Moved::unpack(doubt.moved);
  const auto progress = moved ? moved->progress : std::nullopt;
  const auto open = doubt.open_parts(progress);
  std::map<std::uint8_t, std::string> ids;
  if (op.config.user_message_reference) {
    const auto find = [&](std::uint8_t part, bool resent) {
      const auto reference = part_reference(doubt.who.hash, doubt.who.index, resent, part);
      const auto is_it = [&](const auto& stray) { return stray.second.origin.reference == reference; };
      const auto first = std::find_if(strays.begin(), strays.end(), is_it);
      if (first == strays.end() || std::find_if(std::next(first), strays.end(), is_it) == strays.end())
        return first;
      return strays.end();
    };
    for (const std::uint8_t part : open) {
      auto stray = find(part, doubt.who.resent);
      // The first copy's will do, too: whether the second was ever written is what nobody knows. Of a long
      // message parts of two copies are no message.
      if (stray == strays.end() && doubt.who.resent && doubt.parts == 1) stray = find(part, false);
      if (stray != strays.end()) ids.emplace(part, stray->first);
    }
  }
  // By address alone: one message in doubt, of one copy, and just as many receipts as it has parts. A receipt
  // of a part that was accepted may come again, and would be taken for one of those that are open.
  if (op.config.receipt_by_address && ids.empty() && look.last && alone && !doubt.who.resent &&
      open.size() == doubt.parts && open.size() == doubt.doubtful &&
      doubt.written_to - doubt.written_from <= kLongestWritten) {
    const WrittenWithin written{doubt.written_from, doubt.written_to};
    std::vector<std::string> fitting;
    for (const auto& [id, stray] : strays) {
      if (!stray.origin.reference && stray.origin.submitted && written.fits(*stray.origin.submitted))
        fitting.push_back(id);
    }
    if (fitting.size() == open.size()) {
      for (std::size_t i = 0; i < open.size(); ++i) ids.emplace(open[i], fitting[i]);
    }
  }
  // After a takeover the parts' common reference is not known: all of them, or nothing to go on with.
  if (ids.empty() || (doubt.parts > 1 && !progress && ids.size() < open.size())) return;
  for (const auto& [part, id] : ids) {
    const Stray& stray = strays.at(id);
    Proof proof{Evidence::receipt, stray.state, stray.is_final, stray.error};
    accept_doubtful(look.key, doubt, part, op, id, std::move(proof), now);
  }
}

/// A doubtful part was accepted, as its receipt or query_sm shows: as if its response had come with this id.
void Shard::Impl::accept_doubtful(const std::string& key, Doubt& doubt, std::uint8_t part, const Operator& op,
                                  std::string id, Proof proof, Now now) {
  if (doubt.state == Doubt::State::reported || !doubt.take_answer(part)) return;
  doubt.evidence = proof.evidence;
  std::uint64_t day = doubt.parts > 1 ? day_of(doubt.written_to) : 0;  // the same for each part
  if (auto moved = Moved::unpack(doubt.moved); moved && moved->progress) {
    if (moved->progress->day == 0) moved->progress->day = day_of(now.wall);
    day = moved->progress->day;
    doubt.moved.clear();
    moved->pack(doubt.moved);
  }
  ++doubt.storing;
  store_key(doubt.who, op, part, doubt.parts, std::move(id), day, 0, key,
            std::make_unique<Proof>(std::move(proof)), now);
}

/// What proved a part accepted is its receipt too: into the inbox, before the part begins to await it. Until
/// then whoever reads it there finds evidence on its way, and waits.
void Shard::Impl::deliver_proof(const MapPut& put) {
  ReceiptEvent event;
  event.state = put.proof->state;
  event.is_final = true;
  event.error = put.proof->error;
  Commands commands;
  commands.command("XADD").arg(keys::partition(put.partition, keys::kInbox)).arg("*").arg("d");
  pack_inbox(commands.open_arg(), event, key_of(put.place, put.id));
  commands.close_arg();
  ask(
      commands,
      [this, commands, key = put.doubt_key, part = put.part, partition = put.partition, fence = put.fence](
          std::span<const Reply>, Now now) {
        remember_unfenced(commands, now);
        id_of_doubt_stored(key, part, partition, fence, now);
      },
      AskKind::settles);
}

}  // namespace anchal::core
