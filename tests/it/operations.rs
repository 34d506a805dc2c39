//! The dashboard and the alert rules that we bring along fit what a running gateway gives.

use std::collections::BTreeSet;
use std::path::Path;

use caregraph_sandbox::Role;
use serde_json::Value;
use yaml_rust2::{Yaml, YamlLoader};

use crate::answer::{items, text};
use crate::exposition::Exposition;
use crate::gateway::{TestGateway, run};
use crate::metrics::scrape;

/// Words of `PromQL` that are no metrics.
const WORDS: [&str; 17] = [
    "sum",
    "min",
    "max",
    "by",
    "on",
    "and",
    "or",
    "unless",
    "rate",
    "increase",
    "time",
    "avg",
    "without",
    "bool",
    "histogram_quantile",
    "label_values",
    "count",
];

/// Labels that Prometheus adds.
const ADDED: [&str; 2] = ["instance", "job"];

fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What stands in an expression.
#[derive(Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Sign(char),
}

fn tokens(expression: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = expression.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '$' | ':');
        let length = if first == '"' {
            let end =
                rest[1..].find('"').unwrap_or_else(|| panic!("a text never ends: {expression}"));
            tokens.push(Token::Text(rest[1..=end].to_owned()));
            end + 2
        } else if is_word(first) {
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            tokens.push(Token::Word(rest[..end].to_owned()));
            end
        } else {
            tokens.push(Token::Sign(first));
            first.len_utf8()
        };
        rest = rest[length..].trim_start();
    }
    tokens
}

/// Says what is wrong with an expression, given what there is.
fn mistakes(expression: &str, known: &Exposition) -> Vec<String> {
    let (names, labels) = (known.names(), known.labels());
    let (mut open, mut wrong, mut metric) = (Vec::new(), Vec::new(), String::new());
    let tokens = tokens(expression);
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Sign(sign @ ('(' | '[' | '{')) => open.push((*sign, at)),
            Token::Sign(sign @ (')' | ']' | '}')) => {
                let fits = matches!(
                    (open.pop().map(|it| it.0), sign),
                    (Some('('), ')') | (Some('['), ']') | (Some('{'), '}')
                );
                if !fits {
                    wrong.push(format!("{sign} closes nothing"));
                }
            }
            Token::Word(word) => {
                let is_number = word.starts_with(|c: char| c.is_ascii_digit() || c == '$');
                let before = open.last().and_then(|(_, at)| tokens.get(at.checked_sub(1)?));
                let is_after = |word: &str| before == Some(&Token::Word(word.to_owned()));
                let is_second = at > 0 && tokens[at - 1] == Token::Sign(',');
                let is_label = match open.last() {
                    Some(('{', _)) => true,
                    Some(('(', _)) if is_after("label_values") => is_second,
                    Some(('(', _)) => ["by", "on", "without"].into_iter().any(is_after),
                    _ => false,
                };
                if is_number || WORDS.contains(&word.as_str()) {
                    continue;
                }
                let is_known = if is_label {
                    labels.contains(word.as_str()) || ADDED.contains(&word.as_str())
                } else {
                    word == "up" || names.contains(word)
                };
                if !is_known {
                    wrong.push(format!("there is no {word}"));
                } else if !is_label {
                    metric.clone_from(word);
                }
            }
            Token::Text(value) => wrong.extend(unknown_value(&tokens[..at], &metric, value, known)),
            Token::Sign(_) => {}
        }
    }
    wrong.extend(open.iter().map(|(sign, _)| format!("{sign} is never closed")));
    wrong
}

/// Of a label whose values are words of the program, each that is named must be one of them.
fn unknown_value(before: &[Token], metric: &str, value: &str, known: &Exposition) -> Vec<String> {
    let label = before.iter().rev().find_map(|token| match token {
        Token::Word(word) => Some(word.as_str()),
        Token::Text(_) | Token::Sign(_) => None,
    });
    let label = label.unwrap_or_default();
    if value.starts_with('$') || metric == "up" || ADDED.contains(&label) {
        return Vec::new();
    }
    let has = |value: &str| {
        let all = known.0.values().flat_map(|family| family.series.keys());
        all.filter(|(name, _)| name == metric)
            .any(|(_, labels)| labels.iter().any(|it| it.0 == label && it.1 == value))
    };
    let wanted = value.split('|').filter(|value| !has(value));
    wanted.map(|value| format!("{metric} has no {label}={value:?}")).collect()
}

