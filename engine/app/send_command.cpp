#include <CLI/CLI.hpp>
#include <memory>

#include "engine/app/send.h"

namespace anchal::app {

void add_send_command(CLI::App& app, int& exit_code) {
  CLI::App* send =
      app.add_subcommand("send", "push one message, or a CSV file of them, into the job streams");
  auto options = std::make_shared<SendOptions>();
  JobHeader& header = options->header;

  constexpr const char* kWhere = "Where to";
  send->add_option("--config", options->config, "the engine's configuration: Redis, partitions, lanes")
      ->envname("ANCHAL_CONFIG")
      ->group(kWhere);
  send->add_option("--redis", options->redis_url, "redis://…, rediss://… or unix:///…")->group(kWhere);
  send->add_option("--redis-username", options->redis_username, "ACL user")->group(kWhere);
  send->add_option("--redis-password-file", options->redis_password_file, "file with its password")
      ->group(kWhere);
  send->add_option("--redis-ca-file", options->redis_ca_file, "roots for rediss://")->group(kWhere);
  send->add_option("--partitions", options->partitions, "as configured for the engines [8]")->group(kWhere);
  send->add_option("--lane", options->lane, "the category's lane, when there is no --config")->group(kWhere);

  constexpr const char* kWhat = "What";
  send->add_option("--tenant", header.tenant, "whose message it is")->required()->group(kWhat);
  send->add_option("--category", header.category, "what kind of message it is for the law")
      ->required()
      ->group(kWhat);
  send->add_option("--sender", header.sender, "as the handset shows it")->required()->group(kWhat);
  CLI::Option* to = send->add_option("--to", options->to, "one recipient, +919800000001")->group(kWhat);
  send->add_option("--csv", options->csv, "many: a file whose first row names the columns, one of them 'to'")
      ->excludes(to)
      ->group(kWhat);
  send->add_option("--text", header.text, "the text")->group(kWhat);
  send->add_option("--template-file", options->template_file,
                   "the text with {column} for each recipient's own")
      ->group(kWhat);
  send->add_option("--batch", options->batch, "recipients per job")->capture_default_str()->group(kWhat);
  send->add_option("--id", options->id, "job id, or the stem of the jobs' ids")->group(kWhat);
  send->add_option("--ref", options->ref, "your own reference, comes back in the outcome")->group(kWhat);
  send->add_option("--place", options->place, "where the recipient is for the law")->group(kWhat);
  send->add_option("--purpose", header.purpose, "what the data is used for")->group(kWhat);
  send->add_option("--source", header.source, "where the data comes from")->group(kWhat);
  send->add_option("--campaign", header.campaign, "name of the campaign")->group(kWhat);
  send->add_option("--not-before", header.not_before, "RFC 3339 time")->group(kWhat);
  send->add_option("--expires-at", header.expires_at, "RFC 3339 time")->group(kWhat);
  send->add_option("--on-hold", header.on_hold, "when a rule stops it")
      ->check(CLI::IsMember({"defer", "drop", "reapprove"}))
      ->group(kWhat);
  send->add_option("--encoding", header.encoding, "narrows what the operator allows")
      ->check(CLI::IsMember({"auto", "gsm7", "ascii", "latin1", "ucs2"}))
      ->group(kWhat);
  send->add_flag("--flash", header.flash, "shown at once and not stored (class 0)")->group(kWhat);
  send->add_flag_callback(
          "--no-receipt", [options] { options->header.receipt = false; }, "ask for no receipt")
      ->group(kWhat);
  send->add_flag("--skip-invalid", options->skip_invalid, "send the good rows of a CSV with bad ones")
      ->group(kWhat);

  constexpr const char* kHow = "How";
  send->add_flag("--json", options->json, "JSON on stdout")->group(kHow);
  send->add_flag("--dry-run", options->dry_run, "print the jobs, push nothing")->group(kHow);
  CLI::Option* follow = send->add_flag("--follow", options->follow, "wait for the outcomes")->group(kHow);
  send->add_option_function<std::int64_t>(
          "--timeout", [options](std::int64_t seconds) { options->timeout = std::chrono::seconds(seconds); },
          "seconds to follow, then exit 7")
      ->check(CLI::Range(1, 7 * 24 * 3600))
      ->needs(follow)
      ->group(kHow);

  send->callback([options, &exit_code] { exit_code = run_send(*options); });
}

}  // namespace anchal::app
