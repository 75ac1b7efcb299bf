// [redis] url, and --redis of the tools. The laws: an address that can be used, or an error that does not
// repeat the URL; what is shown of it does not depend on the credentials.
#include <string>

#include "engine/redis/redis_url.h"
#include "tests/fuzz/reply_draw.h"

namespace {

using anchal::fuzz::check;
using anchal::fuzz::is_one_line;
using anchal::redis::RedisUrl;

void check_url(const RedisUrl& url) {
  check(url.endpoints.empty() != url.unix_path.empty());
  check(url.mode != RedisUrl::Mode::single || url.endpoints.size() <= 1);
  check((url.mode == RedisUrl::Mode::sentinel) == !url.group.empty());
  for (const auto& endpoint : url.endpoints) check(!endpoint.host.empty() && endpoint.port != 0);
  check(url.database <= 65535);
  // Shown in logs, given to the resolver and to connect(): a NUL or a line break there is no address.
  check(is_one_line(url.label()) && !url.label().empty());
}

/// The same address with other credentials.
void check_credentials(std::string text, const RedisUrl& url) {
  const std::size_t begin = text.find("://") + 3;
  const std::size_t at = text.rfind('@');
  if (!url.unix_path.empty()) return;
  text.replace(begin, at == std::string::npos || at < begin ? 0 : at + 1 - begin, "u%73er:p%40ss@");
  const auto other = RedisUrl::parse(text);
  check(other && other->username == "user" && other->password == "p@ss");
  check(other->label() == url.label() && other->endpoints == url.endpoints && other->group == url.group &&
        other->database == url.database && other->tls == url.tls && other->mode == url.mode);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  anchal::fuzz::Input input(data, size);
  const std::string text = input.rest();
  const auto url = RedisUrl::parse(text);
  if (url) {
    check_url(*url);
    check_credentials(text, *url);
  } else {
    check(!url.error().empty() && is_one_line(url.error()) && url.error().size() < 120);
  }
  return 0;
}
