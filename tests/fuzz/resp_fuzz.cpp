// Replies of Redis as a stream, cut anywhere. The first octet: an odd one takes the rest as it is, an even
// one reads it as reply trees that are then written as RESP.
#include <string>
#include <vector>

#include "engine/redis/reply_reader.h"
#include "tests/fuzz/reply_draw.h"

namespace {

using namespace anchal;
using fuzz::check;
using redis::ReplyReader;
using Status = ReplyReader::Status;

constexpr std::size_t kAnswerBytesMax = std::size_t{1} << 20;

void write_resp(std::string& out, const core::Reply& reply) {
  switch (reply.type) {
    case core::Reply::Type::nil:
      out += "$-1\r\n";
      return;
    case core::Reply::Type::integer:
      out += ":" + std::to_string(reply.integer) + "\r\n";
      return;
    case core::Reply::Type::error:
      out += "-" + std::string(reply.text) + "\r\n";
      return;
    case core::Reply::Type::text:
      out += "$" + std::to_string(reply.text.size()) + "\r\n" + std::string(reply.text) + "\r\n";
      return;
    case core::Reply::Type::array:
      out += "*" + std::to_string(reply.size) + "\r\n";
      for (const core::Reply& element : reply.array()) write_resp(out, element);
  }
}

/// Feeds pieces of `piece` octets, each of its own size in memory, until the answer is there or cannot be.
Status read(ReplyReader& reader, std::string_view stream, std::size_t piece, std::size_t& fed) {
  Status status = reader.next();
  while (status == Status::incomplete && fed < stream.size()) {
    const auto octets = std::as_bytes(std::span(stream.substr(fed, piece)));
    const std::vector<std::byte> own(octets.begin(), octets.end());
    fed += own.size();
    if (!reader.feed(own)) return Status::broken;
    status = reader.next();
  }
  return status;
}

void check_written(fuzz::Input& input, std::size_t replies, std::size_t piece) {
  fuzz::ReplyDraw draw(input);
  std::vector<core::Reply> wanted;
  std::string stream;
  for (std::size_t i = 0; i < replies; ++i) write_resp(stream, wanted.emplace_back(draw.reply()));
  ReplyReader reader(kAnswerBytesMax);
  reader.begin(replies);
  std::size_t fed = 0;
  check(read(reader, std::string_view(stream).substr(0, stream.size() - 1), piece, fed) ==
        Status::incomplete);
  check(read(reader, stream, piece, fed) == Status::complete && fed == stream.size());
  check(reader.unread() == 0 && reader.replies().size() == replies);
  redis::ReplyArena arena;
  for (std::size_t i = 0; i < replies; ++i) {
    check(fuzz::same(reader.replies()[i], wanted[i]));
    check(fuzz::same(redis::copy_reply(wanted[i], arena), wanted[i]));
  }
}

/// The same octets mean the same, wherever they are cut.
void check_any(const std::string& stream, std::size_t replies, std::size_t piece) {
  ReplyReader whole(kAnswerBytesMax);
  ReplyReader cut(kAnswerBytesMax);
  whole.begin(replies);
  cut.begin(replies);
  std::size_t fed_whole = 0;
  std::size_t fed = 0;
  const Status status = read(whole, stream, ReplyReader::kFeedBytes, fed_whole);
  check(read(cut, stream, piece, fed) == status);
  if (status == Status::broken) {
    check(!whole.error().empty() && !cut.error().empty());
    cut.reset();
    check(cut.unread() == 0);
    return;
  }
  if (status == Status::incomplete) return;
  check(fed_whole - whole.unread() == fed - cut.unread());
  for (std::size_t i = 0; i < replies; ++i) check(fuzz::same(whole.replies()[i], cut.replies()[i]));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const bool written = input.octet() % 2 == 0;
  const std::size_t replies = 1 + input.octet() % 4;
  const std::size_t piece = 1 + input.octet();
  if (written) {
    check_written(input, replies, piece);
  } else {
    check_any(input.rest(), replies, piece);
  }
  return 0;
}
