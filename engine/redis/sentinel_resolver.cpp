#include "engine/redis/sentinel_resolver.h"

#include <algorithm>
#include <charconv>

#include "engine/redis/redis_error.h"

namespace anchal::redis {

namespace {

constexpr std::size_t kHostMax = 255;

/// Names and addresses only: what goes to the resolver and into logs came over the network.
bool sound_host(std::string_view host) {
  const auto sound = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '-' || c == '_' || c == ':' || c == '%';
  };
  return !host.empty() && host.size() <= kHostMax && std::ranges::all_of(host, sound);
}

std::optional<RedisUrl::Endpoint> endpoint_of(const core::Reply& reply) {
  const auto pair = reply.array();
  if (pair.size() != 2 || pair[0].type != core::Reply::Type::text ||
      pair[1].type != core::Reply::Type::text || !sound_host(pair[0].text)) {
    return std::nullopt;
  }
  std::uint16_t port = 0;
  const std::string_view digits = pair[1].text;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port == 0) {
    return std::nullopt;
  }
  return RedisUrl::Endpoint{std::string(pair[0].text), port};
}

}  // namespace

SentinelResolver::SentinelResolver(const RedisUrl& url)
    : sentinels_(url.endpoints), group_(url.group), asked_(sentinels_.size()) {}

void SentinelResolver::begin() {
  asked_ = 0;
  named_.reset();
  refuted_.clear();
  failure_.clear();
}

const RedisUrl::Endpoint* SentinelResolver::sentinel() const {
  return asked_ < sentinels_.size() ? &sentinels_[asked_] : nullptr;
}

void SentinelResolver::on_silence(const std::string& why) {
  dismiss(": " + why);
}

std::optional<RedisUrl::Endpoint> SentinelResolver::on_reply(const core::Reply& reply) {
  if (reply.is_error()) {
    dismiss(" answers " + loggable(reply.text));
    return std::nullopt;
  }
  if (reply.is_nil()) {
    dismiss(" does not know " + group_);
    return std::nullopt;
  }
  auto named = endpoint_of(reply);
  if (!named) {
    dismiss(" answers with what is no address");
    return std::nullopt;
  }
  if (std::ranges::find(refuted_, *named) != refuted_.end()) {
    dismiss(" names " + named->label() + " too");
    return std::nullopt;
  }
  named_ = named;
  return named;
}

void SentinelResolver::on_refuted(const std::string& why) {
  if (named_) {
    refuted_.push_back(*named_);
    dismiss(" names " + named_->label() + ", " + why);
  }
}

void SentinelResolver::on_confirmed() {
  if (sentinel() != nullptr) {
    const auto asked = sentinels_.begin() + static_cast<std::ptrdiff_t>(asked_);
    std::rotate(sentinels_.begin(), asked, asked + 1);
    asked_ = 0;
  }
}

void SentinelResolver::dismiss(const std::string& why) {
  if (const Endpoint* const asked = sentinel()) {
    failure_ += failure_.empty() ? "" : "; ";
    failure_ += "sentinel " + asked->label() + why;
    ++asked_;
  }
  named_.reset();
}

}  // namespace anchal::redis
