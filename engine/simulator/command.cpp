#include "engine/simulator/command.h"

#include <charconv>
#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace anchal::simulator {
namespace {

constexpr const char* kFaults = "Faults";
constexpr const char* kReceipts = "Receipts";
constexpr const char* kResponses = "Responses";
constexpr const char* kQueries = "Queries";
constexpr const char* kLinks = "Links";

const CLI::Range kFraction(0.0, 1.0);

/// Texts as they come from the command line, before they become a Behaviour.
struct Texts {
  std::vector<std::string> statuses;
  std::string throttle_status;
  std::string bind_status;
  std::string query_status;
  std::string inject;
  bool http = false;
  bool garbage = false;
};

void add_milliseconds(CLI::App& app, const std::string& name, Duration& value, const std::string& meaning,
                      const char* group) {
  app.add_option_function<double>(
         name,
         [&value](double ms) {
           value = std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>(ms));
         },
         meaning)
      ->type_name("MS")
      ->check(CLI::NonNegativeNumber)
      ->group(group);
}

void add_fraction(CLI::App& app, const std::string& name, double& value, const std::string& meaning,
                  const char* group) {
  app.add_option(name, value, meaning)->type_name("FRACTION")->check(kFraction)->group(group);
}

template <class Enum>
void add_choice(CLI::App& app, const std::string& name, Enum& value, std::map<std::string, Enum> choices,
                const std::string& meaning, const char* group) {
  std::string words;
  for (const auto& [word, choice] : choices) words += (words.empty() ? "" : "|") + word;
  app.add_option(name, value, meaning)
      ->transform(CLI::CheckedTransformer(std::move(choices), CLI::ignore_case).description(""))
      ->type_name(words)
      ->group(group);
}

std::uint32_t number_of(const std::string& text, const char* option) {
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  std::uint32_t number = 0;
  const char* const begin = text.data() + (hex ? 2 : 0);
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(begin, end, number, hex ? 16 : 10);
  if (error != std::errc{} || stop != end) {
    throw CLI::ValidationError(option, "'" + text + "' is no status: write 88 or 0x58");
  }
  return number;
}

void take_statuses(const Texts& texts, Behaviour& behaviour) {
  for (const std::string& text : texts.statuses) {
    const auto colon = text.find(':');
    double fraction = 1;
    if (colon != std::string::npos) {
      const auto [stop, error] =
          std::from_chars(text.data() + colon + 1, text.data() + text.size(), fraction);
      if (error != std::errc{} || stop != text.data() + text.size() || fraction < 0 || fraction > 1) {
        throw CLI::ValidationError("--status",
                                   "'" + text + "': the fraction behind the colon must be 0 to 1");
      }
    }
    behaviour.statuses.emplace_back(number_of(text.substr(0, colon), "--status"), fraction);
  }
  if (!texts.throttle_status.empty()) {
    behaviour.throttle_status = number_of(texts.throttle_status, "--throttle-status");
  }
  if (!texts.query_status.empty()) behaviour.query_status = number_of(texts.query_status, "--query-status");
  if (!texts.bind_status.empty()) behaviour.bind_status = number_of(texts.bind_status, "--bind-status");
}

void take_injection(const std::string& text, Behaviour& behaviour) {
  if (text.empty()) return;
  const auto colon = text.find(':');
  const std::string hex = text.substr(0, colon);
  behaviour.inject_after = colon == std::string::npos ? 1 : number_of(text.substr(colon + 1), "--inject");
  for (std::size_t at = 0; at + 2 <= hex.size(); at += 2) {
    unsigned octet = 0;
    const auto [stop, error] = std::from_chars(hex.data() + at, hex.data() + at + 2, octet, 16);
    if (error != std::errc{} || stop != hex.data() + at + 2) break;
    behaviour.inject.push_back(static_cast<std::byte>(octet));
  }
  if (behaviour.inject.size() * 2 != hex.size()) {
    throw CLI::ValidationError("--inject", "'" + hex + "' is no even run of hexadecimal digits");
  }
}

