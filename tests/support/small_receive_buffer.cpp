// Preloaded into a server: its connections take no more into their kernel's buffers than the environment says
// (ANCHAL_RECEIVE_BUFFER, octets). When it stops reading, its peers notice soon.
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>

extern "C" int listen(int file, int backlog) noexcept {
  const char* const text = std::getenv("ANCHAL_RECEIVE_BUFFER");
  const int octets = text == nullptr ? 0 : std::atoi(text);
  // Accepted connections inherit it.
  if (octets > 0) ::setsockopt(file, SOL_SOCKET, SO_RCVBUF, &octets, sizeof octets);
  return static_cast<int>(::syscall(SYS_listen, file, backlog));
}
