#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/app/send_job.h"

namespace anchal::app {

/// One line of a CSV file as its header names it.
struct CsvRow {
  std::size_t line = 0;  ///< counting rows from 1, the header being row 1
  JobRecipient recipient;
  std::string text;  ///< column `text`, where there is one
};

struct CsvColumns {
  std::vector<std::string> names;
  std::vector<std::string> variables;  ///< those that are neither to, ref, place nor text
  bool has_text = false;
};

/// Reads a CSV file (RFC 4180, UTF-8, with or without a byte order mark) whose first row names the columns:
/// `to` is required; `ref`, `place` and `text` have their meaning in the job, every other column is a
/// variable. `on_row` says whether to go on. Errors name file and row and hold no number.
std::expected<CsvColumns, std::string> read_csv(
    const std::string& path, const std::function<bool(const CsvColumns&, CsvRow&)>& on_row);

/// The first row only.
std::expected<CsvColumns, std::string> read_csv_columns(const std::string& path);

}  // namespace anchal::app
