#include "engine/net/resolver.h"

#include <cstring>
#include <memory>

namespace anchal::net {

Resolution* Resolution::begin(Loop& loop, const std::string& host, std::uint16_t port, OnDone on_done,
                              int& error) {
  auto resolution = std::make_unique<Resolution>();
  resolution->on_done = std::move(on_done);
  resolution->request.data = resolution.get();
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  const auto done = [](uv_getaddrinfo_t* request, int status, addrinfo* list) {
    const std::unique_ptr<Resolution> self(static_cast<Resolution*>(request->data));
    std::vector<SocketAddress> found;
    for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
      if (entry->ai_addrlen <= sizeof(sockaddr_storage)) {
        SocketAddress address;
        std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
        address.length = entry->ai_addrlen;
        found.push_back(address);
      }
    }
    uv_freeaddrinfo(list);
    if (self->on_done) {
      self->on_done(status, std::move(found));
    }
  };
  error = uv_getaddrinfo(loop.raw(), &resolution->request, done, host.c_str(), std::to_string(port).c_str(),
                         &hints);
  return error == 0 ? resolution.release() : nullptr;
}

void Resolution::abandon() {
  on_done = nullptr;
  uv_cancel(reinterpret_cast<uv_req_t*>(&request));
}

}  // namespace anchal::net
