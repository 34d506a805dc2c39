//! Opening hours as one line that a person can read.
//!
//! A schedule is an RFC 5545 rule in pieces. What the pieces say is put into words; nothing is computed, so
//! a rule that makes no sense stays visible as the source wrote it.

use super::lenient::Text;
use super::text::{LINE, clean};
use super::wire::Schedule;

/// The schedule in words, if it says anything.
pub(super) fn line(schedule: &Schedule) -> Option<String> {
    let when: Vec<String> = [days(schedule), times(schedule)].into_iter().flatten().collect();
    let limits: Vec<String> =
        [zone(schedule), rhythm(schedule), count(schedule), validity(schedule)]
            .into_iter()
            .flatten()
            .collect();
    let words = said(&schedule.description).or_else(|| said(&schedule.notes));
    let mut line = when.join(" ");
    if !limits.is_empty() {
        let gap = if line.is_empty() { "" } else { " " };
        line = format!("{line}{gap}({})", limits.join("; "));
    }
    let line = match (line.is_empty(), words) {
        (true, words) => words?,
        (false, None) => line,
        (false, Some(words)) => format!("{line}: {words}"),
    };
    clean(&line, LINE)
}

fn days(schedule: &Schedule) -> Option<String> {
    let freq = said(&schedule.freq).unwrap_or_default().to_ascii_uppercase();
    let list = |text: &Text| said(text).map(|text| text.replace(' ', "").replace(',', ", "));
    let mut parts = Vec::new();
    if let Some(days) = said(&schedule.byday) {
        let names: Vec<String> = days.split(',').map(|day| weekday(day.trim())).collect();
        parts.push(names.join(", "));
    }
    // The other pieces only count under the frequency that they belong to.
    if freq == "MONTHLY" {
        parts.extend(list(&schedule.bymonthday).map(|days| format!("day {days} of the month")));
    }
    if freq == "WEEKLY" {
        parts.extend(list(&schedule.byweekno).map(|weeks| format!("in week {weeks}")));
    }
    if freq == "YEARLY" {
        parts.extend(list(&schedule.byyearday).map(|days| format!("day {days} of the year")));
    }
    if parts.is_empty() && freq == "DAILY" {
        parts.push("daily".into());
    }
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// `MO` as `Mon`, `2MO` as `2nd Mon`, `-1FR` as `last Fri`; anything else as written.
fn weekday(code: &str) -> String {
    const NAMES: [(&str, &str); 7] = [
        ("MO", "Mon"),
        ("TU", "Tue"),
        ("WE", "Wed"),
        ("TH", "Thu"),
        ("FR", "Fri"),
        ("SA", "Sat"),
        ("SU", "Sun"),
    ];
    let upper = code.to_ascii_uppercase();
    let found = NAMES.iter().find_map(|(code, name)| Some((upper.strip_suffix(code)?, *name)));
    let Some((which, name)) = found else { return code.to_owned() };
    let which = match which.trim_start_matches('+') {
        "" => return name.to_owned(),
        "1" => "1st",
        "2" => "2nd",
        "3" => "3rd",
        "4" => "4th",
        "5" => "5th",
        "-1" => "last",
        "-2" => "2nd last",
        _ => return code.to_owned(),
    };
    format!("{which} {name}")
}

fn times(schedule: &Schedule) -> Option<String> {
    // `10:00:00` says no more than `10:00`.
    let time = |text: &Text| {
        said(text).map(|text| match text.strip_suffix(":00") {
            Some(short) if short.contains(':') && text.len() == 8 => short.to_owned(),
            _ => text,
        })
    };
    match (time(&schedule.opens_at), time(&schedule.closes_at)) {
        (Some(opens), Some(closes)) => Some(format!("{opens}–{closes}")),
        (Some(opens), None) => Some(format!("from {opens}")),
        (None, Some(closes)) => Some(format!("until {closes}")),
        (None, None) => None,
    }
}

/// The specification has a number of hours here; names of zones are seen as well.
fn zone(schedule: &Schedule) -> Option<String> {
    schedule.opens_at.0.as_ref().or(schedule.closes_at.0.as_ref())?;
    let zone = said(&schedule.timezone)?;
    Some(match zone.parse::<f64>() {
        Ok(hours) => format!("UTC{hours:+}"),
        Err(_) => zone,
    })
}

fn rhythm(schedule: &Schedule) -> Option<String> {
    let every = schedule.interval.0.filter(|every| *every > 1.0)?;
    let unit = match said(&schedule.freq)?.to_ascii_uppercase().as_str() {
        "DAILY" => "days",
        "WEEKLY" => "weeks",
        "MONTHLY" => "months",
        "YEARLY" => "years",
        _ => return None,
    };
    let start = said(&schedule.dtstart).map(|start| format!(", starting {start}"));
    Some(format!("every {every} {unit}{}", start.unwrap_or_default()))
}

fn count(schedule: &Schedule) -> Option<String> {
    let times = schedule.count.0.filter(|times| *times >= 1.0)?;
    Some(if times > 1.0 { format!("{times} times") } else { "once".to_owned() })
}

fn validity(schedule: &Schedule) -> Option<String> {
    let end = said(&schedule.valid_to).or_else(|| said(&schedule.until));
    match (said(&schedule.valid_from), end) {
        (Some(from), Some(to)) => Some(format!("valid {from} to {to}")),
        (Some(from), None) => Some(format!("valid from {from}")),
        (None, Some(to)) => Some(format!("valid until {to}")),
        (None, None) => None,
    }
}

fn said(text: &Text) -> Option<String> {
    clean(text.0.as_deref()?, LINE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(schedule: &str, expected: Option<&str>) {
        let schedule: Schedule = serde_json::from_str(schedule).unwrap();
        assert_eq!(line(&schedule).as_deref(), expected);
    }

    #[test]
    fn a_weekly_rule_reads_as_days_and_hours() {
        check(
            r#"{"freq": "WEEKLY", "byday": "MO,TU,we", "opens_at": "09:00:00", "closes_at": "17:30"}"#,
            Some("Mon, Tue, Wed 09:00–17:30"),
        );
    }

    #[test]
    fn a_monthly_rule_says_which_day() {
        check(
            r#"{"freq": "MONTHLY", "byday": "2MO,-1FR", "interval": "2", "dtstart": "2026-01-12"}"#,
            Some("2nd Mon, last Fri (every 2 months, starting 2026-01-12)"),
        );
        check(r#"{"freq": "MONTHLY", "bymonthday": "1, 15"}"#, Some("day 1, 15 of the month"));
    }

    #[test]
    fn limits_stand_in_brackets_and_words_at_the_end() {
        check(
            r#"{"byday": "SA", "opens_at": "10:00", "timezone": -5, "valid_from": "2026-01-01",
                "valid_to": "2026-03-31", "description": "Ring the bell."}"#,
            Some("Sat from 10:00 (UTC-5; valid 2026-01-01 to 2026-03-31): Ring the bell."),
        );
        check(r#"{"description": " By appointment "}"#, Some("By appointment"));
    }

    #[test]
    fn nonsense_is_shown_as_written_and_silence_is_nothing() {
        check(r#"{"byday": "whenever", "closes_at": 18}"#, Some("whenever until 18"));
        check(r#"{"id": "x", "timezone": 3, "freq": "WEEKLY", "description": null}"#, None);
    }
}
