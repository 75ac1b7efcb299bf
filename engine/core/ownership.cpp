#include <algorithm>
#include <charconv>

#include "engine/core/keys.h"
#include "engine/core/reply_shape.h"
#include "engine/core/shard_impl.h"
#include "engine/core/variant.h"

namespace anchal::core {

using namespace std::chrono_literals;

namespace {

constexpr std::int64_t kJournalChunk = 500;
constexpr std::int64_t kDoubtChunk = 500;

std::int64_t number_in(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// Of an owner's record, which ends in its fence and the number of a transaction; 0: of none.
std::uint64_t fence_in(std::string_view record) {
  const std::size_t name = record.rfind('/');
  return name == std::string_view::npos ? 0 : static_cast<std::uint64_t>(number_in(record.substr(name + 1)));
}

/// The value of `name` among the field/value list of a stream entry.
std::string_view field_of(const Reply& fields, std::string_view name) {
  for (std::size_t i = 0; i + 1 < fields.size; i += 2) {
    if (fields.elements[i].text == name) return fields.elements[i + 1].text;
  }
  return {};
}

}  // namespace

void Shard::Impl::ask(Commands commands, Handler handler, AskKind kind, TimePoint due) {
  Question question{std::move(commands), kind, std::move(handler), due};
  if (store_up_ && due == TimePoint::min()) {
    send_question(std::move(question));
  } else {
    unasked_.push_back(std::move(question));
  }
}

void Shard::Impl::send_question(Question question) {
  const Ticket ticket = next_ticket_++;
  Pipeline pipeline;
  pipeline.ticket = ticket;
  pipeline.bulk_read = question.kind == AskKind::bulk_read;
  pipeline.settles = question.kind != AskKind::plain && question.kind != AskKind::bulk_read;
  pipeline.commands = question.commands;
  asked_.emplace(ticket, std::move(question));
  store_.execute(std::move(pipeline));
}

void Shard::Impl::ask_again(Now now) {
  if (!store_up_) return;
  for (std::size_t count = unasked_.size(); count > 0; --count) {
    Question question = std::move(unasked_.front());
    unasked_.pop_front();
    if (question.due > now.mono) {
      unasked_.push_back(std::move(question));
    } else {
      send_question(std::move(question));
    }
  }
}

void Shard::Impl::on_store_answer(const StoreAnswer& answer, Now now) {
  if (const auto transaction = transactions_.find(answer.ticket); transaction != transactions_.end()) {
    Partition& partition = *partitions_[transaction->second];
    transactions_.erase(transaction);
    on_transaction(partition, answer, now);
    return;
  }
  const auto found = asked_.find(answer.ticket);
  if (found == asked_.end()) return;
  Question question = std::move(found->second);
  asked_.erase(found);
  const auto error =
      std::find_if(answer.replies.begin(), answer.replies.end(), [](const Reply& r) { return r.is_error(); });
  const bool all_said = answer.outcome == StoreOutcome::ok && error == answer.replies.end();
  if (all_said && answers(question.commands, answer.replies)) {
    if (question.kind == AskKind::receipt_ids && question.again) --puts_unsure_;
    question.handler(answer.replies, now);
    return;
  }
  if (answer.outcome == StoreOutcome::ok || answer.outcome == StoreOutcome::refused) {
    const std::string_view words = error != answer.replies.end() ? error->text
                                   : all_said                    ? "a reply does not answer its command"
                                                                 : answer.error;
    if (store_up_) tell_refusal(words, now);
    question.due = now.mono + 100ms;
    if (answer.error == kAnswerTooLarge) question.commands = half_of(question.commands);
  }
  if (question.kind == AskKind::receipt_ids && !question.again) ++puts_unsure_;
  question.again = true;
  unasked_.push_back(std::move(question));
}

void Shard::Impl::on_store_up(const StoreHistory& history, Now now) {
  store_up_ = true;
  notice(Notice::Level::info, "store up");
  const bool first = history_.run_id.empty();
  const bool another = !first && !(history == history_);
  if (another) {
    notice(Notice::Level::warning,
           history.replication_id == history_.replication_id
               ? "Redis was restarted: it may have forgotten its last writes"
               : "Redis was restarted, or another one is primary: it may have forgotten its last writes");
    history_since_ = now.mono;
    members_.met_history();
    beat_due_ = TimePoint::min();
    for (const auto& [at, writes] : unfenced_writes_)
      ask(writes, [](std::span<const Reply>, Now) {}, AskKind::settles);
    endings_.insert(endings_.end(), endings_told_.begin(), endings_told_.end());
    endings_told_.clear();
    announce_anew();
    give_up_removals(now);
    search_.listed.clear();  // what is listed may be forgotten
    ++search_.set_backs;
    for (const auto& partition : partitions_) {
      partition->knowledge_told = false;  // that may be forgotten, too
      partition->forgot = {};
      if (owned(partition->id) == nullptr) forget_finals(*partition);
    }
  }
  history_ = history;
  tell_endings(now);
  ask_again(now);
  for (auto& partition : partitions_) {
    if (owned(partition->id) != nullptr) {
      partition->state = Partition::State::resyncing;
      partition->telling = partition->telling || another;
      partition->reread_owed = partition->reread_owed || another;
      resync(*partition, now);
    } else if (partition->state == Partition::State::idle && (first || within_barrier(now))) {
      meet_history(*partition, now);
    }
  }
}

void Shard::Impl::on_store_down(Now) {
  if (store_up_) notice(Notice::Level::error, "store down: nothing is read or sent until it is back");
  store_up_ = false;
  store_health_.full = false;  // whoever comes back will say so
  store_health_.refusal.clear();
  ++counters_.store_downs;
}

std::string Shard::Impl::owner_record(const Partition& partition) const {
  // Another with every heartbeat and every takeover: one who watches for a dead owner must not take a shard
  // that gave the partition away and claimed it again for one that stood still.
  return member_name(place_.index) + "/" + std::to_string(partition.fence) + "-" +
         std::to_string(partition.number);
}

void Shard::Impl::watch_leases(Now now) {
  ask_again(now);
  if (!store_up_ || draining_) return;
  if (awaiting_endings(now.mono)) return;
  for (auto& partition : partitions_) {
    if (partition->state != Partition::State::idle || now.mono < partition->look_due) continue;
    partition->look_due = now.mono + config_.lease / 4;
    Commands commands;
    commands.command("GET").arg(keys::partition(partition->id, keys::kOwner));
    ask(std::move(commands), [this, p = partition.get()](std::span<const Reply> replies, Now at) {
      look_at_owner(*p, replies[0], at);
    });
  }
}

void Shard::Impl::look_at_owner(Partition& partition, const Reply& reply, Now now) {
  if (partition.state != Partition::State::idle || draining_) return;
  partition.owner_met = partition.owner_met || !reply.is_nil();
  partition.seen_fence = std::max(partition.seen_fence, fence_in(reply.text));
  if (reply.text != partition.seen_owner || partition.seen_since == TimePoint::min()) {
    partition.seen_owner = reply.text;  // nil, and so empty: free
    partition.seen_since = now.mono;
    if (!reply.is_nil()) return;
  }
  // The former owner judges its lease by its own clock, and its kernel may still deliver what it was given
  // for TCP_USER_TIMEOUT, which is not longer than the lease: both are waited for (design.md §5 "Lease").
  // Of a Redis that may have forgotten who owns what, the owner is awaited likewise.
  const bool free = reply.is_nil() && !within_barrier(now) && !others_may_tell(now);
  Duration dead_after = free ? Duration::zero() : outwaited();
  if (broken(Variant::claims_early)) dead_after = std::min(dead_after, config_.lease / 2);
  const Duration silent = now.mono - std::max(partition.seen_since, history_since_) - dead_after;
  if (silent >= Duration::zero() && (broken(Variant::claims_early) || may_claim(partition, silent)))
    claim(partition, now);
}

void Shard::Impl::claim(Partition& partition, Now now) {
  partition.state = Partition::State::claiming;
  partition.claimed_at = now.mono;
  raise_and_look(partition, 1, now);
}

/// A claim that began before Redis became another one ends: that its fence was raised may be forgotten, and
/// the same number given to somebody else; and what was read may be void.
bool Shard::Impl::outlived(Partition& partition, Now now) {
  if (partition.claimed_at > history_since_) return false;
  forget_doubts(partition);
  partition.state = Partition::State::idle;
  partition.seen_owner.clear();
  partition.seen_since = TimePoint::min();
  meet_history(partition, now);
  return true;
}

/// Appends what raises the fence, `times` times, but no more than a pace. In a Redis that was emptied it
/// would begin anew, and a fence of before could be given a second time while its owner lives: it begins at
/// the time of day then.
void Shard::Impl::raise(Commands& commands, const Partition& partition, std::uint64_t times, Now now) const {
  constexpr std::int64_t kBegin = 1'767'225'600;  // 2026-01-01: small numbers are short in every record
  const std::string key = keys::partition(partition.id, keys::kFence);
  const std::int64_t seconds = std::chrono::floor<std::chrono::seconds>(now.wall).time_since_epoch().count();
  const std::uint64_t begin =
      std::max({partition.fence, partition.known.newest.fence, partition.seen_fence,
                static_cast<std::uint64_t>(std::max<std::int64_t>(seconds - kBegin, 0))});
  commands.command("SET").arg(key).arg(static_cast<std::int64_t>(begin)).arg("NX");
  for (times = std::clamp<std::uint64_t>(times, 1, kRaisesMax); times > 0; --times)
    commands.command("INCR").arg(key);
}

void Shard::Impl::raise_and_look(Partition& partition, std::uint64_t times, Now now, TimePoint due) {
  Commands commands;
  if (!broken(Variant::no_fencing) || partition.seen_owner.empty()) {
    raise(commands, partition, times, now);
  } else {
    commands.command("GET").arg(keys::partition(partition.id, keys::kFence));
  }
  commands.command("GET").arg(keys::partition(partition.id, keys::kOwner));
  ask(
      std::move(commands),
      [this, p = &partition](std::span<const Reply> replies, Now at) {
        if (p->state != Partition::State::claiming || outlived(*p, at)) return;
        // Long may have passed since the record was judged; behind the raised fence it can no longer change.
        // An owner that lives after all finds its own record, and goes on.
        if (replies.back().text != p->seen_owner) {
          p->state = Partition::State::idle;
          p->seen_owner = replies.back().text;
          p->seen_since = at.mono;
          return;
        }
        auto fence = static_cast<std::uint64_t>(replies[replies.size() - 2].integer);
        if (broken(Variant::no_fencing) && fence == 0)
          fence = static_cast<std::uint64_t>(number_in(replies[replies.size() - 2].text));
        if (fence <= p->known.newest.fence &&
            !broken(Variant::no_fencing)) {  // Redis forgot that it was higher
          const std::uint64_t missing = p->known.newest.fence - fence;
          raise_and_look(*p, missing + 1, at, missing < kRaisesMax ? TimePoint::min() : at.mono + 100ms);
          return;
        }
        p->fence = fence;
        p->number = 0;
        p->recovered = {};
        p->recovered.keep_taken = config_.idempotency == Duration::zero();
        p->journal_end = {};
        p->remembered_ms = 0;
        p->journal_read_to = "-";
        p->state = Partition::State::reading;
        ++counters_.takeovers;
        read_journal(*p, at);
      },
      AskKind::settles, due);
}

void Shard::Impl::read_journal(Partition& partition, Now) {
  Commands commands;
  commands.command("XRANGE")
      .arg(keys::partition(partition.id, keys::kJournal))
      .arg(partition.journal_read_to)
      .arg("+");
  commands.arg("COUNT").arg(kJournalChunk);
  ask(
      std::move(commands),
      [this, p = &partition](std::span<const Reply> replies, Now at) {
        if (p->state != Partition::State::reading) return;
        for (const Reply& entry : replies[0].array()) {
          if (entry.size < 2) continue;
          if (!p->recovered.apply(field_of(entry.elements[1], "j"))) {
            notice(Notice::Level::error, "partition " + std::to_string(p->id) + ": journal entry " +
                                             std::string(entry.elements[0].text) + " cannot be read");
          }
          p->journal_read_to = "(" + std::string(entry.elements[0].text);
          p->journal_end = transaction_of(entry);
          if (const auto id = StreamId::parse(entry.elements[0].text))
            p->remembered_ms = static_cast<std::int64_t>(id->ms);
        }
        if (replies[0].size == static_cast<std::size_t>(kJournalChunk)) {
          read_journal(*p, at);
        } else {
          read_ledger(*p, at);
        }
      },
      AskKind::bulk_read);
}

void Shard::Impl::read_ledger(Partition& partition, Now) {
  Commands commands;
  commands.command("HGETALL").arg(keys::partition(partition.id, keys::kLedger));
  commands.command("HGETALL").arg(keys::partition(partition.id, keys::kSuspects));
  ask(
      std::move(commands),
      [this, p = &partition](std::span<const Reply> replies, Now at) {
        if (p->state != Partition::State::reading) return;
        p->accepted = p->doubt = p->awaiting = 0;
        p->sent_ms = p->sent_told_ms = 0;
        p->forgotten_to.clear();
        p->finals = {};
        p->streams.clear();
        p->suspects = {};
        for (std::size_t i = 0; i + 1 < replies[1].size; i += 2)
          p->suspects.heard(replies[1].elements[i].text, replies[1].elements[i + 1].text,
                            config_.incarnation);
        p->orphans = {};
        bool told = false;
        for (std::size_t i = 0; i + 1 < replies[0].size; i += 2) {
          const std::string_view field = replies[0].elements[i].text;
          const std::int64_t value = number_in(replies[0].elements[i + 1].text);
          if (field == "accepted") p->accepted = value;
          if (field == "w:doubt") p->doubt = value;
          if (field == "w:awaiting") p->awaiting = value;
          if (field == keys::kOrphans) p->orphans = Orphans::parse(replies[0].elements[i + 1].text);
          if (field.starts_with(keys::kKnown)) {
            // Another shard knew, and wrote down, how far it had come before Redis was set back.
            const auto id = StreamId::parse(replies[0].elements[i + 1].text).value_or(StreamId{});
            const std::string_view suffix = field.substr(keys::kKnown.size());
            if (suffix.empty()) {
              p->known.newest = std::max(p->known.newest, TransactionId{id.ms, id.seq});
            } else {
              StreamId& cursor = p->known.cursors[std::string(suffix.substr(1))];
              cursor = std::max(cursor, id);
            }
            told = true;
          }
          if (field == keys::kSent) p->sent_ms = p->sent_told_ms = value;
          if (field == "retry_number") p->retry_number = static_cast<std::uint64_t>(value);
          if (field.starts_with(keys::kReread)) {
            Stream* const s = stream_named(*p, field.substr(keys::kReread.size()));
            if (s != nullptr && s->kind == StreamKind::jobs)
              s->reread_to = StreamId::parse(replies[0].elements[i + 1].text).value_or(StreamId{});
          }
          if (field.starts_with(keys::kForgottenTo)) {
            if (const auto id = StreamId::parse(replies[0].elements[i + 1].text))
              p->forgotten_to[std::string(field.substr(keys::kForgottenTo.size()))] = *id;
          }
          for (std::size_t state = 0; state < kFinals; ++state) {
            if (field.starts_with("final:") && field.substr(6) == kFinalNames[state])
              p->finals[state] = value;
          }
          if (field == "w:retry" || field.starts_with("w:backlog:") || field.starts_with("w:hold:")) {
            Stream* const s = stream_named(*p, field.substr(2));
            if (s != nullptr) s->waiting = value;
          }
        }
        p->knowledge_told = p->knowledge_told || told;
        // Nor may transactions bear a name that the journal has: a former owner may have told it again, in a
        // Redis that had forgotten its fence.
        const std::uint64_t above = std::max(p->journal_end.fence, told ? p->known.newest.fence : 0);
        if (p->fence <= above) {
          const std::uint64_t missing = above - p->fence;
          p->state = Partition::State::claiming;
          raise_and_look(*p, missing + 1, at, missing < kRaisesMax ? TimePoint::min() : at.mono + 100ms);
          return;
        }
        forget_doubts(*p);  // of a claim that came to nothing
        read_doubts(*p, "0", at);
      },
      AskKind::bulk_read);
}

Stream* Shard::Impl::stream_named(Partition& partition, std::string_view suffix) {
  if (suffix == keys::kRetry)
    return &stream(partition, StreamKind::retry, std::string(suffix), Lane::bulk, 0);
  if (suffix.starts_with("hold:"))
    return &stream(partition, StreamKind::hold, std::string(suffix), Lane::bulk, 0);
  const std::size_t colon = suffix.rfind(':');
  if (colon == std::string_view::npos) return nullptr;
  const auto lane = lane_named(suffix.substr(colon + 1));
  if (!lane) return nullptr;
  if (suffix.starts_with("jobs:")) return &stream(partition, StreamKind::jobs, std::string(suffix), *lane, 0);
  if (!suffix.starts_with("backlog:")) return nullptr;
  const std::string_view name = suffix.substr(8, colon - 8);
  std::uint16_t op = Router::kNone;  // of an operator that is no longer configured: read, and routed anew
  for (const auto& known : operators_) {
    if (known->config.name == name) op = known->index;
  }
  return &stream(partition, StreamKind::backlog, std::string(suffix), *lane, op);
}

void Shard::Impl::read_doubts(Partition& partition, const std::string& cursor, Now) {
  Commands commands;
  commands.command("HSCAN")
      .arg(keys::partition(partition.id, keys::kDoubt))
      .arg(cursor)
      .arg("COUNT")
      .arg(kDoubtChunk);
  ask(
      std::move(commands),
      [this, p = &partition](std::span<const Reply> replies, Now at) {
        if (p->state != Partition::State::reading || replies[0].size < 2) return;
        const Reply& pairs = replies[0].elements[1];
        for (std::size_t i = 0; i + 1 < pairs.size; i += 2) {
          auto doubt = Doubt::unpack(pairs.elements[i + 1].text);
          if (!doubt) {
            notice(Notice::Level::error,
                   "partition " + std::to_string(p->id) + ": a record of the doubt hash cannot be read");
            continue;
          }
          doubt->who.partition = p->id;
          remember_doubt(std::move(*doubt));
        }
        const std::string next(replies[0].elements[0].text);
        if (next == "0") {
          own(*p, at);
        } else {
          read_doubts(*p, next, at);
        }
      },
      AskKind::bulk_read);
}

void Shard::Impl::own(Partition& partition, Now now) {
  if (outlived(partition, now)) return;
  partition.state = Partition::State::owned;
  partition.fence_at_own = partition.fence;
  partition.taken_back = partition.journal_end < partition.known.newest;
  if (partition.taken_back) {
    redis_forgot(partition, now);
    forget_finals(partition);
  } else if (partition.journal_end == TransactionId{} && partition.owner_met) {
    tell_forgotten(partition, now);  // whoever owned it may not live to say so
  }
  partition.owner_met = partition.knowledge_told = false;
  partition.known.newest = partition.journal_end;
  partition.log.begin(partition.journal_end);
  partition.batch = {};
  partition.outstanding.reset();
  partition.lease_until = TimePoint::min();
  if (partition.taken_back || partition.journal_end == TransactionId{}) {
    partition.orphans.add(partition.fence,
                          partition.sent_ms > 0 ? partition.sent_ms : partition.remembered_ms);
    partition.batch.extra.command("HSET")
        .arg(keys::partition(partition.id, keys::kLedger))
        .arg(keys::kOrphans)
        .arg(partition.orphans.text());
  }
  partition.heartbeat_due = partition.snapshot_due = partition.trim_due = partition.retry_read_due =
      partition.reread_due = TimePoint::min();
  partition.reread_held = partition.reread_owed = false;
  partition.forgetting.clear();
  partition.inbox_cursor = {};
  partition.inbox_trim.reset();
  partition.inbox_events.reset();
  partition.inbox_empty_at = TimePoint::min();
  partition.swept = {};
  partition.inbox_reading = false;
  partition.recovering = true;
  std::size_t open = 0;
  for (auto& [suffix, recovered] : partition.recovered.streams) {
    Stream* const s = stream_named(partition, suffix);
    if (s == nullptr) continue;
    for (const auto& [id, entry] : recovered.open) open += entry.unsettled.size();
    s->recovered = std::move(recovered.open);
    if (s->kind == StreamKind::retry) continue;
    s->cursor = s->recovered_to = recovered.cursor;
    s->known_to = recovered.known_to.value_or(recovered.cursor);
    s->taken = std::move(recovered.taken);
    s->read_to = s->recovered.empty() ? s->cursor : s->recovered.begin()->first.previous();
  }
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    stream(partition, StreamKind::jobs, keys::jobs_suffix(static_cast<Lane>(lane)), static_cast<Lane>(lane),
           0);
  }
  drop_old_suspects(partition, now);
  settle_forgotten(partition);
  // Receipts that were final: the map entry may still be there, and must not count again.
  for (const ReceiptKey& key : partition.recovered.finals) {
    if (broken(Variant::finals_not_seeded)) break;
    forget(partition.id, key);
    for (const auto& op : operators_) {
      if (op->config.name == key.operator_name) remember_final(receipt_hash(op->index, key.id), partition.id);
    }
  }
  partition.recovered = {};
  report_recovered_doubts(partition, now);
  notice(Notice::Level::info, "partition " + std::to_string(partition.id) + " taken, fence " +
                                  std::to_string(partition.fence) + ", " + std::to_string(open) +
                                  " open messages");
  update_shares(now);
}

/// Until every intent of a former owner has become a doubt, nobody can say whether a receipt's message is
/// awaiting.
bool Shard::Impl::recovering(Partition& partition) {
  if (!partition.recovering) return false;
  for (const auto& [suffix, s] : partition.streams) {
    for (const auto& [id, entry] : s->recovered) {
      for (const auto& [index, intent] : entry.unsettled) {
        if (intent) return true;
      }
    }
  }
  partition.recovering = false;
  return false;
}

void Shard::Impl::lose(Partition& partition, Now now) {
  partition.state = Partition::State::idle;
  partition.telling = false;
  partition.leaving = false;
  partition.look_due = now.mono + config_.lease / 4;
  partition.seen_owner.clear();
  partition.seen_since = TimePoint::min();
  // Receipts whose effect may not have been committed must count when they come again, or at their deadline.
  // What was committed after all stands in the journal for the next owner.
  const auto not_final = [this](const OnCommit& on_commit) {
    for (const ReceiptKey& key : on_commit.forget) {
      for (const auto& op : operators_) {
        if (op->config.name == key.operator_name) recent_finals_.erase(receipt_hash(op->index, key.id));
      }
    }
  };
  if (partition.outstanding) not_final(partition.outstanding->on_commit);
  not_final(partition.batch.on_commit);
  const std::string of_partition = std::to_string(partition.id) + "/";
  std::erase_if(folds_, [&](const auto& fold) { return fold.first.starts_with(of_partition); });
  std::erase_if(resends_, [&](const auto& resend) { return resend.first.starts_with(of_partition); });
  note_cursors(partition, partition.known);
  partition.outstanding.reset();
  partition.batch = {};
  partition.forgetting.clear();
  std::erase_if(forgets_, [&](const Forget& forget) { return forget.partition == partition.id; });
  forget_queued(partition);
  actives_.each([&](Active& active) {
    if (active.who.partition != partition.id) return;
    active.entry = nullptr;
    active.cancelled = true;
    if (active.on_wire == 0) free_slot(active);
  });
  std::erase_if(puts_, [&](const MapPut& put) {
    if (put.partition != partition.id) return false;
    if (put.anew) --puts_unsure_;
    return true;
  });
  std::erase_if(arrived_, [&](const Arrived& arrived) { return arrived.partition == partition.id; });
  for (auto& [suffix, s] : partition.streams) {
    for (auto& [id, entry] : s->open) {
      std::uint32_t& open = entry->lane == Lane::otp ? open_messages_otp_ : open_messages_;
      open -= std::min(open, entry->unsettled);
      open_bytes_ -= std::min(open_bytes_, entry->job->body_size);
    }
  }
  if (announcing_ != nullptr && announcing_->partition == partition.id) announcing_ = nullptr;
  partition.streams.clear();
  forget_doubts(partition);
  update_shares(now);
}

void Shard::Impl::forget_doubts(const Partition& partition) {
  std::erase_if(doubts_, [&](const auto& doubt) { return doubt.second.who.partition == partition.id; });
}

void Shard::Impl::update_shares(Now now) {
  std::uint32_t count = 0;
  for (const auto& partition : partitions_) count += owned(partition->id) != nullptr;
  for (auto& op : operators_) {
    const auto share = throttle::Rate::share(op->config.tps, count, config_.partitions);
    if (broken(Variant::share_kept) && throttle::less(share, op->log.rate())) continue;
    if (broken(Variant::window_empty)) op->log = throttle::SlidingLog({share, config_.rate_window, 10ms});
    if (!(share == op->log.rate())) op->log.set_rate(share, now.mono);
    op->adaptive.set_contract(share, now.mono);
  }
}

void Shard::Impl::heartbeat(Partition& partition, Now now) {
  if (now.mono < partition.heartbeat_due) return;
  partition.heartbeat_due = now.mono + config_.lease / 3;
  // A record without expiry: whether it is dead is judged by whoever wants to take over, on his own clock.
  partition.batch.extra.command("SET")
      .arg(keys::partition(partition.id, keys::kOwner))
      .arg(owner_record(partition));
  partition.batch.on_commit.heartbeat = true;
}

}  // namespace anchal::core
