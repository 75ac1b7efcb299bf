#pragma once

#include "engine/admin/router.h"

namespace anchal::admin {

/// The operator console: a page, its style and its script, built in. Open to everybody who can reach the
/// listener; what it shows comes from the API, with the reader's token.
void add_console_routes(Router& router);

}  // namespace anchal::admin
