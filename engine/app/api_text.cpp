#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "engine/admin/problem.h"
#include "engine/app/api.h"
#include "engine/app/segments_report.h"
#include "smpp/text/utf8.h"

namespace anchal::app {

using admin::Call;
using admin::FieldError;
using admin::Response;
using nlohmann::json;

namespace {

/// The question out of the body, or every field of it that is wrong.
std::expected<SegmentsQuestion, std::vector<FieldError>> question_of(const json& body) {
  SegmentsQuestion question;
  std::vector<FieldError> errors;
  const auto text = [&](const std::string& name, const json& value, std::string& out) {
    if (value.is_string()) {
      out = value.get<std::string>();
    } else {
      errors.push_back({name, "must be a text"});
    }
  };
  const auto flag = [&](const std::string& name, const json& value, bool& out) {
    if (value.is_boolean()) {
      out = value.get<bool>();
    } else {
      errors.push_back({name, "must be true or false"});
    }
  };
  if (!body.contains("text")) errors.push_back({"text", "is required"});
  for (const auto& [name, value] : body.items()) {
    std::string ignored;
    if (name == "text") {
      text(name, value, ignored);
    } else if (name == "operator") {
      text(name, value, question.operator_name);
    } else if (name == "encoding") {
      text(name, value, question.encoding);
    } else if (name == "latin1") {
      flag(name, value, question.latin1);
    } else if (name == "transliterate") {
      flag(name, value, question.transliterate);
    } else if (name == "languages" && value.is_array()) {
      for (const json& language : value) text(name, language, question.languages.emplace_back());
    } else if (name == "languages") {
      errors.push_back({name, "must be a list of texts"});
    } else {
      errors.push_back({name.substr(0, 64), "there is no such field"});
    }
    const bool by_hand = name == "latin1" || name == "transliterate" || name == "languages";
    if (by_hand && body.contains("operator")) {
      errors.push_back({name, "is the operator's to say; leave out one of the two"});
    }
  }
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return question;
}

}  // namespace

/// `anchal segments` for programs and for people with a browser: nothing is stored or sent.
Response Api::segments(const Call& call) const {
  if (const auto error = smpp::utf8::find_error(call.request.body);
      error && error->kind == smpp::TextErrorKind::invalid_utf8) {
    return admin::problem(400, fmt::format("invalid_utf8 at octet {} of the body", error->offset));
  }
  const json body = json::parse(call.request.body, nullptr, false);
  if (!body.is_object()) return admin::problem(400, "the body must be one JSON object");
  const auto question = question_of(body);
  if (!question) return admin::problem(422, "the question cannot be read", question.error());
  const auto profile = segments_profile(*question, config_.core.operators);
  if (!profile) {
    return admin::problem(422, "the question cannot be answered",
                          {{profile.error().field, profile.error().message}});
  }
  const auto text = body["text"].get<std::string>();
  const auto report = smpp::report_segments(text, *profile);
  if (!report) {
    return admin::problem(
        422, "the text cannot be sent", {{"text", describe(report.error())}}, "refused",
        smpp::to_json(report.error(), candidates_of_refused(report.error(), text, *profile)));
  }
  return {.body = smpp::to_json(*report, text) + "\n"};
}

}  // namespace anchal::app