void add_listener_options(CLI::App& app, CommandOptions& options, Texts& texts) {
  app.add_option("--host", options.server.host, "address to listen on")->capture_default_str();
  app.add_option("--port", options.server.port, "port to listen on; 0 picks one and prints it")
      ->capture_default_str();
  app.add_option("--system-id", options.identity.system_id, "name in bind responses")->capture_default_str();
  app.add_option("--password", options.identity.password, "asked of every bind; none given: any will do");
  app.add_option("--seed", options.identity.seed, "of everything that is left to chance")
      ->capture_default_str();
  app.add_option("--first-id", options.identity.first_id,
                 "number of the first message id; 0 takes the clock");
  app.add_option("--ledger", options.ledger, "file to write a JSON line per accepted part to")
      ->type_name("FILE");
  app.add_option("--ledger-prefix", options.ledger_prefix, "only parts to numbers that begin with it");
  add_milliseconds(app, "--late-above", options.late_above,
                   "tell on standard error when it came so much too late to its sockets", "Options");
  CLI::Option* cert =
      app.add_option("--tls-cert", options.tls_cert, "PEM certificate chain: listen with TLS");
  CLI::Option* key = app.add_option("--tls-key", options.tls_key, "PEM key of --tls-cert");
  cert->needs(key);
  key->needs(cert);
  app.add_option("--tls-ca", options.tls_ca, "PEM roots that clients' certificates must come from")
      ->needs(cert);
  app.add_flag("--lenient", options.behaviour.lenient, "take what a strict SMSC refuses");
  CLI::Option* http = app.add_flag("--http", texts.http, "speak HTTP instead of SMPP")->group(kFaults);
  app.add_flag("--garbage", texts.garbage, "send random octets instead of SMPP")
      ->excludes(http)
      ->group(kFaults);
}

void add_speed_options(CLI::App& app, Behaviour& b, Texts& texts) {
  app.add_option("--tps", b.tps, "parts answered per second; the others wait");
  app.add_option("--throttle-above", b.throttle_above, "parts in any second above which it throttles")
      ->group(kFaults);
  app.add_option("--window", b.window, "unanswered submits of a bind above which it throttles")
      ->group(kFaults);
  app.add_option("--throttle-status", texts.throttle_status, "status of a throttled submit [0x58]")
      ->group(kFaults);
}

void add_response_options(CLI::App& app, Behaviour& b, Texts& texts) {
  add_milliseconds(app, "--response-delay", b.response_delay, "from submit to response", kResponses);
  add_milliseconds(app, "--response-jitter", b.response_jitter, "up to so much more: responses out of order",
                   kResponses);
  add_fraction(app, "--response-loss", b.response_loss, "accepted and never answered", kResponses);
  add_fraction(app, "--response-twice", b.response_twice, "answered twice", kResponses);
  app.add_option("--status", texts.statuses, "refuse this fraction of submits with that status; repeatable")
      ->type_name("CODE:FRACTION")
      ->group(kResponses);
  add_choice<ErrorBody>(
      app, "--error-body", b.error_body,
      {{"none", ErrorBody::none}, {"nul", ErrorBody::nul}, {"id", ErrorBody::id}, {"tlvs", ErrorBody::tlvs}},
      "what follows the header of a refusal", kResponses);
  add_choice<MissingId>(app, "--missing-id", b.missing_id,
                        {{"nothing", MissingId::nothing}, {"id", MissingId::id}, {"body", MissingId::body}},
                        "leave out the id, or the whole body, when accepting", kResponses);
}

void add_receipt_options(CLI::App& app, Behaviour& b) {
  const std::map<std::string, IdStyle> styles{{"dec", IdStyle::decimal},
                                              {"dec10", IdStyle::decimal_padded},
                                              {"hex", IdStyle::hex},
                                              {"hex-lower", IdStyle::hex_lower},
                                              {"uuid", IdStyle::uuid}};
  add_choice<IdStyle>(app, "--id-style", b.id_style, styles, "message ids in responses", kResponses);
  add_choice<IdStyle>(app, "--receipt-id-style", b.receipt_id_style, styles,
                      "message ids in receipts [as in responses]", kReceipts);
  add_milliseconds(app, "--receipt-delay", b.receipt_delay, "from response to receipt", kReceipts);
  add_fraction(app, "--receipts", b.receipts, "of those asked for, so many ever come", kReceipts);
  add_fraction(app, "--receipt-early", b.receipt_early, "come before the response", kReceipts);
  add_fraction(app, "--receipt-late", b.receipt_late, "come --receipt-late-by later", kReceipts);
  add_milliseconds(app, "--receipt-late-by", b.receipt_late_by, "how late a late one is", kReceipts);
  add_fraction(app, "--receipt-twice", b.receipt_twice, "come twice", kReceipts);
  add_fraction(app, "--receipt-contradiction", b.receipt_contradiction, "are followed by the opposite",
               kReceipts);
  add_fraction(app, "--receipt-enroute", b.receipt_enroute, "are preceded by an intermediate one", kReceipts);
  add_fraction(app, "--undelivered", b.undelivered, "say UNDELIV", kReceipts);
  app.add_flag("--receipt-other-bind", b.receipt_other_bind, "come on another bind of the account")
      ->group(kReceipts);
  add_choice<ReceiptForm>(app, "--receipt-form", b.receipt_form,
                          {{"both", ReceiptForm::text_and_tlvs},
                           {"text", ReceiptForm::text},
                           {"tlvs", ReceiptForm::tlvs},
                           {"payload", ReceiptForm::payload},
                           {"data_sm", ReceiptForm::data_sm},
                           {"ucs2", ReceiptForm::ucs2}},
                          "where the words of a receipt stand", kReceipts);
  app.add_option("--receipt-window", b.receipt_window, "unanswered receipts of a bind")
      ->check(CLI::Range(1, 100000))
      ->group(kReceipts);
  app.add_flag("!--receipt-no-reference", b.receipt_reference,
               "do not repeat the user_message_reference of the submit")
      ->group(kReceipts);
  add_milliseconds(app, "--receipt-retry", b.receipt_retry, "until a refused receipt comes again", kReceipts);
}

