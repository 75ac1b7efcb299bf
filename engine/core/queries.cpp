#include <algorithm>

#include "engine/core/keys.h"
#include "engine/core/shard_impl.h"
#include "engine/core/source_address.h"
#include "engine/core/variant.h"

namespace anchal::core {

using namespace std::chrono_literals;

namespace {

constexpr std::int64_t kScanChunk = 1000;
constexpr std::size_t kScansAtOnce = 16;
constexpr Duration kQueryPace = 100ms;      // per operator and shard: 10 queries/s
constexpr Duration kQueryPatience = 10min;  // for a bind, and for an answer
constexpr unsigned kQueryTries = 3;         // that were not answered

/// The receipt state a query_sm_resp stands for. Nothing: the operator does not know the message.
std::optional<smpp::Receipt> state_of(std::uint8_t message_state) {
  smpp::Receipt receipt;
  if (message_state > static_cast<std::uint8_t>(smpp::ReceiptState::skipped)) return std::nullopt;
  receipt.state = static_cast<smpp::ReceiptState>(message_state);
  switch (receipt.state) {
    case smpp::ReceiptState::unknown:
      return std::nullopt;
    case smpp::ReceiptState::scheduled:
    case smpp::ReceiptState::enroute:
    case smpp::ReceiptState::accepted:
      receipt.kind = smpp::ReceiptKind::intermediate;
      break;
    case smpp::ReceiptState::delivered:
    case smpp::ReceiptState::expired:
    case smpp::ReceiptState::deleted:
    case smpp::ReceiptState::undeliverable:
    case smpp::ReceiptState::rejected:
    case smpp::ReceiptState::skipped:
      receipt.kind = smpp::ReceiptKind::final;
      break;
  }
  return receipt;
}

/// As receipts write it: three digits at least.
std::string error_text(std::uint8_t code) {
  if (code == 0) return {};
  std::string text = std::to_string(code);
  return text.insert(0, 3 - text.size(), '0');
}

/// A receipt may have ended the doubt meanwhile; its record stays where a former owner left ids.
bool asks(const Doubt& doubt) {
  return doubt.step == Doubt::Step::asking && doubt.state != Doubt::State::reported;
}

}  // namespace

/// on_doubt = query, and the time has come. False: nothing can be asked, or is left to ask.
bool Shard::Impl::inquire(const std::string& key, Doubt& doubt, Now now) {
  const Operator* const op = operator_of(doubt);
  if (broken(Variant::query_unasked)) return false;
  if (op == nullptr || !op->config.query_trusted || !doubt.who.receipt || doubt.body.empty()) return false;
  const std::uint64_t fence = partitions_[doubt.who.partition]->fence_at_own;
  switch (doubt.step) {
    case Doubt::Step::none:
    case Doubt::Step::receipts:
    case Doubt::Step::receipts_seen:
      // A submit that was never answered has no id. Only a former owner can have left one.
      if (doubt.orphans_below == 0) return false;
      doubt.step = Doubt::Step::ids;
      ids_wanted_.insert_or_assign(key, fence);
      return true;
    case Doubt::Step::ids:
    case Doubt::Step::asking:
      return true;
    case Doubt::Step::ids_seen: {
      const auto moved = Moved::unpack(doubt.moved);
      const auto open = doubt.open_parts(moved ? moved->progress : std::nullopt);
      const bool all =
          std::all_of(open.begin(), open.end(), [&](auto part) { return doubt.ids.contains(part); });
      auto job = parser_.parse(doubt.body, doubt.lane, false);
      if (open.empty() || !all || !job) return false;
      doubt.step = Doubt::Step::asking;
      for (const std::uint8_t part : open) {
        queries_.push_back({op->index, key, fence, part, doubt.ids[part], std::string((*job)->sender),
                            now.mono + kQueryPatience, 0});
      }
      return true;
    }
    case Doubt::Step::asked:
      break;
  }
  return false;
}

/// Looks through the receipt map for what former owners stored of messages that now are in doubt. The map
/// goes from ids to messages, so all of it is read, a little at a time, once for all that are wanted: only
/// where a category asks and an operator is trusted, and only after a takeover.
void Shard::Impl::search_ids(Now now) {
  if (!id_search_.sought.empty() || ids_wanted_.empty() || !store_up_) return;
  id_search_.sought = std::exchange(ids_wanted_, {});
  id_search_.hashes.clear();
  std::map<std::uint16_t, WallTime> since;  // by operator
  for (const auto& [key, fence] : id_search_.sought) {
    const auto found = doubts_.find(key);
    const Operator* const op = found == doubts_.end() ? nullptr : operator_of(found->second);
    if (op == nullptr) continue;
    const auto [at, is_new] = since.emplace(op->index, found->second.written_from);
    if (!is_new) at->second = std::min(at->second, found->second.written_from);
  }
  for (const auto& [op, from] : since) {
    const OperatorConfig& config = operators_[op]->config;
    const std::int64_t newest = now.wall.time_since_epoch().count() / generation_ms(config);
    // One more than live ids can be in: what is overdue by now and was not removed yet.
    const std::int64_t oldest = std::max(from.time_since_epoch().count() / generation_ms(config),
                                         std::max<std::int64_t>(newest - kGenerations, 0));
    for (std::int64_t generation = oldest; generation <= newest; ++generation) {
      for (std::uint32_t slot = 0; slot < config_.partitions; ++slot) {
        for (std::uint32_t bucket = 0; bucket < kReceiptBuckets; ++bucket)
          id_search_.hashes.push_back({slot, config.name, generation, bucket, "0"});
      }
    }
  }
  scan_for_ids(now);
}

void Shard::Impl::scan_for_ids(Now now) {
  if (id_search_.hashes.empty()) {
    for (const auto& [key, fence] : std::exchange(id_search_.sought, {})) {
      const auto found = doubts_.find(key);
      if (found == doubts_.end() || found->second.step != Doubt::Step::ids) continue;
      if (partitions_[found->second.who.partition]->fence_at_own != fence) continue;
      found->second.step = Doubt::Step::ids_seen;
      act_on_doubt(key, now);
    }
    return;
  }
  const std::size_t count = std::min(id_search_.hashes.size(), kScansAtOnce);
  std::vector<ReceiptKey> asked(id_search_.hashes.end() - static_cast<std::ptrdiff_t>(count),
                                id_search_.hashes.end());
  id_search_.hashes.resize(id_search_.hashes.size() - count);
  Commands commands;
  for (const ReceiptKey& key : asked) {  // ReceiptKey::id carries the cursor
    commands.command("HSCAN").arg(redis_key(key)).arg(key.id).arg("COUNT").arg(kScanChunk);
  }
  ask(
      std::move(commands),
      [this, asked = std::move(asked)](std::span<const Reply> replies, Now at) {
        for (std::size_t i = 0; i < asked.size() && i < replies.size(); ++i) {
          if (replies[i].size < 2) continue;
          const Reply& pairs = replies[i].elements[1];
          for (std::size_t pair = 0; pair + 1 < pairs.size; pair += 2) {
            const std::string_view id = pairs.elements[pair].text;
            const auto target = ReceiptTarget::unpack(pairs.elements[pair + 1].text);
            if (!target || id.starts_with('\x01')) continue;
            const std::string key = message_key(target->who.partition, target->who.hash, target->who.index);
            if (!id_search_.sought.contains(key)) continue;
            const auto found = doubts_.find(key);
            if (found == doubts_.end() || target->fence >= found->second.orphans_below ||
                target->who.resent != found->second.who.resent)
              continue;
            found->second.ids.insert_or_assign(target->part, id);
          }
          if (replies[i].elements[0].text == "0") continue;
          id_search_.hashes.push_back(asked[i]);
          id_search_.hashes.back().id = replies[i].elements[0].text;
        }
        scan_for_ids(at);
      },
      AskKind::bulk_read);
}

void Shard::Impl::send_queries(Now now) {
  for (std::size_t count = queries_.size(); count > 0; --count) {
    Query query = std::move(queries_.front());
    queries_.pop_front();
    const auto found = doubts_.find(query.key);
    if (found == doubts_.end() || !asks(found->second) ||
        partitions_[found->second.who.partition]->fence_at_own != query.fence)
      continue;
    if (now.mono >= query.give_up) {
      not_known(query.key, now);
      continue;
    }
    Operator& op = *operators_[query.operator_index];
    // A query takes its place in the window as a submit does; it is no part, and so not in the contract.
    Bind* const bind = now.mono < op.query_due || op.paused ? nullptr : pick_bind(op, false, now);
    if (bind == nullptr) {
      queries_.push_back(std::move(query));
      continue;
    }
    smpp::QuerySm pdu;
    pdu.message_id = query.id;
    const SourceAddress source = source_address(op.config, query.sender);
    pdu.source_addr_ton = source.ton;
    pdu.source_addr_npi = source.npi;
    pdu.source_addr = source.address;
    const std::uint64_t token = ++query_number_;
    if (!bind->session->send(pdu, token, now.mono)) {
      not_known(query.key, now);
      continue;
    }
    op.query_due = now.mono + kQueryPace;
    queries_asked_.emplace(token, std::move(query));
  }
}

void Shard::Impl::on_query_answer(Bind& bind, const smpp::Completed& done, Now now) {
  const auto asked = queries_asked_.find(done.token);
  if (asked == queries_asked_.end()) return;
  Query query = std::move(asked->second);
  queries_asked_.erase(asked);
  const auto found = doubts_.find(query.key);
  if (found == doubts_.end() || !asks(found->second) ||
      partitions_[found->second.who.partition]->fence_at_own != query.fence)
    return;
  const bool throttled = done.outcome == smpp::Outcome::rejected &&
                         (done.status == smpp::ESME_RTHROTTLED || done.status == smpp::ESME_RMSGQFUL);
  if (throttled) bind.pause.on_throttled(done.sent_at, now.mono);
  if (throttled || (done.outcome == smpp::Outcome::unresolved && ++query.tries < kQueryTries)) {
    queries_.push_back(std::move(query));
    return;
  }
  const auto receipt =
      done.outcome == smpp::Outcome::accepted && (done.message_id.empty() || done.message_id == query.id)
          ? state_of(done.message_state)
          : std::nullopt;
  if (!receipt) {
    not_known(query.key, now);
    return;
  }
  Proof proof{Evidence::query, smpp::part_state(*receipt), receipt->kind == smpp::ReceiptKind::final,
              error_text(done.error_code)};
  accept_doubtful(query.key, found->second, query.part, *operators_[query.operator_index],
                  std::move(query.id), std::move(proof), now);
}

/// The operator says so, or nothing that would tell: then nobody knows.
void Shard::Impl::not_known(const std::string& key, Now now) {
  Doubt& doubt = doubts_.find(key)->second;
  doubt.step = Doubt::Step::asked;
  doubt.due = now.wall;
  doubt_due_.emplace(doubt.due, key);
}

}  // namespace anchal::core
