#include "engine/core/job/job_parser.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "engine/core/job/json_parsers.h"
#include "engine/core/job/time_text.h"
#include "smpp/text/utf8.h"

namespace anchal::core {

namespace ondemand = simdjson::ondemand;

namespace {

using Error = simdjson::error_code;

constexpr std::size_t kIdMax = 256;
constexpr std::size_t kRefMax = 256;  ///< with its quotes: it goes into outcomes as it stands
constexpr std::size_t kPlaceMax = 255;
constexpr std::size_t kEnvelopeMax = 64u << 10;  ///< what a CloudEvents envelope may add to a job
constexpr std::size_t kTlvsMax = 16;

constexpr auto kFields = std::to_array<std::string_view>(
    {"id",      "tenant",     "category", "sender",  "text",   "template", "to",         "ref",
     "place",   "recipients", "lane",     "purpose", "source", "campaign", "not_before", "expires_at",
     "on_hold", "receipt",    "encoding", "flash",   "dlt",    "tlvs"});

/// A tenant's name becomes part of a key: nothing in it may be mistaken for the key's own marks.
bool usable_tenant(std::string_view tenant) {
  return !tenant.empty() && tenant.size() <= 64 &&
         tenant.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
             std::string_view::npos;
}

/// The hub's own word in an error: short, not cut inside a character, and nothing that moves a terminal's
/// cursor.
std::string shown(std::string_view word) {
  constexpr std::size_t kShown = 64;
  std::size_t end = std::min(word.size(), kShown);
  while (end < word.size() && end > 0 && (static_cast<unsigned char>(word[end]) & 0xC0U) == 0x80U) --end;
  std::string out(word.substr(0, end));
  for (char& octet : out) {
    if (static_cast<unsigned char>(octet) < 0x20 || octet == 0x7F) octet = '?';
  }
  return end < word.size() ? out + "..." : out;
}

/// One pass over the job's fields in whatever order the hub wrote them.
class Reader {
 public:
  Reader(const Config& config, throttle::Names& names, Job& job)
      : config_(config), names_(names), job_(job) {}

  bool read(ondemand::document& document, Lane lane) {
    ondemand::object fields;
    const Error error = document.get_object().get(fields);
    if (error == simdjson::INCORRECT_TYPE) return fail("wrong_type", "the job is not a JSON object");
    if (!ok(error, "the job")) return false;
    for (auto field : fields) {
      std::string_view name;
      if (!ok(field.unescaped_key().get(name), "a field name")) return false;
      const std::string key(name);  // the parser's buffer is reused by the value
      ondemand::value value;
      if (!ok(field.value().get(value), key)) return false;
      if (!read_field(key, value, document)) return false;
    }
    return check(lane);
  }

  Refusal refusal;

 private:
  bool fail(std::string_view reason, std::string detail) {
    refusal.reason = reason;
    refusal.detail = std::move(detail);
    return false;
  }

  /// The path of a field, "recipients[3].to" while a recipient is read: built only for a refusal.
  std::string path(std::string_view field) const {
    if (!in_recipient_) return std::string(field);
    std::string out = "recipients[" + std::to_string(job_.rows.size()) + "]";
    if (!field.empty()) out.append(".").append(field);
    return out;
  }

  bool ok(Error error, std::string_view field) {
    if (error == simdjson::SUCCESS) return true;
    if (error == simdjson::INCORRECT_TYPE)
      return fail("wrong_type", path(field) + " has the wrong JSON type");
    return fail("malformed_json", "at " + path(field) + ": " + simdjson::error_message(error));
  }

  /// A name that stands twice in one object: readers disagree on which counts, so none does.
  bool once(unsigned& seen, unsigned field, std::string_view name) {
    if ((seen & (1U << field)) != 0) return fail("bad_value", path(name) + " stands twice");
    seen |= 1U << field;
    return true;
  }

