#include "engine/app/trial.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>
#include <utility>

#include "engine/admin/client.h"
#include "engine/net/clock.h"

namespace anchal::app {
namespace {

constexpr auto kSmscStart = std::chrono::seconds(20);

std::uint64_t number_in(const std::string& json, std::initializer_list<std::string_view> path) {
  const nlohmann::json parsed = nlohmann::json::parse(json, nullptr, false);
  const nlohmann::json* at = &parsed;
  for (const std::string_view name : path) {
    if (!at->is_object()) return 0;
    const auto found = at->find(name);
    if (found == at->end()) return 0;
    at = &*found;
  }
  return at->is_number_unsigned() ? at->get<std::uint64_t>() : 0;
}

std::uint64_t sum_of(const nlohmann::json& counts) {
  std::uint64_t sum = 0;
  for (const auto& [name, count] : counts.items())
    sum += count.is_number_unsigned() ? count.get<std::uint64_t>() : 0;
  return sum;
}

std::string last_lines_of(const std::string& path, std::size_t count) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  std::string text;
  for (std::size_t at = lines.size() - std::min(count, lines.size()); at < lines.size(); ++at)
    text += "\n  " + lines[at];
  return text;
}

}  // namespace

std::uint16_t free_port() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  const bool found =
      listener >= 0 && ::bind(listener, raw, sizeof address) == 0 && ::getsockname(listener, raw, &size) == 0;
  if (listener >= 0) ::close(listener);
  if (!found) throw std::runtime_error("the loopback has no free TCP port");
  return ntohs(address.sin_port);
}

std::uint64_t SmscStatistics::operator[](std::string_view name) const {
  return number_in(json, {name});
}
std::uint64_t EngineStatus::final_in(std::string_view state) const {
  return number_in(json, {"final", state});
}
std::uint64_t EngineStatus::waiting_in(std::string_view place) const {
  return number_in(json, {"waiting", place});
}

Trial::Trial(const TrialOptions& options) : options_(options), directory_("anchal") {
  if (options_.executable.empty()) options_.executable = own_executable();
  config_file_ = directory_.file("anchal.toml");
  engine_log_ = directory_.file("engine.log");
}

Trial::~Trial() {
  engine_.stop(std::chrono::seconds(40));
  for (Operator& one : operators_) one.process.stop();
  if (redis_) redis_->process().stop();
}

std::expected<std::unique_ptr<Trial>, std::string> Trial::start(const TrialOptions& options) {
  std::unique_ptr<Trial> trial(new Trial(options));
  if (auto launched = trial->launch(); !launched) return std::unexpected(launched.error());
  return trial;
}

std::expected<void, std::string> Trial::launch() {
  auto redis = PrivateRedis::start(directory_.path(), options_.redis);
  if (!redis) return std::unexpected(redis.error());
  redis_ = std::move(*redis);
  for (const TrialOperator& wanted : options_.operators) {
    Operator& one = operators_.emplace_back();
    one.options = wanted;
    if (!wanted.reachable) {
      one.port = free_port();
    } else if (auto launched = launch_smsc(one); !launched) {
      return launched;
    }
  }
  admin_port_ = free_port();
  return write_config();
}

std::expected<void, std::string> Trial::launch_smsc(Operator& one) {
  std::vector<std::string> argv = {options_.executable, "smsc", "--port", std::to_string(one.port)};
  if (one.options.ledger) argv.insert(argv.end(), {"--ledger", ledger(one.options.name)});
  argv.insert(argv.end(), one.options.smsc.begin(), one.options.smsc.end());
  const std::string log = directory_.file("smsc-" + one.options.name + ".log");
  auto process = ChildProcess::start(argv, {log, true, {}});
  if (!process) return std::unexpected(process.error());
  one.process = std::move(*process);
  const auto line = one.process.read_line(kSmscStart);
  const bool read =
      line && std::from_chars(line->data(), line->data() + line->size(), one.port).ec == std::errc{};
  // Its lateness would look like the engine's haste. Only root may; without it the figures are as good as the
  // machine.
  if (read && one.options.punctual) ::setpriority(PRIO_PROCESS, static_cast<id_t>(one.process.pid()), -15);
  if (read) return {};
  return std::unexpected("the simulator of " + one.options.name + " did not start:" + last_lines_of(log, 3));
}

