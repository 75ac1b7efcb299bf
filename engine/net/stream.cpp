#include "engine/net/stream.h"

#include "engine/net/resolver.h"
#include "engine/net/stream_impl.h"

namespace anchal::net {

Stream::Stream(Loop& loop, StreamOptions options) : impl_(std::make_shared<Impl>(loop, options)) {}

Stream::~Stream() {
  impl_->reset();
}

void Stream::set_callbacks(Callbacks callbacks) {
  impl_->on_connected = std::move(callbacks.on_connected);
  impl_->on_data = std::move(callbacks.on_data);
  impl_->on_writable = std::move(callbacks.on_writable);
  impl_->on_closed = std::move(callbacks.on_closed);
}

void Stream::connect(const std::string& host, std::uint16_t port, std::shared_ptr<const TlsContext> tls) {
  impl_->connect(host, port, std::move(tls));
}

void Stream::connect_unix(const std::string& path) {
  impl_->connect_unix(path);
}

std::size_t Stream::write(std::span<const std::byte> bytes) {
  return impl_->write(bytes);
}

std::size_t Stream::unsent_bytes() const {
  return impl_->unsent_bytes();
}

bool Stream::write_blocked() const {
  return impl_->wants_writable || impl_->record_waits();
}

void Stream::pause_reading() {
  impl_->pause(true);
}

void Stream::resume_reading() {
  impl_->pause(false);
}

void Stream::close_orderly(Duration patience) {
  impl_->close_orderly(patience);
}

void Stream::reset() {
  impl_->reset();
}

bool Stream::connected() const {
  return impl_->state == Impl::State::open;
}

bool Stream::idle() const {
  return impl_->state == Impl::State::idle;
}

const std::string& Stream::peer() const {
  return impl_->peer;
}

std::string Stream::peer_certificate_subject() const {
  return impl_->tls && connected() ? impl_->tls->peer_subject() : std::string();
}

Loop& Stream::loop() const {
  return impl_->loop;
}

}  // namespace anchal::net