  /// A string as a view that lives as long as the job: a slice of the body where nothing was escaped.
  bool text(ondemand::value& value, std::string_view name, std::string_view& out,
            std::string_view* json = nullptr) {
    const char* const token = value.raw_json_token().data();
    std::string_view unescaped;
    if (!ok(value.get_string().get(unescaped), name)) return false;
    const char* const end = job_.body.get() + job_.body_size;
    const char* close = token + 1;
    bool escaped = false;
    while (close < end && *close != '"') {
      if (*close == '\\') {
        escaped = true;
        ++close;
      }
      ++close;
    }
    if (json != nullptr) *json = {token, static_cast<std::size_t>(close + 1 - token)};
    if (escaped) {
      job_.unescaped.emplace_back(unescaped);
      out = job_.unescaped.back();
    } else {
      out = {token + 1, static_cast<std::size_t>(close - token - 1)};
    }
    return true;
  }

  bool time(ondemand::value& value, std::string_view name, std::optional<WallTime>& out) {
    std::string_view written;
    if (!text(value, name, written)) return false;
    out = parse_rfc3339(written);
    return out || fail("bad_time", std::string(name).append(" is not an RFC 3339 time with offset"));
  }

  bool ref(ondemand::value& value, std::string_view& json) {
    std::string_view unescaped;
    if (!text(value, "ref", unescaped, &json)) return false;
    return json.size() <= kRefMax ||
           fail("bad_value", path("ref") + " is longer than 254 octets as it stands in JSON");
  }

  bool place(ondemand::value& value, std::string_view& out) {
    if (!text(value, "place", out)) return false;
    return out.size() <= kPlaceMax || fail("bad_value", path("place") + " is longer than 255 octets");
  }

  bool tlv(std::uint16_t tag, std::string value) {
    job_.tlvs.emplace_back(tag, std::move(value));
    return true;
  }

  bool read_field(const std::string& key, ondemand::value& value, ondemand::document& document) {
    const auto known = std::find(kFields.begin(), kFields.end(), key);
    if (known == kFields.end()) {
      return fail("unknown_field", "the job has no field '" + shown(key) + "'");
    }
    if (!once(seen_, static_cast<unsigned>(known - kFields.begin()), key)) return false;
    if (key == "id") return text(value, key, job_.id, &job_.id_json);
    if (key == "tenant") return text(value, key, job_.tenant);
    if (key == "category") return text(value, key, category_);
    if (key == "sender") return text(value, key, job_.sender);
    if (key == "text") return has_text_ = true, text(value, key, job_.text);
    if (key == "template") return has_template_ = true, text(value, key, job_.text);
    if (key == "to") return read_single(value);
    if (key == "ref") return ref(value, single_ref_json_);
    if (key == "place") return place(value, single_place_);
    if (key == "recipients") return read_recipients(value, document);
    if (key == "lane") {
      if (!text(value, key, lane_)) return false;
      return lane_named(lane_) || fail("bad_value", "lane must be otp, alert, service or bulk");
    }
    if (key == "purpose" || key == "source" || key == "campaign") return text(value, key, unused_);
    if (key == "not_before") return time(value, key, job_.not_before);
    if (key == "expires_at") return time(value, key, job_.expires_at);
    if (key == "on_hold") {
      std::string_view word;
      if (!text(value, key, word)) return false;
      job_.on_hold = throttle::parse_on_hold(word);
      return job_.on_hold || fail("bad_value", "on_hold must be defer, drop or reapprove");
    }
    if (key == "receipt") return ok(value.get_bool().get(job_.receipt), key);
    if (key == "flash") return ok(value.get_bool().get(job_.flash), key);
    if (key == "encoding") {
      std::string_view word;
      if (!text(value, key, word)) return false;
      const auto encoding = smpp::parse_encoding_request(word);
      if (!encoding) return fail("bad_value", "encoding must be auto, gsm7, ascii, latin1 or ucs2");
      job_.encoding = *encoding;
      return true;
    }
    if (key == "dlt") return read_dlt(value);
    return read_tlvs(value);
  }

