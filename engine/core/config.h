#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/lane.h"
#include "smpp/text/profile.h"
#include "smpp/time.h"

namespace anchal::core {

using namespace std::chrono_literals;

/// What the core needs to know of the configuration file. Immutable once a shard runs; engine/app parses TOML
/// into it and has checked every bound and every rule between settings before. Units are in the types.

enum class OnDoubt : std::uint8_t { report, resend_once, query };
enum class OnHold : std::uint8_t { defer, drop, reapprove };

struct CategoryConfig {
  std::string name;
  Lane lane = Lane::bulk;
  bool exempt = false;
  OnDoubt on_doubt = OnDoubt::report;
  Duration doubt_wait = 30s;  ///< evidence awaited before on_doubt acts
  OnHold on_hold = OnHold::defer;
};

enum class BindKind : std::uint8_t { transceiver, transmitter_receiver };
enum class ConcatStyle : std::uint8_t { udh8, udh16, sar, payload, none };
/// What the octets of data_coding 0 are; with gsm7 `packed` says whether eight septets share seven octets.
enum class DefaultCharset : std::uint8_t { gsm7, latin1, ascii };
enum class ReceiptBase : std::uint8_t { raw, dec, hex };

struct OperatorConfig {
  std::string name;
  std::string system_id;
  std::string password;
  std::string system_type;
  std::string address_range;
  std::uint8_t interface_version = 0x34;
  BindKind bind = BindKind::transceiver;
  unsigned binds = 2;                 ///< of this engine; with transmitter_receiver: so many pairs
  unsigned window = 100;              ///< unanswered submit_sm per bind
  unsigned tps = 0;                   ///< contract, parts per second of the whole fleet; 0 = unlimited
  std::vector<std::string> prefixes;  ///< digits of the E.164 number; "" serves everything
  unsigned weight = 1;
  std::vector<std::string> failover;  ///< operator names, first usable wins
  Duration enquire_link = 30s;
  Duration response_timeout = 60s;
  Duration bind_timeout = 15s;
  Duration receipt_deadline = 72h;
  Duration reconnect_min = 1s;
  Duration reconnect_max = 60s;
  unsigned max_attempts = 10;  ///< tries of one message at this operator before it is rejected
  // Addresses (SMPP 3.4 §5.2.5, §5.2.6). Alphanumeric senders always go as 5/0.
  std::uint8_t source_ton = 1, source_npi = 1;
  std::uint8_t dest_ton = 1, dest_npi = 1;
  std::string service_type;
  bool send_validity_period = true;
  // Text: encoding_profile.h makes an smpp::EncodingProfile of it, which says what each means
  bool gsm7 = true, ucs2 = true, latin1 = false, ascii = false;
  std::vector<std::string> national_languages;  ///< tables the handsets may get; empty = off
  bool allow_disputed = false;
  DefaultCharset default_charset = DefaultCharset::gsm7;
  bool packed = false;
  bool fill_with_cr = false;
  ConcatStyle concat = ConcatStyle::udh8;
  smpp::Split split = smpp::Split::grapheme_if_free;
  bool transliterate = false;  ///< a text goes as it was approved unless someone says otherwise
  bool chillu = true;
  bool newlines_to_lf = false;
  unsigned max_parts = 10;
  smpp::DataCodings data_coding;
  smpp::FlashStyle flash = smpp::FlashStyle::dcs_general;
  // Receipts (reference: dlr.md §8, §13)
  ReceiptBase id_in_response = ReceiptBase::raw;
  ReceiptBase id_in_receipt = ReceiptBase::raw;
  bool id_fold_case = false;
  bool id_strip_zeros = false;
  bool receipt_detect_by_text = false;
  std::int16_t receipt_utc_offset = 0;  ///< minutes, of the dates in receipts
  // Evidence for messages in doubt (doubt/evidence.h)
  bool user_message_reference = false;  ///< sent with each part, and receipts that repeat it are believed
  bool receipt_by_address = false;      ///< a receipt of unknown id may be known by number, sender and time
  bool query_trusted = false;           ///< query_sm is answered truly

  bool keeps_strays() const { return user_message_reference || receipt_by_address; }
};

struct LaneWeights {
  unsigned alert = 8, service = 4, bulk = 1;
};

/// Limits that bound memory and take-over cost (law 6). Per shard; the defaults hold the budget of design.md
/// §10.
struct Limits {
  std::uint32_t open_messages = 40'000;     ///< read and not yet settled, all lanes but otp
  std::uint32_t open_messages_otp = 8'000;  ///< of their own, so that bulk never takes them
  std::size_t open_bytes = 48u << 20;       ///< bodies of open entries
  std::uint32_t queue_messages = 12'000;    ///< per operator and lane, beyond it messages go to the backlog
  std::uint32_t orphan_receipts = 50'000;   ///< receipts that came before their response
  std::uint32_t read_count = 500;           ///< entries per stream and read
  std::size_t replay_bytes = 48u << 20;     ///< kept of what was written lately, in case Redis forgets it
  std::size_t journal_batch_bytes = 256u << 10;  ///< a flush is cut there
  std::uint32_t recipients_max = 10'000;
  std::size_t body_bytes_max = 4u << 20;
};

struct Config {
  std::string engine_id = "engine-1";
  std::string incarnation;  ///< unique per process start; names us in leases
  std::uint16_t partitions = 8;
  Duration lease = 1000ms;
  Duration idempotency = 24h;  ///< 0 = off
  Duration outcome_retention = 168h;
  Duration drain_deadline = 30s;
  Duration rate_window = 1005ms;  ///< exact 1000 ms only in simulation (design.md §7)
  Duration snapshot_interval = 10s;
  Duration move_after =
      3s;  ///< what waits longer than this leaves its stream (watermark rule of design.md §5)
  bool journal_intents = true;  ///< off only for the measurement of its cost
  /// So long intents of at-most-once categories wait for a replica to have them; 0: not at all.
  std::chrono::milliseconds replica_wait = 10ms;
  std::string default_place = "unknown";
  LaneWeights weights;
  Limits limits;
  std::vector<CategoryConfig> categories;
  std::vector<OperatorConfig> operators;
};

}  // namespace anchal::core
