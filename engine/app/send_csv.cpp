#include "engine/app/send_csv.h"

#include <csv.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>
#include <utility>

namespace anchal::app {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

struct CsvParser {
  CsvParser() { csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI); }
  ~CsvParser() { csv_free(&parser); }
  CsvParser(const CsvParser&) = delete;
  CsvParser& operator=(const CsvParser&) = delete;
  csv_parser parser{};
};

enum class Column { to, ref, place, text, variable };

Column column_named(std::string_view name) {
  if (name == "to") return Column::to;
  if (name == "ref") return Column::ref;
  if (name == "place") return Column::place;
  if (name == "text") return Column::text;
  return Column::variable;
}

/// Gathers the fields that libcsv calls back with into rows.
class Reader {
 public:
  Reader(const std::string& path, const std::function<bool(const CsvColumns&, CsvRow&)>& on_row)
      : path_(path), on_row_(on_row) {}

  void field(std::string_view value) {
    if (stopped()) return;
    if (!simdjson::validate_utf8(value.data(), value.size())) return fail("is not UTF-8");
    if (row_ == 1) {
      if (columns.names.empty() && value.starts_with("\xEF\xBB\xBF")) value.remove_prefix(3);
      add_column(value);
      return;
    }
    if (at_ >= columns.names.size()) return fail("has more fields than the header has columns");
    const std::string_view name = columns.names[at_++];
    switch (column_named(name)) {
      case Column::to:
        current_.recipient.to = value;
        break;
      case Column::ref:
        current_.recipient.ref = value;
        break;
      case Column::place:
        current_.recipient.place = value;
        break;
      case Column::text:
        current_.text = value;
        break;
      case Column::variable:
        current_.recipient.vars.emplace_back(name, value);
        break;
    }
  }

  void end_of_row() {
    if (stopped()) return;
    if (row_ == 1) {
      if (std::find(columns.names.begin(), columns.names.end(), "to") == columns.names.end()) {
        return fail("must name the columns, one of them 'to'");
      }
    } else if (at_ != columns.names.size()) {
      return fail("has fewer fields than the header has columns");
    } else {
      current_.line = row_;
      enough_ = !on_row_(columns, current_);
      current_ = {};
      at_ = 0;
    }
    ++row_;
  }

  /// A column's name in `what` must not break the line, nor give orders to a terminal.
  void fail(std::string what) {
    for (char& c : what) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
    }
    error = path_ + ": row " + std::to_string(row_) + " " + what;
  }

  [[nodiscard]] bool stopped() const { return enough_ || !error.empty(); }

  CsvColumns columns;
  std::string error;

 private:
  void add_column(std::string_view name) {
    if (name.empty()) return fail("has a column without a name");
    if (std::find(columns.names.begin(), columns.names.end(), name) != columns.names.end()) {
      return fail("names the column '" + std::string(name) + "' twice");
    }
    columns.names.emplace_back(name);
    const Column column = column_named(name);
    if (column == Column::variable) columns.variables.emplace_back(name);
    if (column == Column::text) columns.has_text = true;
  }

  const std::string& path_;
  const std::function<bool(const CsvColumns&, CsvRow&)>& on_row_;
  std::size_t row_ = 1;
  std::size_t at_ = 0;
  bool enough_ = false;
  CsvRow current_;
};

}  // namespace

std::expected<CsvColumns, std::string> read_csv(
    const std::string& path, const std::function<bool(const CsvColumns&, CsvRow&)>& on_row) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rb"));
  if (!file) return std::unexpected(path + ": " + std::generic_category().message(errno));
  Reader reader(path, on_row);
  const auto on_field = [](void* value, std::size_t size, void* to) {
    static_cast<Reader*>(to)->field({static_cast<const char*>(value), size});
  };
  const auto on_end = [](int, void* to) { static_cast<Reader*>(to)->end_of_row(); };

  CsvParser csv;
  std::array<char, 64 * 1024> block;
  while (!reader.stopped()) {
    const std::size_t size = std::fread(block.data(), 1, block.size(), file.get());
    if (size == 0) break;
    if (csv_parse(&csv.parser, block.data(), size, on_field, on_end, &reader) != size && !reader.stopped()) {
      reader.fail(std::string("is no CSV: ") + csv_strerror(csv_error(&csv.parser)));
    }
  }
  if (std::ferror(file.get()) != 0)
    return std::unexpected(path + ": " + std::generic_category().message(errno));
  if (!reader.stopped() && csv_fini(&csv.parser, on_field, on_end, &reader) != 0) {
    reader.fail("is no CSV: a quoted field does not end");
  }
  if (!reader.error.empty()) return std::unexpected(reader.error);
  if (reader.columns.names.empty())
    return std::unexpected(path + " is empty: the first row must name the columns");
  return std::move(reader.columns);
}

std::expected<CsvColumns, std::string> read_csv_columns(const std::string& path) {
  return read_csv(path, [](const CsvColumns&, CsvRow&) { return false; });
}

}  // namespace anchal::app