  bool read_number(ondemand::value& value, Row& row) {
    std::string_view written;
    if (!text(value, "to", written)) return false;
    const auto number = parse_e164(written);
    row.number = number.value_or(0);
    row.bad_number = !number;
    return true;
  }

  bool read_single(ondemand::value& value) {
    has_single_ = true;
    Row row;
    if (!read_number(value, row)) return false;
    job_.rows.push_back(row);
    return true;
  }

  bool read_recipients(ondemand::value& value, ondemand::document& document) {
    has_recipients_ = true;
    const char* const body = job_.body.get();
    job_.recipients_at = static_cast<std::size_t>(value.raw_json_token().data() - body);
    ondemand::array recipients;
    if (!ok(value.get_array().get(recipients), "recipients")) return false;
    for (auto element : recipients) {
      ondemand::value recipient;
      if (!ok(element.get(recipient), "recipients")) return false;
      if (job_.rows.size() >= config_.limits.recipients_max) {
        return fail("too_many_recipients", "more than " + std::to_string(config_.limits.recipients_max) +
                                               " recipients: split the job");
      }
      Row row;
      row.index = static_cast<std::uint32_t>(job_.rows.size());
      row.json_at = static_cast<std::uint32_t>(recipient.raw_json_token().data() - body);
      in_recipient_ = true;
      if (!read_recipient(recipient, row)) return false;
      in_recipient_ = false;
      const char* after = nullptr;
      if (!ok(document.current_location().get(after), "recipients")) return false;
      row.json_size = static_cast<std::uint32_t>(after - body) - row.json_at;
      job_.rows.push_back(row);
    }
    const char* after = nullptr;
    if (!ok(document.current_location().get(after), "recipients")) return false;
    job_.recipients_end = static_cast<std::size_t>(after - body);
    return true;
  }

  bool read_recipient(ondemand::value& recipient, Row& row) {
    ondemand::object fields;
    if (!ok(recipient.get_object().get(fields), "")) return false;
    unsigned seen = 0;
    for (auto field : fields) {
      std::string_view key;
      if (!ok(field.unescaped_key().get(key), "")) return false;
      ondemand::value value;
      if (key == "to") {
        if (!once(seen, 0, "to") || !ok(field.value().get(value), "to") || !read_number(value, row))
          return false;
      } else if (key == "ref") {
        std::string_view json;
        if (!once(seen, 1, "ref") || !ok(field.value().get(value), "ref") || !ref(value, json)) return false;
        row.ref_at = static_cast<std::uint32_t>(json.data() - job_.body.get());
        row.ref_size = static_cast<std::uint16_t>(json.size());
      } else if (key == "place") {
        std::string_view name;
        if (!once(seen, 2, "place") || !ok(field.value().get(value), "place") || !place(value, name))
          return false;
        row.place = names_.places.intern(name);
      } else if (key == "vars") {
        ondemand::object vars;
        if (!once(seen, 3, "vars") || !ok(field.value().get(value), "vars")) return false;
        if (!ok(value.get_object().get(vars), "vars")) return false;
        for (auto var : vars) {
          ondemand::value content;
          std::string_view unescaped;
          if (!ok(var.value().get(content), "vars") || !ok(content.get_string().get(unescaped), "vars"))
            return false;
        }
      } else {
        return fail("unknown_field", path("") + " has a field that is none of to, vars, ref, place");
      }
    }
    return (seen & 1U) != 0 || fail("missing_field", path("") + " has no 'to'");
  }

