#include "engine/app/send_target.h"

#include <algorithm>
#include <fstream>
#include <utility>

#include "engine/app/config.h"

namespace anchal::app {
namespace {

std::expected<std::string, std::string> first_line_of(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!file || !std::getline(file, line)) return std::unexpected("cannot read the password in " + path);
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

std::expected<void, std::string> take_config(const SendOptions& options, SendTarget& target) {
  ConfigResult loaded = load_config(options.config);
  if (!loaded.config) return std::unexpected(loaded.mistakes.front().text(options.config));
  const AppConfig& config = *loaded.config;
  target.redis = config.redis.address;
  target.tls = config.redis.tls;
  target.partitions = config.core.partitions;

  const auto& categories = config.core.categories;
  const auto category =
      std::find_if(categories.begin(), categories.end(),
                   [&](const core::CategoryConfig& c) { return c.name == options.header.category; });
  if (category == categories.end()) {
    return std::unexpected("no category '" + options.header.category + "' in " + options.config);
  }
  target.lane = core::name_of(category->lane);
  return {};
}

}  // namespace

std::expected<SendTarget, std::string> find_target(const SendOptions& options) {
  SendTarget target;
  if (!options.config.empty()) {
    if (auto taken = take_config(options, target); !taken) return std::unexpected(taken.error());
  }
  if (!options.redis_url.empty()) {
    auto address = parse_redis_url(options.redis_url);
    if (!address) return std::unexpected("--redis: " + address.error());
    target.redis = std::move(*address);
  }
  if (!options.redis_username.empty()) target.redis.username = options.redis_username;
  if (!options.redis_password_file.empty()) {
    auto password = first_line_of(options.redis_password_file);
    if (!password) return std::unexpected(password.error());
    target.redis.password = std::move(*password);
  }
  if (!options.redis_ca_file.empty()) target.tls.ca_file = options.redis_ca_file;
  if (options.partitions != 0) target.partitions = options.partitions;
  if (!options.lane.empty()) {
    if (!core::lane_named(options.lane)) return std::unexpected("--lane must be otp, alert, service or bulk");
    target.lane = options.lane;
  }
  if (target.lane.empty())
    return std::unexpected("say --lane, or --config FILE to look up the category's lane");
  return target;
}

}  // namespace anchal::app