std::expected<void, std::string> Trial::write_config() {
  std::ofstream file(config_file_);
  file << options_.config
       << fmt::format("\n[redis]\nurl = \"{}\"\npartitions = {}\n", redis_->url(), options_.partitions);
  for (const std::string& line : options_.redis_settings) file << line << '\n';
  file << fmt::format("\n[admin]\nlisten = \"127.0.0.1:{}\"\n", admin_port_);
  for (const Operator& one : operators_) {
    file << fmt::format("\n[[operator]]\nname = \"{}\"\nhost = \"127.0.0.1\"\nport = {}\n", one.options.name,
                        one.port);
    for (const std::string& line : one.options.settings) file << line << '\n';
  }
  file.close();
  if (!file) return std::unexpected("cannot write " + config_file_);
  return {};
}

Trial::Operator& Trial::find(std::string_view name) {
  const auto at = std::find_if(operators_.begin(), operators_.end(),
                               [&](const Operator& one) { return one.options.name == name; });
  if (at == operators_.end()) throw std::invalid_argument("no operator " + std::string(name));
  return *at;
}

ChildProcess& Trial::smsc(std::string_view operator_name) {
  return find(operator_name).process;
}

std::string Trial::ledger(std::string_view operator_name) const {
  return directory_.file("ledger-" + std::string(operator_name) + ".jsonl");
}

void Trial::stop_smsc(std::string_view operator_name) {
  find(operator_name).process.stop();
}

std::expected<void, std::string> Trial::start_smsc(std::string_view operator_name) {
  return launch_smsc(find(operator_name));
}

std::expected<void, std::string> Trial::start_engine(std::chrono::seconds wait) {
  auto process =
      ChildProcess::start({options_.executable, "serve", "--config", config_file_}, {engine_log_, false, {}});
  if (!process) return std::unexpected(process.error());
  engine_ = std::move(*process);
  if (wait.count() == 0) return {};
  const TimePoint deadline = net::monotonic_now() + wait;
  for (;;) {
    if (api("GET", "/readyz")) return {};
    if (engine_.ended() || net::monotonic_now() > deadline) {
      return std::unexpected("the engine did not get ready; the end of its log:" +
                             last_lines_of(engine_log_, 12));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

std::optional<int> Trial::stop_engine(std::chrono::seconds patience) {
  return engine_.stop(patience);
}

std::expected<SmscStatistics, std::string> Trial::statistics(std::string_view operator_name) {
  ChildProcess& process = find(operator_name).process;
  process.signal(SIGUSR1);
  const auto line = process.read_line(std::chrono::seconds(10));
  if (!line) return std::unexpected("the simulator of " + std::string(operator_name) + " does not answer");
  return SmscStatistics{*line};
}

std::expected<std::string, std::string> Trial::api(std::string_view method, std::string_view target,
                                                   std::string_view body) const {
  const admin::Client client({"127.0.0.1", std::to_string(admin_port_)}, "");
  auto reply = client.request(method, target, body);
  if (!reply) return std::unexpected(reply.error().text);
  if (reply->status / 100 != 2) {
    return std::unexpected(fmt::format("{} {}: {} {}", method, target, reply->status, reply->body));
  }
  return std::move(reply->body);
}

std::expected<EngineStatus, std::string> Trial::status() const {
  auto body = api("GET", "/api/v1/status");
  if (!body) return std::unexpected(body.error());
  EngineStatus status;
  const nlohmann::json parsed = nlohmann::json::parse(*body, nullptr, false);
  if (!parsed.is_object()) return std::unexpected("/api/v1/status is no JSON object");
  status.accepted = parsed.value("accepted", std::uint64_t{0});
  status.difference = parsed.value("difference", std::int64_t{0});
  status.final = sum_of(parsed.value("final", nlohmann::json::object()));
  status.waiting = sum_of(parsed.value("waiting", nlohmann::json::object()));
  status.json = std::move(*body);
  return status;
}

}  // namespace anchal::app
