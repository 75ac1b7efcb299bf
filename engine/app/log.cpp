#include "engine/app/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "engine/admin/problem.h"
#include "engine/core/job/time_text.h"
#include "engine/net/clock.h"

namespace anchal::app {
namespace {

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string_view word_of(LogLevel level) {
  static constexpr std::array<std::string_view, 4> kWords{"debug", "info", "warning", "error"};
  return kWords[static_cast<std::size_t>(level)];
}

}  // namespace

struct Log::Impl {
  Impl(const LogSettings& settings, std::string id)
      : format(settings.format),
        engine_id(std::move(id)),
        logger("anchal", std::make_shared<spdlog::sinks::stderr_color_sink_mt>()) {
    logger.set_level(level_of(settings.level));
    logger.set_pattern(format == LogFormat::json ? "%v" : "%Y-%m-%dT%H:%M:%S.%e%z %^%-7l%$ %v");
    logger.flush_on(spdlog::level::debug);
  }
  LogFormat format;
  std::string engine_id;
  spdlog::logger logger;
};

Log::Log(const LogSettings& settings, std::string engine_id)
    : impl_(std::make_unique<Impl>(settings, std::move(engine_id))) {}

Log::~Log() = default;

void Log::write(LogLevel level, std::string_view part, std::string_view text) {
  const auto weight = level_of(level);
  if (!impl_->logger.should_log(weight)) return;
  if (impl_->format == LogFormat::text) {
    impl_->logger.log(weight, "{}: {}", part, text);
    return;
  }
  std::string at;
  core::append_rfc3339(at, net::wall_now());
  impl_->logger.log(weight, R"({{"at":"{}","level":"{}","engine":{},"part":{},"text":{}}})", at,
                    word_of(level), admin::json_quoted(impl_->engine_id), admin::json_quoted(part),
                    admin::json_quoted(text));
}

}  // namespace anchal::app
