#pragma once

namespace anchal::app {

/// interface.md "The anchal command": of the verbs that ask or change something …
namespace client_exit {
inline constexpr int ok = 0, failed = 1, usage = 2, not_found = 3, refused = 4, not_allowed = 5,
                     unreachable = 6, waited_too_long = 7;
}
/// … and of `anchal serve` (sysexits.h, and 75 for EX_TEMPFAIL).
namespace serve_exit {
inline constexpr int clean = 0, usage = 64, unavailable = 69, bug = 70, drain_deadline = 75,
                     configuration = 78;
}

}  // namespace anchal::app
