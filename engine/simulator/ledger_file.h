#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "engine/simulator/smsc.h"

namespace anchal::simulator {

/// Writes a JSON line per accepted part:
/// {"t_us":…,"bind":1,"to":"…","seq":7,"dcs":0,"esm":0,"from":"…","id":"…","hex":"…"}
/// t_us is the wall clock in microseconds as it was at the start plus the monotonic time since, so it never
/// jumps. hex is the user data, UDH included. Lines gather in memory: flush() when idle, at least a few times
/// a second. A disk that refuses them is reported by error(), once; the lines are dropped.
class LedgerFile : public Observer {
 public:
  /// Appends to the file, which is made if need be. With a `prefix` only parts to numbers that begin with it
  /// are written. The error is for a start-up message.
  static std::expected<LedgerFile, std::string> open(const std::string& path, std::int64_t wall_us_at_epoch,
                                                     const std::string& prefix = {});

  LedgerFile(LedgerFile&& other) noexcept;
  LedgerFile& operator=(LedgerFile&&) = delete;
  LedgerFile(const LedgerFile&) = delete;
  ~LedgerFile() override;

  void on_accepted(const AcceptedPart& part) override;
  void flush();
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  LedgerFile(int file, std::int64_t wall_us_at_epoch, const std::string& prefix);

  int file_;
  std::int64_t wall_us_at_epoch_;
  std::string prefix_;
  std::vector<char> buffer_;
  std::size_t used_ = 0;
  std::string error_;
};

}  // namespace anchal::simulator