void add_query_options(CLI::App& app, Behaviour& b, Texts& texts) {
  app.add_option("--query-status", texts.query_status, "answer every query_sm with it")->group(kQueries);
  add_fraction(app, "--query-loss", b.query_loss, "query_sm never answered", kQueries);
  add_milliseconds(app, "--query-memory", b.query_memory, "so long after its end a message is known to it",
                   kQueries);
}

void add_link_options(CLI::App& app, CommandOptions& options, Texts& texts) {
  Behaviour& b = options.behaviour;
  app.add_option("--max-binds", b.max_binds, "of one system_id; more get ESME_RALYBND")->group(kLinks);
  app.add_option("--bind-status", texts.bind_status, "refuse every bind with it")->group(kLinks);
  app.add_option("--drop-connection-after", b.drop_connection_after, "submits, then RST")->group(kLinks);
  app.add_option("--silent-after", b.silent_after, "submits, then it says nothing more")->group(kLinks);
  app.add_option("--unbind-after", b.unbind_after, "submits, then it unbinds")->group(kLinks);
  app.add_option("--inject", texts.inject, "raw octets to send after N submits of a connection")
      ->type_name("HEX:N")
      ->group(kLinks);
  app.add_option("--write-size", options.server.write_size, "octets per write: splits PDUs over segments")
      ->group(kLinks);
  app.add_flag("--enquire-before-bind-resp", b.enquire_before_bind_resp,
               "enquire_link ahead of the bind response")
      ->group(kLinks);
  add_milliseconds(app, "--lag", b.lag, "everything it says arrives so much later", kLinks);
  add_milliseconds(app, "--enquire-interval", b.enquire_interval, "own enquire_link after silence", kLinks);
  add_milliseconds(app, "--inactivity-timeout", b.inactivity_timeout, "closes a silent link", kLinks);
  add_milliseconds(app, "--session-init-timeout", b.session_init_timeout, "closes a link without bind",
                   kLinks);
}

}  // namespace

void add_smsc_command(CLI::App& app, int& exit_code) {
  CLI::App* smsc = app.add_subcommand("smsc", "run an SMSC simulator");
  auto options = std::make_shared<CommandOptions>();
  auto texts = std::make_shared<Texts>();
  options->identity.first_id = 0;
  add_listener_options(*smsc, *options, *texts);
  add_speed_options(*smsc, options->behaviour, *texts);
  add_response_options(*smsc, options->behaviour, *texts);
  add_receipt_options(*smsc, options->behaviour);
  add_query_options(*smsc, options->behaviour, *texts);
  add_link_options(*smsc, *options, *texts);
  smsc->callback([smsc, options, texts, &exit_code] {
    take_statuses(*texts, options->behaviour);
    take_injection(texts->inject, options->behaviour);
    if (smsc->count("--receipt-id-style") == 0)
      options->behaviour.receipt_id_style = options->behaviour.id_style;
    if (texts->http) options->server.speech = Speech::http;
    if (texts->garbage) options->server.speech = Speech::garbage;
    options->server.seed = options->identity.seed;
    exit_code = run_smsc(*options);
  });
}

}  // namespace anchal::simulator