#[test]
fn alerts_and_dashboard_name_only_what_there_is() {
    run(async {
        // With a Redis and a collector that are not there: they are told of as well.
        let builder = TestGateway::builder().patients(2).shape(|shape| {
            shape.cache = "redis = \"redis://127.0.0.1:1\"";
            shape.extra =
                "\n[telemetry]\nmetrics = \"127.0.0.1:0\"\notlp = \"http://127.0.0.1:1\"\n"
                    .to_owned();
        });
        let gateway = builder.start().await;
        gateway.ask(Role::PrimaryCare, "{ me { role } }", Value::Null).await;
        let known = scrape(&gateway).await;
        gateway.stop().await;
        let mut expressions: Vec<String> = alerts().iter().map(|rule| word(rule, "expr")).collect();
        let rules = expressions.len();
        let dashboard: Value = serde_json::from_str(&file("ops/grafana/caregraph.json"))
            .expect("the dashboard is JSON");
        for panel in items(&dashboard["panels"]) {
            let targets = items(&panel["targets"]).iter();
            expressions.extend(targets.map(|target| text(&target["expr"])));
        }
        let variables = items(&dashboard["templating"]["list"]).iter();
        expressions.extend(variables.map(|it| text(&it["query"])).filter(|it| it != "prometheus"));
        assert!(rules >= 15 && expressions.len() > rules + 15);
        let wrong: Vec<String> = expressions
            .iter()
            .flat_map(|it| {
                mistakes(it, &known).into_iter().map(move |what| format!("{what}: {it}"))
            })
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    });
}

fn alerts() -> Vec<Yaml> {
    let documents =
        YamlLoader::load_from_str(&file("ops/prometheus/alerts.yml")).expect("it is YAML");
    let groups = documents[0]["groups"].as_vec().expect("there are groups").iter();
    let rules = groups.flat_map(|group| group["rules"].as_vec().expect("a group has rules"));
    rules.cloned().collect()
}

fn word(rule: &Yaml, key: &str) -> String {
    rule[key].as_str().unwrap_or_else(|| panic!("{key} is missing in {rule:?}")).to_owned()
}

#[test]
fn each_metric_stands_in_the_manual() {
    run(async {
        let builder = TestGateway::builder().patients(2).shape(|shape| {
            shape.extra = "\n[telemetry]\nmetrics = \"127.0.0.1:0\"\n".to_owned();
        });
        let gateway = builder.start().await;
        let known = scrape(&gateway).await;
        gateway.stop().await;
        let manual = file("docs/operators.md");
        let missing: Vec<&String> = known
            .0
            .keys()
            .filter(|name| {
                let short = name.strip_prefix("caregraph_").unwrap_or(name);
                !manual.contains(&format!("`{short}`"))
            })
            .collect();
        assert!(
            known.0.len() > 40 && missing.is_empty(),
            "{missing:?} are not in docs/operators.md"
        );
    });
}

#[test]
fn each_alert_says_what_to_do_and_stands_in_the_manual() {
    let manual = file("docs/operators.md");
    let mut names = BTreeSet::new();
    for rule in alerts() {
        let name = word(&rule, "alert");
        assert!(manual.contains(&format!("`{name}`")), "{name} is not in docs/operators.md");
        assert!(["page", "ticket"].contains(&word(&rule["labels"], "severity").as_str()), "{name}");
        for key in ["summary", "action"] {
            let sentence = word(&rule["annotations"], key);
            assert!(sentence.len() > 20 && sentence.ends_with('.'), "{name}: {sentence}");
        }
        assert!(names.insert(name), "{rule:?} comes twice");
    }
}

#[test]
fn mistakes_in_expressions_are_found() {
    let text = "# HELP caregraph_a_total Something that is.\n# TYPE caregraph_a_total counter\ncaregraph_a_total{state=\"on\"} 1\n";
    let known = Exposition::read(text);
    let good = "sum by (state, instance) (rate(caregraph_a_total{state=~\"on\",instance=~\"$instance\"}[5m])) > 0.5";
    assert_eq!(mistakes(good, &known), Vec::<String>::new());
    for bad in [
        "rate(caregraph_a_total[5m]",
        "rate(caregraph_b_total[5m])",
        "caregraph_a_total{status=\"on\"}",
        "caregraph_a_total{state=\"off\"}",
        "sum by (status) (caregraph_a_total)",
        "caregraph_a_total]",
    ] {
        assert!(!mistakes(bad, &known).is_empty(), "{bad}");
    }
}
