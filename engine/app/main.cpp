#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>

#include "engine/app/commands.h"
#include "engine/app/demo.h"
#include "engine/app/exit_codes.h"
#include "engine/app/send.h"
#include "engine/app/version.h"
#include "engine/simulator/command.h"

namespace anchal::app {
namespace {

/// The options of every verb; they live as long as the parser that fills them in.
struct Options {
  int exit_code = 0;
  bool serving = false;  // usage mistakes then have sysexits' number
  BlackoutOptions blackout;
  DeadOptions dead;
  SegmentsOptions segments;
  PduDecodeOptions pdu_decode;
  std::string config_file, tenant, job, id, name, reason, ends_at;
  std::uint64_t index = 0, limit = 100;
  bool json = false;
};

constexpr int kInnerVerb = -1;  // the verb within has done the work

void on(CLI::App* verb, Options& options, std::function<int()> work) {
  verb->callback([&options, work = std::move(work)] {
    const int code = work();
    if (code != kInnerVerb) options.exit_code = code;
  });
}

/// A verb that speaks to an engine. It has an address of its own: a verb within a verb would otherwise find
/// its words overwritten by the environment that the outer one falls back to.
CLI::App* client_verb(CLI::App& parent, Options& options, const std::string& name, const std::string& meaning,
                      std::function<int(const ClientOptions&)> work) {
  CLI::App* verb = parent.add_subcommand(name, meaning);
  const auto client = std::make_shared<ClientOptions>();
  verb->add_option("--url", client->url, "the engine's admin listener")
      ->envname("ANCHAL_URL")
      ->capture_default_str();
  verb->add_option("--token-file", client->token_file, "file with the bearer token in its first line")
      ->envname("ANCHAL_TOKEN_FILE");
  verb->add_flag("--json", client->json, "print JSON");
  on(verb, options, [verb, client, work = std::move(work)] {
    return verb->get_subcommands().empty() ? work(*client) : kInnerVerb;
  });
  return verb;
}

void need_config(CLI::App* verb, std::string& config_file) {
  verb->add_option("--config", config_file, "the engine's configuration")
      ->envname("ANCHAL_CONFIG")
      ->required();
}

void need_reason(CLI::App* verb, Options& options) {
  verb->add_option("--reason", options.reason, "why; goes into the audit chain")->required();
}

void add_serve(CLI::App& app, Options& options) {
  CLI::App* serve = app.add_subcommand("serve", "run the engine");
  serve->preparse_callback([&options](std::size_t) { options.serving = true; });
  need_config(serve, options.config_file);
  on(serve, options, [&] { return run_serve(options.config_file); });
}

void add_status(CLI::App& app, Options& options) {
  client_verb(app, options, "status", "the balance: accepted, final, waiting; and the operators", run_status);
  CLI::App* operators =
      client_verb(app, options, "operators", "operators: binds, windows, queues, rates", run_operators);
  operators->require_subcommand(0, 1);
  for (const bool paused : {true, false}) {
    CLI::App* verb =
        client_verb(*operators, options, paused ? "pause" : "resume",
                    paused ? "send nothing to an operator, on every engine" : "take it into service again",
                    [&options, paused](const ClientOptions& client) {
                      return run_pause(client, options.name, paused, options.reason);
                    });
    verb->add_option("NAME", options.name, "the operator")->required();
    need_reason(verb, options);
  }
  CLI::App* trace =
      client_verb(app, options, "trace", "the life of one message", [&](const ClientOptions& client) {
        return run_trace(client, options.tenant, options.job, options.index);
      });
  trace->add_option("TENANT", options.tenant, "whose it is")->required();
  trace->add_option("JOB", options.job, "id of the job")->required();
  trace->add_option("INDEX", options.index, "position among the recipients, from 0")->required();
}

void add_scope(CLI::App* verb, Options& options) {
  BlackoutOptions& b = options.blackout;
  verb->add_option("--name", b.name, "a short name for people");
  verb->add_option("--reason", b.reason, "why; goes into the audit chain")->required();
  verb->add_option("--reference", b.reference, "the order it follows");
  verb->add_option("--category", b.categories, "stop this category (again for more; none: all)");
  verb->add_option("--tenant", b.tenants, "only of this tenant");
  verb->add_option("--sender", b.senders, "only with this sender");
  verb->add_option("--place", b.places, "only to this place");
  verb->add_option("--operator", b.operators, "only through this operator");
  verb->add_option("--from", b.starts_at, "when it begins, 2026-03-03T09:00:00+05:30 (now)");
  verb->add_option("--until", b.ends_at, "when it ends (when it is ended)");
  verb->add_option("--daily-from", b.daily_from, "quiet hours: local time they begin, 21:00");
  verb->add_option("--daily-to", b.daily_to, "and end, 09:00");
  verb->add_option("--zone", b.daily_zone, "by the clock of this zone, Asia/Kolkata");
  verb->add_option("--day", b.daily_days, "on this day only: mon … sun (again for more)");
  verb->add_option("--on-hold", b.on_hold, "what happens to what it stops: defer, drop, reapprove");
}

void add_blackout(CLI::App& app, Options& options) {
  CLI::App* blackout = app.add_subcommand("blackout", "rules that stop messages");
  blackout->require_subcommand(1);
  client_verb(*blackout, options, "list", "rules in force and to come, with what they hold",
              run_blackout_list);
  add_scope(
      client_verb(*blackout, options, "add", "switch a rule on; answers when it is EFFECTIVE everywhere",
                  [&](const ClientOptions& client) { return run_blackout_add(client, options.blackout); }),
      options);
  add_scope(client_verb(
                *blackout, options, "preview", "what such a rule would stop",
                [&](const ClientOptions& client) { return run_blackout_preview(client, options.blackout); }),
            options);
  CLI::App* end = client_verb(
      *blackout, options, "end", "switch a rule off",
      [&](const ClientOptions& client) { return run_blackout_end(client, options.id, options.reason); });
  end->add_option("ID", options.id, "of the rule")->required();
  need_reason(end, options);
  CLI::App* extend = client_verb(
      *blackout, options, "extend", "let a dated rule last longer", [&](const ClientOptions& client) {
        return run_blackout_extend(client, options.id, options.ends_at, options.reason);
      });
  extend->add_option("ID", options.id, "of the rule")->required();
  extend->add_option("--until", options.ends_at, "its new end, 2026-03-05T00:00:00+05:30")->required();
  need_reason(extend, options);
}

void add_audit(CLI::App& app, Options& options) {
  CLI::App* audit = app.add_subcommand("audit", "who changed the policy when and why");
  audit->require_subcommand(1);
  client_verb(*audit, options, "list", "the oldest entries first",
              [&](const ClientOptions& client) { return run_audit_list(client, options.limit); })
      ->add_option("--limit", options.limit, "at most so many")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  client_verb(*audit, options, "verify", "read the whole chain and check every link", run_audit_verify);
}

void add_config(CLI::App& app, Options& options) {
  CLI::App* config = app.add_subcommand("config", "the configuration file");
  config->require_subcommand(1);
  const auto with_file = [&](const char* name, const char* meaning) {
    CLI::App* verb = config->add_subcommand(name, meaning);
    verb->add_option("FILE", options.config_file, "TOML")->required();
    verb->add_flag("--json", options.json, "print JSON");
    return verb;
  };
  on(with_file("check", "every mistake with file, line and column, without starting anything"), options,
     [&] { return run_config_check(options.config_file, options.json); });
  on(with_file("show", "every setting with its value, secrets masked"), options,
     [&] { return run_config_show(options.config_file, options.json); });
  on(config->add_subcommand("reference", "every setting there is, in Markdown"), options,
     [] { return run_config_reference(); });
  CLI::App* doctor = app.add_subcommand("doctor", "look for what keeps an engine from working");
  need_config(doctor, options.config_file);
  doctor->add_flag("--json", options.json, "print JSON");
  on(doctor, options, [&] { return run_doctor(options.config_file, options.json); });
}

void add_dead(CLI::App& app, Options& options) {
  CLI::App* dead = app.add_subcommand("dead", "jobs that could not be processed");
  dead->require_subcommand(1);
  const auto verb = [&](const char* name, const char* meaning, bool one, int (*work)(const DeadOptions&)) {
    CLI::App* made = dead->add_subcommand(name, meaning);
    need_config(made, options.dead.config_file);
    made->add_flag("--json", options.dead.json, "print JSON");
    if (one) made->add_option("ID", options.dead.id, "partition/entry, as list prints it")->required();
    on(made, options, [&options, work] { return work(options.dead); });
    return made;
  };
  verb("list", "with the reasons", false, run_dead_list)
      ->add_option("--limit", options.dead.limit, "at most so many")
      ->capture_default_str();
  verb("show", "one of them, with its body", true, run_dead_show);
  verb("retry", "push it into its stream again", true, run_dead_retry);
  verb("drop", "forget it", true, run_dead_drop);
}

void add_text(CLI::App& app, Options& options) {
  SegmentsOptions& s = options.segments;
  CLI::App* segments = app.add_subcommand("segments", "what a text costs, and why");
  CLI::Option* text = segments->add_option("TEXT", s.text, "the text");
  CLI::Option* file =
      segments->add_option("--file", s.file, "read it from a file; - is stdin")->excludes(text);
  CLI::Option* config =
      segments->add_option("--config", s.config_file, "as an operator of this configuration takes it");
  SegmentsQuestion& q = s.question;
  segments->add_option("--operator", q.operator_name, "which one; may be left out if there is one only")
      ->needs(config);
  segments->add_option("--encoding", q.encoding, "auto, gsm7, ascii, latin1, ucs2")->capture_default_str();
  segments
      ->add_option("--language", q.languages, "a national table the handsets have, or all (again for more)")
      ->allow_extra_args(false)
      ->excludes(config);
  segments->add_flag("--latin1", q.latin1, "Latin-1 may be used")->excludes(config);
  segments->add_flag("--transliterate", q.transliterate, "typographic characters may be replaced")
      ->excludes(config);
  segments->add_flag("--json", s.json, "print JSON");
  on(segments, options, [&s, text, file] {
    if (text->count() + file->count() == 0) throw CLI::RequiredError("TEXT or --file");
    return run_segments(s);
  });
  CLI::App* pdu = app.add_subcommand("pdu", "SMPP by hand");
  pdu->require_subcommand(1);
  CLI::App* decode = pdu->add_subcommand("decode", "what these octets say");
  PduDecodeOptions& d = options.pdu_decode;
  decode->add_option("HEX", d.hex, "one PDU or several")->required();
  decode->add_flag("--strict", d.strict, "as an SMSC reads: nothing tolerated");
  CLI::Option* known =
      decode->add_option("--config", d.config_file, "texts as an operator of this configuration sends them");
  decode->add_option("--operator", d.operator_name, "which one; may be left out if there is one only")
      ->needs(known);
  decode->add_flag("--json", d.json, "print JSON");
  on(decode, options, [&d] { return run_pdu_decode(d); });
}

int run(int argc, char** argv) {
  CLI::App app{"Anchal: from jobs in Redis to SMPP and back"};
  app.set_version_flag("--version", std::string(kVersion));
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
  Options options;
  add_serve(app, options);
  add_demo_command(app, options.exit_code);
  simulator::add_smsc_command(app, options.exit_code);
  add_send_command(app, options.exit_code);
  add_status(app, options);
  add_blackout(app, options);
  add_audit(app, options);
  add_config(app, options);
  add_dead(app, options);
  add_text(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (app.exit(error) == 0) return 0;
    return options.serving ? serve_exit::usage : client_exit::usage;
  }
  return options.exit_code;
}

}  // namespace
}  // namespace anchal::app

int main(int argc, char** argv) {
  try {
    return anchal::app::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "anchal: %s\n", error.what());
    return anchal::app::serve_exit::bug;
  }
}