  bool read_dlt(ondemand::value& value) {
    // Tags of the Indian DLT rules as the operators use them: entity 0x1400, template 0x1401, chain 0x1402.
    ondemand::object fields;
    if (!ok(value.get_object().get(fields), "dlt")) return false;
    unsigned seen = 0;
    for (auto field : fields) {
      std::string_view name;
      if (!ok(field.unescaped_key().get(name), "dlt")) return false;
      const std::string key(name);
      ondemand::value content;
      std::string_view word;
      if (!ok(field.value().get(content), "dlt") || !text(content, "dlt", word)) return false;
      const std::uint16_t tag = key == "entity"     ? 0x1400
                                : key == "template" ? 0x1401
                                : key == "chain"    ? 0x1402
                                                    : 0;
      if (tag == 0) return fail("unknown_field", "dlt has a field that is none of entity, template, chain");
      if (!once(seen, tag & 0xFU, "dlt." + key)) return false;
      if (word.size() > 256) return fail("bad_value", "dlt." + key + " is longer than 256 octets");
      tlv(tag, std::string(word));
    }
    return true;
  }

  bool read_tlvs(ondemand::value& value) {
    ondemand::object fields;
    if (!ok(value.get_object().get(fields), "tlvs")) return false;
    std::size_t count = 0;
    for (auto field : fields) {
      std::string_view name;
      if (!ok(field.unescaped_key().get(name), "tlvs")) return false;
      unsigned tag = 0;
      const bool hex = name.size() == 6 && (name.starts_with("0x") || name.starts_with("0X"));
      const char* const end = name.data() + name.size();
      const auto parsed =
          hex ? std::from_chars(name.data() + 2, end, tag, 16) : std::from_chars(end, end, tag);
      if (parsed.ec != std::errc{} || parsed.ptr != end || tag < 0x1400 || tag > 0x3FFF) {
        return fail("bad_value", "a name in tlvs is not a vendor tag 0x1400 to 0x3FFF");
      }
      ondemand::value content;
      std::string_view word;
      if (!ok(field.value().get(content), "tlvs") || !text(content, "tlvs", word)) return false;
      if (word.size() > 1024) return fail("bad_value", "a value in tlvs is longer than 1024 octets");
      if (++count > kTlvsMax) return fail("bad_value", "tlvs holds more than 16");
      tlv(static_cast<std::uint16_t>(tag), std::string(word));
    }
    return true;
  }

  bool check(Lane lane) {
    if (job_.id.empty() || job_.id.size() > kIdMax)
      return fail("missing_field", "id is missing or longer than 256 octets");
    if (!usable_tenant(job_.tenant)) {
      return fail("missing_field", "tenant is missing or is not 1 to 64 of the characters A-Z a-z 0-9 . _ -");
    }
    const auto category = std::find_if(config_.categories.begin(), config_.categories.end(),
                                       [&](const CategoryConfig& known) { return known.name == category_; });
    if (category_.empty()) return fail("missing_field", "category is missing");
    if (category == config_.categories.end()) {
      return fail("unknown_category", "category '" + shown(category_) + "' is not configured");
    }
    job_.category = static_cast<std::uint16_t>(category - config_.categories.begin());
    if (category->lane != lane) {
      return fail("wrong_lane", std::string("category '")
                                    .append(category->name)
                                    .append("' belongs to lane '")
                                    .append(name_of(category->lane))
                                    .append("', the stream is lane '")
                                    .append(name_of(lane))
                                    .append("'"));
    }
    if (!lane_.empty() && lane_ != name_of(lane))
      return fail("wrong_lane", "the job's lane is not its stream's");
    if (job_.sender.empty() || job_.sender.size() > 20) {
      return fail("missing_field", "sender is missing or longer than 20 characters");
    }
    if (has_text_ == has_template_)
      return fail("missing_field", "exactly one of text and template is required");
    if (has_single_ == has_recipients_)
      return fail("missing_field", "exactly one of to and recipients is required");
    if (job_.rows.empty()) return fail("missing_field", "recipients is empty");
    if (has_template_) {
      auto parsed = smpp::Template::parse(job_.text);
      if (!parsed) {
        return fail("bad_template", std::string(smpp::to_string(parsed.error().kind)) + " at octet " +
                                        std::to_string(parsed.error().offset) + " of the template");
      }
      job_.text_template = std::make_unique<smpp::Template>(std::move(*parsed));
    }
    for (auto one = job_.tlvs.begin(); one != job_.tlvs.end(); ++one) {
      if (std::any_of(job_.tlvs.begin(), one, [&](const auto& other) { return other.first == one->first; })) {
        return fail("bad_value", "a TLV stands twice in dlt and tlvs");
      }
    }
    job_.tenant_id = names_.tenants.intern(job_.tenant);
    job_.sender_id = names_.senders.intern(job_.sender);
    job_.hash = job_hash(job_.tenant, job_.id);
    const std::uint32_t default_place = names_.places.intern(config_.default_place);
    if (has_single_) {
      Row& row = job_.rows.front();
      if (!single_place_.empty()) row.place = names_.places.intern(single_place_);
      if (!single_ref_json_.empty()) {
        row.ref_at = static_cast<std::uint32_t>(single_ref_json_.data() - job_.body.get());
        row.ref_size = static_cast<std::uint16_t>(single_ref_json_.size());
      }
    }
    // A rough guess for the scheduler: the true count is known when the text is rendered.
    const bool ascii = std::all_of(job_.text.begin(), job_.text.end(),
                                   [](char c) { return static_cast<signed char>(c) > 0; });
    const std::size_t per_part = ascii ? 153 : 180;
    const auto estimate =
        static_cast<std::uint8_t>(std::min<std::size_t>(1 + job_.text.size() / (per_part + 8), 255));
    for (Row& row : job_.rows) {
      if (row.place == 0) row.place = default_place;
      row.parts_estimate = estimate;
    }
    return true;
  }

