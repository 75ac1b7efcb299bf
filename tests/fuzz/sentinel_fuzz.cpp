// Sentinels that answer anything, and a Redis that says anything of itself. The laws: whoever is named can be
// connected to, a round asks each sentinel at most once, what is said of them is one short line.
#include <string>

#include "engine/redis/redis_error.h"
#include "engine/redis/sentinel_resolver.h"
#include "engine/redis/server_identity.h"
#include "tests/fuzz/reply_draw.h"

namespace {

using namespace anchal;
using fuzz::check;
using fuzz::is_one_line;

constexpr std::size_t kSentinels = 3;

class Trial {
 public:
  explicit Trial(fuzz::Input& input) : input_(input) { resolver_.begin(); }

  void run() {
    while (!input_.empty()) {
      step();
      check(is_one_line(resolver_.failure()) && resolver_.failure().size() < 2000);
    }
  }

 private:
  void step() {
    const bool asking = resolver_.sentinel() != nullptr;
    fuzz::ReplyDraw draw(input_);
    switch (input_.octet() % 6) {
      case 0:
        resolver_.begin();
        named_ = false;
        asked_ = 0;
        return;
      case 1:
        resolver_.on_silence("refused");
        break;
      case 2:
        resolver_.on_refuted("which is a replica");
        if (!named_) return;
        break;
      case 3:
        resolver_.on_confirmed();
        named_ = false;
        asked_ = 0;
        return;
      case 4:
        return name(draw.reply());
      default:
        return name(draw.array({draw.text(input_.text()), draw.text(std::to_string(input_.number() >> 15))}));
    }
    named_ = false;
    if (asking) check(++asked_ <= kSentinels);
  }

  void name(const core::Reply& reply) {
    if (resolver_.sentinel() == nullptr) return;
    const auto named = resolver_.on_reply(reply);
    named_ = named.has_value();
    if (!named) {
      check(++asked_ <= kSentinels);
      return;
    }
    check(!named->host.empty() && named->host.size() <= 255 && named->port != 0 && is_one_line(named->host));
    check(reply.size == 2 && named->host == reply.elements[0].text);
  }

  fuzz::Input& input_;
  redis::SentinelResolver resolver_{*redis::RedisUrl::parse("redis+sentinel://a:1,b:2,c:3/main")};
  std::size_t asked_ = 0;
  bool named_ = false;
};

void check_words(const std::string& text) {
  const auto identity = redis::ServerIdentity::from_info(text);
  if (const auto unfit = redis::unfit(identity)) {
    check(!unfit->text.empty() && is_one_line(unfit->text) && unfit->text.size() < 500);
  } else {
    check(identity.role == "master" && identity.maxmemory_policy == "noeviction" && !identity.loading);
  }
  const auto error = redis::classify_error(text);
  check(!redis::name_of(error.kind).empty());
  check(is_one_line(redis::loggable(text)) && redis::loggable(text).size() < 500);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  if (input.octet() % 2 == 0) {
    check_words(input.rest());
  } else {
    Trial(input).run();
  }
  return 0;
}
