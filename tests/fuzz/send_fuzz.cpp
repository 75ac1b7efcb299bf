// What the tools read: the CSV of `anchal send`, and outcome lines. The first octet chooses: any octets as a
// CSV file, a drawn table written as CSV, any octets as an outcome line, a drawn outcome. The laws: rows have
// the header's columns, in order; a written table is read as it was; an outcome that the core writes is read
// as it was meant.
#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "engine/app/send_csv.h"
#include "engine/app/send_outcomes.h"
#include "engine/core/outcome/outcome.h"
#include "smpp/text/utf8.h"
#include "tests/fuzz/reply_draw.h"

namespace {

using namespace anchal;
using namespace anchal::app;
using fuzz::check;
using fuzz::Input;

/// A file that is nowhere on a disk: read_csv() takes a path.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view contents) : file_(memfd_create("fuzz", MFD_CLOEXEC)) {
    check(write(file_, contents.data(), contents.size()) == static_cast<ssize_t>(contents.size()));
  }
  ~MemoryFile() { close(file_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }

 private:
  int file_;
};

bool is_utf8(std::string_view text) {
  const auto error = smpp::utf8::find_error(text);
  return !error || error->kind != smpp::TextErrorKind::invalid_utf8;
}

void check_any(const std::string& text) {
  const MemoryFile file(text);
  std::size_t line = 1;
  const auto columns = read_csv(file.path(), [&](const CsvColumns& header, CsvRow& row) {
    check(row.line == ++line && is_utf8(row.text) && is_utf8(row.recipient.to));
    check(row.recipient.vars.size() == header.variables.size());
    for (std::size_t i = 0; i < header.variables.size(); ++i) {
      check(row.recipient.vars[i].first == header.variables[i] && is_utf8(row.recipient.vars[i].second));
    }
    return row.line < 100;
  });
  if (columns) {
    check(!columns->names.empty() && columns->variables.size() < columns->names.size());
  } else {
    check(columns.error().starts_with(file.path()) && is_utf8(columns.error()));
    check(fuzz::is_one_line(columns.error()));
  }
  check(read_csv_columns(file.path()).has_value() || !columns);
}

std::string quoted(const std::string& field) {
  std::string out = "\"";
  for (const char c : field) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

void check_written(Input& input) {
  std::vector<CsvRow> rows(input.octet() % 5);
  std::string text = "to,first name,ref,text\r\n";
  for (CsvRow& row : rows) {
    row.recipient.to = input.text(20);
    row.recipient.vars.emplace_back("first name", input.text(40));
    row.recipient.ref = input.text(20);
    row.text = input.text(80);
    text += quoted(row.recipient.to) + ',' + quoted(row.recipient.vars[0].second) + ',' +
            quoted(row.recipient.ref) + ',' + quoted(row.text) + "\r\n";
  }
  if (!is_utf8(text)) return;
  const MemoryFile file(text);
  std::size_t at = 0;
  const auto columns = read_csv(file.path(), [&](const CsvColumns&, CsvRow& row) {
    check(at < rows.size() && row.recipient.to == rows[at].recipient.to &&
          row.recipient.ref == rows[at].recipient.ref && row.text == rows[at].text &&
          row.recipient.vars == rows[at].recipient.vars);
    ++at;
    return true;
  });
  check(columns && at == rows.size() && columns->has_text);
}

void check_outcome(Input& input) {
  core::Identity who;
  std::string job = "\"";
  for (const char c : input.text(40)) job += c == '"' || c == '\\' ? '_' : c;
  who.id_json = job + '"';
  who.index = input.number();
  who.resent = input.octet() % 2 == 0;
  const std::string error = input.text(40);
  core::OutcomeLine line{.state = "delivered",
                         .is_final = input.octet() % 2 == 0,
                         .reason = "expired",
                         .operator_name = "alpha",
                         .parts = input.octet(),
                         .error = error,
                         .until = {}};
  std::string json;
  core::write_outcome(json, who, line, WallTime{std::chrono::milliseconds(input.number())});
  const OutcomeLine read = read_outcome(json);
  check(read.json == json && "\"" + std::string(read.job) + "\"" == who.id_json);
  check(read.state == "delivered" && read.index == who.index && read.final == line.is_final);
  check(read.operator_name == "alpha" && read.reason == "expired" && read.parts == line.parts);
  check(!read.whole_job);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  switch (input.octet() % 4) {
    case 0:
      check_written(input);
      break;
    case 1:
      check_any(input.rest());
      break;
    case 2:
      check_outcome(input);
      break;
    default: {
      const std::string text = input.rest();
      const OutcomeLine line = read_outcome(text);
      for (const auto view : {line.job, line.state, line.operator_name, line.reason}) {
        check(view.empty() ||
              (view.data() >= text.data() && view.data() + view.size() <= text.data() + text.size()));
      }
    }
  }
  return 0;
}