  const Config& config_;
  throttle::Names& names_;
  Job& job_;
  std::string_view category_, lane_, single_ref_json_, single_place_, unused_;
  unsigned seen_ = 0;  ///< of kFields
  bool in_recipient_ = false;
  bool has_text_ = false, has_template_ = false, has_single_ = false, has_recipients_ = false;
};

/// A string as it stood in what may be no JSON becomes one that is: what is not ASCII, and escapes that JSON
/// does not know, become '?'.
void make_printable(std::string& json) {
  for (std::size_t at = 1; at + 1 < json.size(); ++at) {
    if (static_cast<signed char>(json[at]) < 0x20) json[at] = '?';
    if (json[at] != '\\') continue;
    std::size_t length = std::string_view("\"\\/bfnrt").find(json[at + 1]) != std::string_view::npos ? 1 : 0;
    if (json[at + 1] == 'u' && json.size() > at + 6 &&
        json.find_first_not_of("0123456789abcdefABCDEF", at + 2) >= at + 6) {
      length = 5;
    }
    if (length == 0) json[at] = '?';
    at += length;
  }
}

}  // namespace

void salvage(std::string_view body, Refusal& refusal) {
  int depth = 0;
  std::string_view key;
  for (std::size_t at = 0; at < body.size(); ++at) {
    const char c = body[at];
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    if (c == ',') key = {};
    if (c != '"') continue;
    std::size_t close = at + 1;
    while (close < body.size() && body[close] != '"') close += body[close] == '\\' ? 2 : 1;
    if (close >= body.size()) return;
    const std::string_view inner = body.substr(at + 1, close - at - 1);
    const std::size_t after = body.find_first_not_of(" \t\r\n", close + 1);
    if (depth == 1 && key.empty() && after != std::string_view::npos && body[after] == ':') {
      key = inner;
    } else if (depth == 1 && !inner.empty() && inner.size() <= kIdMax) {
      if (key == "tenant" && usable_tenant(inner)) refusal.tenant = inner;
      if (key == "id") {
        refusal.id_json = body.substr(at, close + 1 - at);
        make_printable(refusal.id_json);
      }
    }
    at = close;
  }
}

JobParser::JobParser(const Config& config, throttle::Names& names)
    : config_(config), names_(names), parsers_(std::make_unique<JsonParsers>()) {}

JobParser::~JobParser() = default;

std::expected<std::unique_ptr<Job>, Refusal> JobParser::parse(std::string_view body, Lane lane,
                                                              bool is_envelope) {
  Refusal refusal;
  if (is_envelope) {
    if (body.size() > config_.limits.body_bytes_max + kEnvelopeMax) {
      refusal.reason = "body_too_large";
      refusal.detail = "the CloudEvents envelope has " + std::to_string(body.size()) +
                       " octets, its job may have " + std::to_string(config_.limits.body_bytes_max) +
                       ": split the job";
      return std::unexpected(std::move(refusal));
    }
    simdjson::padded_string envelope(body);
    ondemand::document document;
    ondemand::object fields;
    std::string_view inner, version;
    if (parsers_->job.iterate(envelope).get(document) != simdjson::SUCCESS ||
        document.get_object().get(fields) != simdjson::SUCCESS ||
        fields.find_field_unordered("specversion").get_string().get(version) != simdjson::SUCCESS ||
        version != "1.0") {
      refusal.reason = "malformed_json";
      refusal.detail = "field 'data' does not hold a CloudEvents 1.0 envelope";
      return std::unexpected(std::move(refusal));
    }
    ondemand::object data;
    if (fields.find_field_unordered("data").get_object().get(data) != simdjson::SUCCESS ||
        data.raw_json().get(inner) != simdjson::SUCCESS) {
      refusal.reason = "missing_field";
      refusal.detail = "the CloudEvents envelope has no object 'data'";
      return std::unexpected(std::move(refusal));
    }
    const std::string copy(inner);
    return parse(copy, lane, false);
  }
  if (body.size() > config_.limits.body_bytes_max) {
    refusal.reason = "body_too_large";
    refusal.detail = "the body has " + std::to_string(body.size()) + " octets, at most " +
                     std::to_string(config_.limits.body_bytes_max) + " are taken: split the job";
    salvage(body, refusal);
    return std::unexpected(std::move(refusal));
  }
  auto job = std::make_unique<Job>();
  job->body = std::make_unique_for_overwrite<char[]>(body.size() + simdjson::SIMDJSON_PADDING);
  job->body_size = body.size();
  std::memcpy(job->body.get(), body.data(), body.size());
  std::memset(job->body.get() + body.size(), ' ', simdjson::SIMDJSON_PADDING);

  ondemand::document document;
  const Error error =
      parsers_->job.iterate(job->body.get(), body.size(), body.size() + simdjson::SIMDJSON_PADDING)
          .get(document);
  if (error != simdjson::SUCCESS) {
    refusal.reason = error == simdjson::UTF8_ERROR ? "invalid_utf8" : "malformed_json";
    refusal.detail = simdjson::error_message(error);
    const auto ill_formed =
        error == simdjson::UTF8_ERROR ? smpp::utf8::find_error(body) : std::optional<smpp::TextError>();
    if (ill_formed) {
      refusal.detail = "ill-formed UTF-8 at octet " + std::to_string(ill_formed->offset) + " of the body";
    }
    salvage(body, refusal);
    return std::unexpected(std::move(refusal));
  }
  Reader reader(config_, names_, *job);
  bool read = reader.read(document, lane);
  if (const char* rest = nullptr; read && document.current_location().get(rest) != simdjson::OUT_OF_BOUNDS) {
    reader.refusal.reason = "malformed_json";
    reader.refusal.detail = "something follows the job's closing brace";
    read = false;
  }
  if (!read) {
    refusal.reason = reader.refusal.reason;
    refusal.detail = std::move(reader.refusal.detail);
    if (!job->id_json.empty() && job->id.size() <= kIdMax) refusal.id_json = job->id_json;
    if (usable_tenant(job->tenant)) refusal.tenant = job->tenant;
    if (refusal.id_json.empty() || refusal.tenant.empty()) salvage(body, refusal);
    return std::unexpected(std::move(refusal));
  }
  return job;
}

std::optional<std::uint64_t> parse_e164(std::string_view text) {
  if (text.size() < 8 || text.size() > 16 || text[0] != '+' || text[1] == '0') return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || text[1] == '-') return std::nullopt;
  return number;
}

}  // namespace anchal::core
