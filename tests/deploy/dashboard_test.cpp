// Whatever asks for a metric must ask for one that the catalogue knows, by labels that it has.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "metrics/catalogue.h"

namespace anchal {
namespace {

const std::string kDeploy = ANCHAL_SOURCE_DIR "/deploy/";

std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Name as it is queried, to the labels it may be queried by.
std::map<std::string, std::set<std::string>> queryable() {
  std::map<std::string, std::set<std::string>> out;
  for (const auto& description : metrics::describe()) {
    std::set<std::string> labels{"instance", "job"};
    for (const auto& label : description.labels) labels.insert(label.key);
    if (description.kind != metrics::Kind::histogram) {
      out[description.name] = labels;
      continue;
    }
    out[description.name + "_sum"] = labels;
    out[description.name + "_count"] = labels;
    labels.insert("le");
    out[description.name + "_bucket"] = labels;
  }
  return out;
}

void collect(const nlohmann::json& value, std::vector<std::string>& expressions) {
  if (value.is_object()) {
    for (const auto& [key, inner] : value.items()) {
      if ((key == "expr" || key == "query") && inner.is_string() && inner != "prometheus") {
        expressions.push_back(inner.get<std::string>());
      }
      collect(inner, expressions);
    }
  } else if (value.is_array()) {
    for (const auto& inner : value) collect(inner, expressions);
  }
}

std::vector<std::string> dashboard_expressions() {
  std::vector<std::string> out;
  collect(nlohmann::json::parse(read(kDeploy + "grafana/anchal.json")), out);
  return out;
}

/// The metrics a text names that the catalogue does not know.
std::vector<std::string> unknown_metrics(const std::string& text) {
  static const std::regex name(R"(\b(anchal|process)_[a-z0-9_]+)");
  const auto known = queryable();
  std::vector<std::string> out;
  for (std::sregex_iterator at(text.begin(), text.end(), name), end; at != end; ++at) {
    if (!known.contains(at->str())) out.push_back(at->str());
  }
  return out;
}

/// Values asked of labels with a closed set that are not in it: such a query is silent for ever.
std::vector<std::string> unknown_values(const std::string& text) {
  static const std::regex selector(R"(\b((?:anchal)_[a-z0-9_]+)\{([^}]*)\})");
  static const std::regex matcher(R"re(([a-z_]+)\s*(?:=~|!~|!=|=)\s*"([^"]*)")re");
  static const std::regex alternative(R"([^|]+)");
  std::vector<std::string> out;
  for (std::sregex_iterator at(text.begin(), text.end(), selector), end; at != end; ++at) {
    for (const auto& description : metrics::describe()) {
      if (!(*at)[1].str().starts_with(description.name)) continue;
      const auto inside = (*at)[2].str();
      for (std::sregex_iterator asked(inside.begin(), inside.end(), matcher); asked != end; ++asked) {
        const auto values = (*asked)[2].str();
        for (const auto& label : description.labels) {
          if (label.key != (*asked)[1].str() || label.values.empty()) continue;
          for (std::sregex_iterator value(values.begin(), values.end(), alternative); value != end; ++value) {
            if (std::ranges::find(label.values, value->str()) == label.values.end()) {
              out.push_back(description.name + " with " + label.key + " " + value->str());
            }
          }
        }
      }
    }
  }
  return out;
}

/// Selectors and aggregations of an expression that use a label its metric does not have.
std::vector<std::string> unknown_labels(const std::string& expression) {
  static const std::regex selector(R"(\b((?:anchal|process)_[a-z0-9_]+)\{([^}]*)\})");
  static const std::regex matcher(R"(([a-z_]+)\s*(?:=~|!~|!=|=))");
  static const std::regex grouping(R"(\bby \(([a-z_, ]+)\))");
  static const std::regex word(R"([a-z_]+)");
  const auto known = queryable();
  std::vector<std::string> out;
  std::set<std::string> all;
  for (std::sregex_iterator at(expression.begin(), expression.end(), selector), end; at != end; ++at) {
    const auto metric = known.find((*at)[1].str());
    if (metric == known.end()) continue;
    all.insert(metric->second.begin(), metric->second.end());
    const auto inside = (*at)[2].str();
    for (std::sregex_iterator label(inside.begin(), inside.end(), matcher); label != end; ++label) {
      if (!metric->second.contains((*label)[1].str()))
        out.push_back(metric->first + " by " + (*label)[1].str());
    }
  }
  for (std::sregex_iterator at(expression.begin(), expression.end(), grouping), end;
       at != end && !all.empty(); ++at) {
    const auto inside = (*at)[1].str();
    for (std::sregex_iterator label(inside.begin(), inside.end(), word); label != end; ++label) {
      if (!all.contains(label->str())) out.push_back(expression + " by " + label->str());
    }
  }
  return out;
}

TEST(Dashboard, AsksOnlyForMetricsOfTheCatalogue) {
  const auto expressions = dashboard_expressions();
  EXPECT_GT(expressions.size(), 30U);
  for (const auto& expression : expressions) {
    EXPECT_NE(expression.find('_'), std::string::npos) << expression;
    EXPECT_EQ(unknown_metrics(expression), std::vector<std::string>{}) << expression;
    EXPECT_EQ(unknown_labels(expression), std::vector<std::string>{}) << expression;
    EXPECT_EQ(unknown_values(expression), std::vector<std::string>{}) << expression;
  }
}

TEST(Dashboard, TheCheckWouldFindAMistake) {
  EXPECT_EQ(unknown_metrics("rate(anchal_nothing_total[1m])"),
            std::vector<std::string>{"anchal_nothing_total"});
  EXPECT_EQ(unknown_metrics("rate(anchal_submit_response_seconds[1m])").size(), 1U);
  EXPECT_EQ(unknown_labels("sum by (tenant) (anchal_bind_up{operator=\"a\"})").size(), 1U);
  EXPECT_EQ(unknown_labels("anchal_bind_up{lane=\"a\"}").size(), 1U);
  EXPECT_EQ(unknown_values("rate(anchal_receipts_total{operator=\"a\",result=~\"matched|lost\"}[1m])").size(),
            1U);
}

TEST(Dashboard, PanelsHaveTheirOwnPlaceAndName) {
  const auto dashboard = nlohmann::json::parse(read(kDeploy + "grafana/anchal.json"));
  std::set<int> ids;
  std::vector<std::vector<char>> taken(200, std::vector<char>(24));
  for (const auto& panel : dashboard.at("panels")) {
    EXPECT_TRUE(ids.insert(panel.at("id").get<int>()).second) << panel.at("title");
    EXPECT_FALSE(panel.at("title").get<std::string>().empty());
    const auto& at = panel.at("gridPos");
    for (int y = at.at("y"); y < at.at("y").get<int>() + at.at("h").get<int>(); ++y) {
      for (int x = at.at("x"); x < at.at("x").get<int>() + at.at("w").get<int>(); ++x) {
        auto& cell = taken.at(static_cast<std::size_t>(y)).at(static_cast<std::size_t>(x));
        EXPECT_EQ(cell, 0) << panel.at("title") << " lies on another panel";
        cell = 1;
      }
    }
  }
}

TEST(Alerts, AskOnlyForMetricsOfTheCatalogue) {
  EXPECT_EQ(unknown_metrics(read(kDeploy + "prometheus/alerts.yml")), std::vector<std::string>{});
  EXPECT_EQ(unknown_metrics(read(kDeploy + "prometheus/alerts_test.yml")), std::vector<std::string>{});
  EXPECT_EQ(unknown_values(read(kDeploy + "prometheus/alerts.yml")), std::vector<std::string>{});
  EXPECT_EQ(unknown_values(read(kDeploy + "prometheus/alerts_test.yml")), std::vector<std::string>{});
}

TEST(Alerts, EachHasATestThatMakesItSpeak) {
  const auto rules = read(kDeploy + "prometheus/alerts.yml");
  const auto tests = read(kDeploy + "prometheus/alerts_test.yml");
  static const std::regex alert(R"(- alert: (\w+))");
  int count = 0;
  for (std::sregex_iterator at(rules.begin(), rules.end(), alert), end; at != end; ++at, ++count) {
    EXPECT_NE(tests.find("alertname=\"" + (*at)[1].str() + "\""), std::string::npos) << (*at)[1];
  }
  EXPECT_GT(count, 10);
}

}  // namespace
}  // namespace anchal
