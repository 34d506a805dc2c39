//! Reads metrics as strictly as the format's own checker does: what it accepts, Prometheus takes.

use std::collections::{BTreeMap, BTreeSet};

/// Labels with their values, in their order.
pub(crate) type Labels = Vec<(String, String)>;

/// One metric.
#[derive(Debug, Default)]
pub(crate) struct Family {
    pub(crate) kind: String,
    /// Each series by its whole name and labels, with its value.
    pub(crate) series: BTreeMap<(String, Labels), f64>,
}

/// All metrics by name.
#[derive(Debug, Default)]
pub(crate) struct Exposition(pub(crate) BTreeMap<String, Family>);

impl Exposition {
    /// Reads the text of an exposition, which must be well formed and well named.
    pub(crate) fn read(text: &str) -> Self {
        assert!(text.ends_with('\n'), "the last line ends");
        let mut families: BTreeMap<String, Family> = BTreeMap::new();
        let (mut name, mut helped) = (String::new(), String::new());
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (own, help) = rest.split_once(' ').expect("a metric has a help text");
                assert!(help.len() > 10 && help.ends_with('.'), "{line}");
                own.clone_into(&mut helped);
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (own, kind) = rest.split_once(' ').expect("a metric has a type");
                assert_eq!(own, helped, "the help stands before the type");
                well_named(own, kind);
                own.clone_into(&mut name);
                let family = Family { kind: kind.to_owned(), ..Family::default() };
                assert!(families.insert(name.clone(), family).is_none(), "{name} comes twice");
            } else {
                let (series, labels, value) = sample(line);
                let family = families.get_mut(&name).expect("samples follow their type");
                let ending = series.strip_prefix(name.as_str()).expect("samples stand together");
                let fits = match family.kind.as_str() {
                    "histogram" => ["_bucket", "_sum", "_count"].contains(&ending),
                    _ => ending.is_empty(),
                };
                assert!(fits && value >= 0.0, "{line}");
                let before = family.series.insert((series, labels), value);
                assert!(before.is_none(), "{line} comes twice");
            }
        }
        let exposition = Self(families);
        exposition.0.values().filter(|it| it.kind == "histogram").for_each(whole);
        exposition
    }

    /// The value of a series; 0 when there is none.
    pub(crate) fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let has = |all: &Labels| {
            labels.iter().all(|(name, value)| {
                all.iter().any(|(n, v)| (n, v) == (&(*name).to_owned(), &(*value).to_owned()))
            })
        };
        let families = self.0.values().flat_map(|family| &family.series);
        families
            .filter(|((series, all), _)| series == name && has(all))
            .map(|(_, value)| value)
            .sum()
    }

    /// How many series there are.
    pub(crate) fn count(&self) -> usize {
        self.0.values().map(|family| family.series.len()).sum()
    }

    /// The names of labels.
    pub(crate) fn labels(&self) -> BTreeSet<&str> {
        let series = self.0.values().flat_map(|family| family.series.keys());
        series.flat_map(|(_, labels)| labels).map(|(name, _)| name.as_str()).collect()
    }

    /// The names under which samples stand.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        let names = self.0.iter().flat_map(|(name, family)| match family.kind.as_str() {
            "histogram" => ["_bucket", "_sum", "_count"].map(|end| format!("{name}{end}")).to_vec(),
            _ => vec![name.clone()],
        });
        names.collect()
    }
}

fn well_named(name: &str, kind: &str) {
    let is_word = |c: char| c == '_' || c.is_ascii_lowercase() || c.is_ascii_digit();
    assert!(name.chars().all(is_word), "{name}");
    assert!(name.starts_with("caregraph_") || name.starts_with("process_"), "{name}");
    assert!(["counter", "gauge", "histogram"].contains(&kind), "{name} is a {kind}");
    assert_eq!(kind == "counter", name.ends_with("_total"), "{name}");
    for unit in [
        "_ms",
        "_milliseconds",
        "_minutes",
        "_kb",
        "_kib",
        "_percent",
        "_count",
        "_sum",
        "_bucket",
        "_info_total",
    ] {
        assert!(!name.ends_with(unit) && !name.ends_with(&format!("{unit}_total")), "{name}");
    }
    assert!(kind != "histogram" || name.ends_with("_seconds"), "{name}");
}

fn sample(line: &str) -> (String, Labels, f64) {
    let (series, value) = line.rsplit_once(' ').expect("a sample has a value");
    let value: f64 = value.parse().unwrap_or_else(|_| panic!("{line} has no number"));
    assert!(value.is_finite(), "{line}");
    let Some((name, rest)) = series.split_once('{') else {
        return (series.to_owned(), Vec::new(), value);
    };
    let mut rest = rest.strip_suffix('}').unwrap_or_else(|| panic!("{line} has no end"));
    let mut labels = Vec::new();
    while !rest.is_empty() {
        let (label, after) = rest.split_once("=\"").unwrap_or_else(|| panic!("{line}"));
        let end = end_of_value(after);
        labels.push((label.to_owned(), after[..end].to_owned()));
        rest = after[end + 1..].strip_prefix(',').unwrap_or(&after[end + 1..]);
    }
    let names: BTreeSet<&str> = labels.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names.len(), labels.len(), "{line} has a label twice");
    (name.to_owned(), labels, value)
}

fn end_of_value(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' if !escaped => return at,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    panic!("a value never ends: {text}")
}

/// The steps of a histogram grow to its count.
fn whole(family: &Family) {
    let mut steps: BTreeMap<Labels, Vec<(f64, f64)>> = BTreeMap::new();
    for ((series, labels), value) in &family.series {
        let (end, others): (Labels, Labels) = labels.iter().cloned().partition(|it| it.0 == "le");
        if series.ends_with("_bucket") {
            let end = end[0].1.replace("+Inf", "inf").parse().expect("a step ends at a number");
            steps.entry(others).or_default().push((end, *value));
        }
    }
    for (labels, mut steps) in steps {
        steps.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert!(steps.windows(2).all(|two| two[0].1 <= two[1].1), "{labels:?}: {steps:?}");
        let count =
            family.series.iter().find(|((it, own), _)| it.ends_with("_count") && *own == labels);
        let (end, last) = steps[steps.len() - 1];
        assert!(
            end.is_infinite() && count.is_some_and(|(_, count)| count.total_cmp(&last).is_eq())
        );
    }
}

#[test]
#[should_panic(expected = "samples stand together")]
fn samples_of_another_metric_are_found() {
    Exposition::read(
        "# HELP caregraph_a Something that is.\n# TYPE caregraph_a gauge\ncaregraph_b 1\n",
    );
}
