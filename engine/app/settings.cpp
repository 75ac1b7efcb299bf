#include "engine/app/settings.h"

#include <array>
#include <type_traits>

namespace anchal::app {
namespace {

using Core = core::Config;
using Limits = core::Limits;
using Weights = core::LaneWeights;
using Operator = core::OperatorConfig;
using Category = core::CategoryConfig;
using Tls = net::TlsSettings;
using Codings = smpp::DataCodings;

constexpr std::int64_t kNameMax = 64;
constexpr std::int64_t kPathMax = 4096;

/// config .* first .* second …: the member that a path of member pointers leads to.
template <auto... Path, class Root>
constexpr auto& reach(Root& owner) {
  return (owner.*....*Path);
}

template <class Pointer>
struct OwnerOf;
template <class Member, class Class>
struct OwnerOf<Member Class::*> {
  using type = Class;
};
template <auto... Path>
struct FirstOf;
template <auto First, auto... Rest>
struct FirstOf<First, Rest...> {
  using type = typename OwnerOf<std::remove_const_t<decltype(First)>>::type;
};
template <auto... Path>
using Owner = typename FirstOf<Path...>::type;

template <auto... Path>
constexpr Setting<Owner<Path...>> text(std::string_view name, std::int64_t max, std::string_view meaning,
                                       Shape shape = Shape::any) {
  Setting<Owner<Path...>> row{.name = name, .max = max, .meaning = meaning, .shape = shape};
  row.get = [](const Owner<Path...>& owner) { return Value{reach<Path...>(owner)}; };
  row.set = [](Owner<Path...>& owner, const Value& value) {
    reach<Path...>(owner) = std::get<std::string>(value);
  };
  return row;
}

template <auto... Path>
constexpr auto file(std::string_view name, std::string_view meaning) {
  auto row = text<Path...>(name, kPathMax, meaning);
  row.kind = ValueKind::file;
  return row;
}

template <auto... Path>
constexpr auto secret(std::string_view name, std::int64_t max, std::string_view meaning) {
  auto row = text<Path...>(name, max, meaning);
  row.kind = ValueKind::secret;
  return row;
}

template <auto... Path>
constexpr auto name_of(std::string_view name, std::string_view meaning) {
  auto row = text<Path...>(name, kNameMax, meaning, Shape::name);
  row.min = 1;
  return row;
}

template <auto... Path>
constexpr Setting<Owner<Path...>> flag(std::string_view name, std::string_view meaning) {
  Setting<Owner<Path...>> row{.name = name, .kind = ValueKind::flag, .meaning = meaning};
  row.get = [](const Owner<Path...>& owner) { return Value{bool{reach<Path...>(owner)}}; };
  row.set = [](Owner<Path...>& owner, const Value& value) { reach<Path...>(owner) = std::get<bool>(value); };
  return row;
}

template <auto... Path>
constexpr Setting<Owner<Path...>> number(std::string_view name, std::string_view unit, std::int64_t min,
                                         std::int64_t max, std::string_view meaning) {
  Setting<Owner<Path...>> row{
      .name = name, .kind = ValueKind::number, .unit = unit, .min = min, .max = max, .meaning = meaning};
  row.get = [](const Owner<Path...>& owner) {
    return Value{static_cast<std::int64_t>(reach<Path...>(owner))};
  };
  row.set = [](Owner<Path...>& owner, const Value& value) {
    auto& member = reach<Path...>(owner);
    member = static_cast<std::remove_reference_t<decltype(member)>>(std::get<std::int64_t>(value));
  };
  return row;
}

/// A duration in whole units; the unit ends the name (`lease_ms`).
template <class Unit, auto... Path>
constexpr Setting<Owner<Path...>> span(std::string_view name, std::int64_t min, std::int64_t max,
                                       std::string_view meaning) {
  Setting<Owner<Path...>> row{.name = name,
                              .kind = ValueKind::number,
                              .unit = name.substr(name.rfind('_') + 1),
                              .min = min,
                              .max = max,
                              .meaning = meaning};
  row.get = [](const Owner<Path...>& owner) {
    return Value{std::int64_t{std::chrono::duration_cast<Unit>(reach<Path...>(owner)).count()}};
  };
  row.set = [](Owner<Path...>& owner, const Value& value) {
    reach<Path...>(owner) = Unit(std::get<std::int64_t>(value));
  };
  return row;
}

template <auto... Path>
constexpr Setting<Owner<Path...>> choice(std::string_view name, std::span<const std::string_view> choices,
                                         std::string_view meaning) {
  Setting<Owner<Path...>> row{
      .name = name, .kind = ValueKind::choice, .meaning = meaning, .choices = choices};
  row.get = [](const Owner<Path...>& owner) {
    return Value{static_cast<std::int64_t>(reach<Path...>(owner))};
  };
  row.set = [](Owner<Path...>& owner, const Value& value) {
    auto& member = reach<Path...>(owner);
    member = static_cast<std::remove_reference_t<decltype(member)>>(std::get<std::int64_t>(value));
  };
  return row;
}

template <auto... Path>
constexpr Setting<Owner<Path...>> texts(std::string_view name, std::int64_t max_of_each, Shape shape,
                                        std::string_view meaning) {
  Setting<Owner<Path...>> row{
      .name = name, .kind = ValueKind::texts, .max = max_of_each, .meaning = meaning, .shape = shape};
  row.get = [](const Owner<Path...>& owner) { return Value{reach<Path...>(owner)}; };
  row.set = [](Owner<Path...>& owner, const Value& value) {
    reach<Path...>(owner) = std::get<std::vector<std::string>>(value);
  };
  return row;
}

template <class Row>
constexpr Row required(Row row) {
  row.required = true;
  return row;
}

template <class Row>
constexpr Row defaults_to(std::string_view note, Row row) {
  row.default_note = note;
  return row;
}

// The order of each list is the order of the enumerators it names.
constexpr std::array<std::string_view, 3> kOnDoubt{"report", "resend_once", "query"};
constexpr std::array<std::string_view, 3> kOnHold{"defer", "drop", "reapprove"};
constexpr std::array<std::string_view, 2> kBind{"transceiver", "transmitter+receiver"};
constexpr std::array<std::string_view, 5> kConcat{"udh8", "udh16", "sar", "payload", "none"};
constexpr std::array<std::string_view, 3> kCharset{"gsm7", "latin1", "ascii"};
constexpr std::array<std::string_view, 3> kSplit{"units", "grapheme", "grapheme_if_free"};
constexpr std::array<std::string_view, 4> kFlash{"dcs_general", "dcs_1111", "tlv", "none"};
constexpr std::array<std::string_view, 3> kIdBase{"raw", "dec", "hex"};
constexpr std::array<std::string_view, 4> kLogLevels{"debug", "info", "warning", "error"};
constexpr std::array<std::string_view, 2> kLogFormats{"text", "json"};
constexpr std::array<std::string_view, 3> kVersions{"3.3", "3.4", "5.0"};
constexpr std::array<std::uint8_t, 3> kVersionOctets{0x33, 0x34, 0x50};

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

// clang-format off
constexpr std::array kEngine{
    defaults_to("the host's name", name_of<&AppConfig::core, &Core::engine_id>("id",
        "Name of this engine, unique in a fleet.")),
    defaults_to("cores - 1, at least 1, at most the binds of an operator, the partitions, and as many as get a whole part/s of each tps", number<&AppConfig::shards>("shards", "", 1, 64,
        "Event loops, one thread each.")),
    span<milliseconds, &AppConfig::core, &Core::lease>("lease_ms", 200, 60'000,
        "How long the ownership of partitions lasts without a heartbeat. A restart waits it out too."),
    span<seconds, &AppConfig::core, &Core::drain_deadline>("drain_deadline_s", 1, 3'600,
        "How long SIGTERM may take to empty the windows; afterwards the rest is left to the next start."),
    file<&AppConfig::state_dir>("state_dir",
        "Directory for what a restart should know beyond Redis: how far partitions had come, and which entry was in hand. Empty: STATE_DIRECTORY as systemd gives it, else nothing is kept. What is in hand goes to RUNTIME_DIRECTORY where there is one: it lies in memory."),
    span<seconds, &AppConfig::stall>("stall_s", 0, 3'600,
        "A loop that has had one entry in hand for so long stalls: the process notes the entry and ends, with code 70; 0 switches that off."),
    span<hours, &AppConfig::core, &Core::outcome_retention>("outcome_retention_h", 1, 8'760,
        "How long outcomes stay in their streams."),
    span<hours, &AppConfig::core, &Core::idempotency>("idempotency_h", 0, 168,
        "How long a repeated job (tenant and id) is recognised within its partition; 0 switches it off."),
    span<milliseconds, &AppConfig::core, &Core::move_after>("move_after_ms", 500, 60'000,
        "What waits longer than this is moved out of its job stream to where it waits."),
    span<seconds, &AppConfig::core, &Core::snapshot_interval>("snapshot_interval_s", 1, 300,
        "How often what is open is written to the journal again, so that the journal stays short."),
    flag<&AppConfig::core, &Core::journal_intents>("journal_intents",
        "Append each intent before its write. Only measurements switch it off: a crash then may send twice."),
};

constexpr std::array kLanes{
    number<&AppConfig::core, &Core::weights, &Weights::alert>("alert", "", 1, 1'000, "Weight of lane alert."),
    number<&AppConfig::core, &Core::weights, &Weights::service>("service", "", 1, 1'000, "Weight of lane service."),
    number<&AppConfig::core, &Core::weights, &Weights::bulk>("bulk", "", 1, 1'000, "Weight of lane bulk."),
};

constexpr std::array kLimits{
    number<&AppConfig::core, &Core::limits, &Limits::open_messages>("open_messages", "messages", 1'000, 10'000'000,
        "Read and not yet settled, all lanes but otp."),
    number<&AppConfig::core, &Core::limits, &Limits::open_messages_otp>("open_messages_otp", "messages", 100, 1'000'000,
        "The same for lane otp, of its own so that bulk never takes it."),
    number<&AppConfig::core, &Core::limits, &Limits::open_bytes>("open_bytes", "bytes", 8 << 20, std::int64_t{4} << 30,
        "Bodies of open entries."),
    number<&AppConfig::core, &Core::limits, &Limits::queue_messages>("queue_messages", "messages", 100, 1'000'000,
        "Queued per operator and lane; beyond it messages go to the operator's backlog in Redis."),
    number<&AppConfig::core, &Core::limits, &Limits::orphan_receipts>("orphan_receipts", "receipts", 100, 1'000'000,
        "Receipts kept that came before the response to their submit."),
    number<&AppConfig::core, &Core::limits, &Limits::read_count>("read_count", "entries", 1, 10'000,
        "Entries of one stream read at a time."),
    number<&AppConfig::core, &Core::limits, &Limits::journal_batch_bytes>("journal_batch_bytes", "bytes", 4'096, 16 << 20,
        "A flush of intents is cut at this size."),
};

constexpr std::array kRedis{
    text<&AppConfig::redis, &RedisSettings::url>("url", kPathMax,
        "redis://[user@]host:port/database, unix:///path[?db=N], or redis+sentinel://host:port,…/group[/database]; "
        "rediss instead of redis: over TLS."),
    text<&AppConfig::redis, &RedisSettings::username>("username", 256, "ACL user; empty is Redis' default user."),
    file<&AppConfig::redis, &RedisSettings::password_file>("password_file", "File with the password in its first line."),
    text<&AppConfig::redis, &RedisSettings::sentinel_username>("sentinel_username", 256,
        "ACL user at the sentinels."),
    file<&AppConfig::redis, &RedisSettings::sentinel_password_file>("sentinel_password_file",
        "File with the password of the sentinels in its first line; empty: the user and password of Redis."),
    file<&AppConfig::redis, &RedisSettings::tls, &Tls::ca_file>("tls_ca_file", "Trusted roots (PEM); empty: the system's."),
    file<&AppConfig::redis, &RedisSettings::tls, &Tls::cert_file>("tls_cert_file", "Own certificate chain (PEM)."),
    file<&AppConfig::redis, &RedisSettings::tls, &Tls::key_file>("tls_key_file", "Key of the own certificate (PEM)."),
    text<&AppConfig::redis, &RedisSettings::tls, &Tls::server_name>("tls_server_name", 255,
        "Name the certificate must carry; empty: the host connected to."),
    flag<&AppConfig::redis, &RedisSettings::tls, &Tls::verify>("tls_verify", "Verify the server's certificate and name."),
    number<&AppConfig::core, &Core::partitions>("partitions", "", 1, 1'024,
        "Slices of the keyspace. The same on every engine and hub; a change needs empty streams."),
    span<milliseconds, &AppConfig::core, &Core::replica_wait>("replica_wait_ms", 0, 100,
        "How long what is never sent twice (`on_doubt` report or query) waits, once its intents are journalled, for a replica to have them; it goes all the same afterwards. Of no effect without replicas; 0 switches it off."),
};

constexpr std::array kAdmin{
    text<&AppConfig::admin, &AdminSettings::listen>("listen", 255,
        "host:port of the HTTP API, console, /metrics, /healthz and /readyz; port 0 picks a free one."),
    file<&AppConfig::admin, &AdminSettings::tokens_file>("tokens_file",
        "Bearer tokens: lines of `role name token`. Needed unless listen is a loopback address."),
    number<&AppConfig::admin, &AdminSettings::connections_max>("connections_max", "connections", 4, 10'000,
        "Open HTTP connections; further ones are turned away."),
};

constexpr std::array kPolicy{
    span<milliseconds, &AppConfig::policy_lease>("lease_ms", 100, 60'000,
        "An engine that cannot confirm the policy for so long stops every category that is not exempt."),
    text<&AppConfig::core, &Core::default_place>("default_place", kNameMax,
        "Place of a message whose job names none; `unknown` counts as inside every place.", Shape::name),
};

constexpr std::array kLog{
    choice<&AppConfig::log, &LogSettings::level>("level", kLogLevels, "Least weight of what is logged to stderr."),
    choice<&AppConfig::log, &LogSettings::format>("format", kLogFormats, "One line of text or one JSON object per event."),
};

constexpr std::array kCategory{
    required(name_of<&Category::name>("name", "What jobs write in `category`.")),
    required(choice<&Category::lane>("lane", core::kLaneNames, "Lane of its messages and the stream their jobs come in.")),
    flag<&Category::exempt>("exempt", "Passes blackouts and goes on when the policy cannot be confirmed."),
    choice<&Category::on_doubt>("on_doubt", kOnDoubt,
        "What ends a doubt without evidence: report it (at most once), resend it once, or ask by query_sm where an id is known and the operator is trusted, and else report."),
    span<seconds, &Category::doubt_wait>("doubt_wait_s", 1, 86'400,
        "How long evidence is awaited, from time-out or takeover, before on_doubt acts; at least two leases (`engine.lease_ms`)."),
    choice<&Category::on_hold>("on_hold", kOnHold, "What a rule does to its messages if the job does not say."),
};

Setting<OperatorSettings> version_row() {
  Setting<OperatorSettings> row{.name = "interface_version",
                                .kind = ValueKind::choice,
                                .meaning = "SMPP version named in the bind.",
                                .choices = kVersions};
  row.get = [](const OperatorSettings& settings) {
    std::int64_t index = 0;
    while (kVersionOctets[static_cast<std::size_t>(index)] != settings.core.interface_version) ++index;
    return Value{index};
  };
  row.set = [](OperatorSettings& settings, const Value& value) {
    settings.core.interface_version = kVersionOctets[static_cast<std::size_t>(std::get<std::int64_t>(value))];
  };
  return row;
}

constexpr auto kC = &OperatorSettings::core;
constexpr auto kL = &OperatorSettings::link;

const std::array kOperator{
    required(name_of<kC, &Operator::name>("name", "Name of the operator in keys, metrics and outcomes.")),
    required(text<kL, &OperatorLink::host>("host", 255, "Host of the SMSC, resolved anew at each connect.")),
    number<kL, &OperatorLink::port>("port", "", 1, 65'535, "TCP port of the SMSC."),
    flag<kL, &OperatorLink::tls>("tls", "Speak TLS to the SMSC."),
    file<kL, &OperatorLink::tls_settings, &Tls::ca_file>("tls_ca_file", "Trusted roots (PEM); empty: the system's."),
    file<kL, &OperatorLink::tls_settings, &Tls::cert_file>("tls_cert_file", "Own certificate chain (PEM)."),
    file<kL, &OperatorLink::tls_settings, &Tls::key_file>("tls_key_file", "Key of the own certificate (PEM)."),
    text<kL, &OperatorLink::tls_settings, &Tls::server_name>("tls_server_name", 255,
        "Name the certificate must carry; empty: the host connected to."),
    flag<kL, &OperatorLink::tls_settings, &Tls::verify>("tls_verify", "Verify the SMSC's certificate and name."),
    text<kC, &Operator::system_id>("system_id", 15, "system_id of the bind."),
    file<kL, &OperatorLink::password_file>("password_file", "File with the password of the bind in its first line."),
    secret<kC, &Operator::password>("password", 64, "The password itself, for tests."),
    text<kC, &Operator::system_type>("system_type", 12, "system_type of the bind."),
    text<kC, &Operator::address_range>("address_range", 40, "address_range of the bind."),
    version_row(),
    choice<kC, &Operator::bind>("bind", kBind, "One session for both directions, or a pair of sessions."),
    number<kC, &Operator::binds>("binds", "", 1, 64, "Binds of this engine; with transmitter+receiver so many pairs."),
    number<kC, &Operator::window>("window", "submits", 1, 10'000, "Unanswered submit_sm per bind."),
    number<kC, &Operator::tps>("tps", "parts/s", 0, 1'000'000, "Contract rate of the whole fleet; 0 is unlimited."),
    texts<kC, &Operator::prefixes>("prefixes", 15, Shape::digits,
        "Numbers it serves, by their first digits in E.164 without +; the longest match wins, \"\" is every number, an empty list none (only by failover)."),
    number<kC, &Operator::weight>("weight", "", 0, 1'000, "Share among operators with the same prefix; 0 only by failover."),
    texts<kC, &Operator::failover>("failover", kNameMax, Shape::name, "Operators to go to when it is down, first usable wins."),
    span<seconds, kC, &Operator::enquire_link>("enquire_link_s", 1, 3'600, "Silence after which enquire_link is sent."),
    span<seconds, kC, &Operator::response_timeout>("response_timeout_s", 1, 3'600,
        "A submit without response for so long is in doubt."),
    span<seconds, kC, &Operator::bind_timeout>("bind_timeout_s", 1, 300, "How long the answer to a bind may take."),
    span<hours, kC, &Operator::receipt_deadline>("receipt_deadline_h", 1, 720, "Silence after which a message ends as no_receipt."),
    span<milliseconds, kC, &Operator::reconnect_min>("reconnect_min_ms", 10, 600'000, "First pause before a lost bind is opened again."),
    span<milliseconds, kC, &Operator::reconnect_max>("reconnect_max_ms", 10, 3'600'000, "Longest such pause; it doubles in between."),
    number<kC, &Operator::max_attempts>("max_attempts", "tries", 1, 100, "Tries of one message before it is rejected."),
    number<kC, &Operator::source_ton>("source_ton", "", 0, 255, "TON of numeric senders; alphanumeric ones go as 5/0."),
    number<kC, &Operator::source_npi>("source_npi", "", 0, 255, "NPI of numeric senders."),
    number<kC, &Operator::dest_ton>("dest_ton", "", 0, 255, "TON of recipients."),
    number<kC, &Operator::dest_npi>("dest_npi", "", 0, 255, "NPI of recipients."),
    text<kC, &Operator::service_type>("service_type", 5, "service_type of every submit_sm."),
    flag<kC, &Operator::send_validity_period>("send_validity_period", "Tell the SMSC when a message expires."),
    flag<kC, &Operator::gsm7>("gsm7", "The GSM 7-bit alphabet may be used."),
    flag<kC, &Operator::ucs2>("ucs2", "UCS-2 (UTF-16BE) may be used."),
    flag<kC, &Operator::latin1>("latin1", "Latin-1 may be used, before national tables and UCS-2; 140 characters a part."),
    flag<kC, &Operator::ascii>("ascii", "ASCII may be used, before Latin-1; 140 characters a part."),
    texts<kC, &Operator::national_languages>("national_languages", 16, Shape::language,
        "National tables (3GPP TS 23.038) the handsets understand, or \"all\": used where they take fewer parts than UCS-2. Others see garbage, and no receipt tells."),
    flag<kC, &Operator::allow_disputed>("allow_disputed",
        "Also the few septets of national tables on which handsets disagree (Kannada DDA, Tamil and Telugu digits)."),
    choice<kC, &Operator::default_charset>("default_charset", kCharset,
        "What the SMSC takes data_coding 0 for: septets, or Latin-1 or ASCII that it turns into septets itself (then only characters of both sets go so)."),
    flag<kC, &Operator::packed>("packed", "The SMSC takes GSM 7-bit as packed septets, eight in seven octets, instead of one an octet."),
    flag<kC, &Operator::fill_with_cr>("fill_with_cr",
        "Packed only: CR instead of zeros in seven spare bits, for an SMSC that would read them as @."),
    choice<kC, &Operator::concat>("concat", kConcat,
        "How a long message is told: UDH with 8 or 16 bit reference, SAR TLVs, message_payload; none refuses it."),
    choice<kC, &Operator::split>("split", kSplit,
        "Where a part may end: anywhere but inside an escape, a surrogate pair or CR LF; only between characters as a reader sees them; or so unless that takes another part."),
    number<kC, &Operator::max_parts>("max_parts", "parts", 1, 255, "Parts of one message at most; a longer one is invalid."),
    flag<kC, &Operator::transliterate>("transliterate",
        "Replace typographic characters (quotes, dashes, spaces) where that avoids UCS-2; `anchal segments` says which. Off, since a registered template must go out as registered."),
    flag<kC, &Operator::chillu>("chillu", "Write Malayalam chillu letters as one character instead of consonant, virama and joiner."),
    flag<kC, &Operator::newlines_to_lf>("newlines_to_lf", "Write CR LF as LF: one unit less, and handsets show the same."),
    number<kC, &Operator::data_coding, &Codings::gsm7>("data_coding_gsm7", "", 0, 255, "data_coding of GSM 7-bit, national tables included."),
    number<kC, &Operator::data_coding, &Codings::ascii>("data_coding_ascii", "", 0, 255, "data_coding of ASCII."),
    number<kC, &Operator::data_coding, &Codings::latin1>("data_coding_latin1", "", 0, 255, "data_coding of Latin-1."),
    number<kC, &Operator::data_coding, &Codings::ucs2>("data_coding_ucs2", "", 0, 255, "data_coding of UCS-2."),
    choice<kC, &Operator::flash>("flash", kFlash,
        "How a job's `flash` is told: data_coding 0x10 and 0x18, or 0xF0 and 0x18, or TLV dest_addr_subunit; none sends it as a plain message."),
    choice<kC, &Operator::id_in_response>("id_in_response", kIdBase, "Base of the message id in submit_sm_resp."),
    choice<kC, &Operator::id_in_receipt>("id_in_receipt", kIdBase, "Base of the message id in receipts."),
    flag<kC, &Operator::id_fold_case>("id_fold_case", "Message ids differ in case between response and receipt."),
    flag<kC, &Operator::id_strip_zeros>("id_strip_zeros", "Leading zeros of message ids mean nothing."),
    flag<kC, &Operator::receipt_detect_by_text>("receipt_detect_by_text", "Receipts come without their esm_class bits."),
    number<kC, &Operator::receipt_utc_offset>("receipt_utc_offset_min", "min", -720, 840,
        "Zone of the dates in receipts, minutes east of UTC."),
    flag<kC, &Operator::user_message_reference>("user_message_reference",
        "Send TLV user_message_reference with every part. A receipt of unknown id that repeats it, from the same number to the same sender, then ends the doubt of its message."),
    flag<kC, &Operator::receipt_by_address>("receipt_by_address",
        "A receipt of unknown id and without reference ends the doubt of the one message in doubt whose number, sender and time (submit date, 2 min) it fits. Wrong where the same sender writes to a number again within minutes and that receipt is of unknown id too."),
    flag<kC, &Operator::query_trusted>("query_trusted",
        "What the operator answers to query_sm is true: categories with `on_doubt` = query may ask it. Needs ids as the operator writes them (id_in_response raw, no id_fold_case, no id_strip_zeros)."),
};

constexpr std::array kPlain{
    Section<AppConfig>{"engine", false, "The process.", kEngine},
    Section<AppConfig>{"lanes", false, "Shares of the lanes; otp is always first.", kLanes},
    Section<AppConfig>{"limits", false, "What bounds the memory, per shard.", kLimits},
    Section<AppConfig>{"redis", false, "The store.", kRedis},
    Section<AppConfig>{"admin", false, "HTTP API, console and metrics.", kAdmin},
    Section<AppConfig>{"policy", false, "Rules about what may be sent when.", kPolicy},
    Section<AppConfig>{"log", false, "Events, to stderr.", kLog},
};
// clang-format on

}  // namespace

std::span<const Section<AppConfig>> plain_sections() {
  return kPlain;
}

const Section<core::CategoryConfig>& category_section() {
  static constexpr Section<core::CategoryConfig> section{
      "category", true, "A kind of message for the law; jobs name one. At least one.", kCategory};
  return section;
}

const Section<OperatorSettings>& operator_section() {
  static const Section<OperatorSettings> section{
      "operator", true, "The owner of an SMSC, with its contract and its quirks. At least one.", kOperator};
  return section;
}

}  // namespace anchal::app
