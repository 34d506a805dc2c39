use super::*;

#[test]
fn an_admin_and_an_auditor_see_no_fact_about_a_patient() {
    let policy = Policy::default_policy();
    for role in [Role::Admin, Role::Auditor, Role::Partner] {
        assert!(!policy.sees_patients(role), "{}", role.name());
        assert!(!policy.grants(role, FieldClass::Conditions), "{}", role.name());
    }
}

#[test]
fn no_label_of_a_protected_kind_is_open_to_a_coordinator() {
    let policy = Policy::default_policy();
    let (open, medicines) = policy.labels(Role::Coordinator);
    assert_eq!(open, LabelSet::default().with(Label::Unclassified));
    assert!(medicines.is_empty());
}

#[test]
fn every_mistake_is_told_at_once_and_where_it_is() {
    let text = Policy::DEFAULT
        .replacen("\"ADMIN\",\n]", "\"ADMINN\",\n]", 1)
        .replacen("HIV  ", "HIVV ", 1)
        .replacen("IDENTITY            = \"F", "IDENTITY            = \"X", 1)
        .replacen("\"HSYSADMIN\"", "\"SYSADMIN\"", 1)
        .replacen("\"-04:00\"", "\"EST\"", 1);
    let mistakes = Policy::parse(&text).unwrap_err().to_string();
    for expected in [
        "roles: there is no role \"ADMINN\"",
        "roles: ADMIN is missing",
        "labels: HIV is missing",
        "labels: there is nothing called \"HIVV\"",
        "classes.IDENTITY: \"X\" for COORDINATOR must be F, C or -",
        "purposes.ADMIN: there is no purpose \"SYSADMIN\"",
        "of_age.utc_offset: it must be an offset from UTC",
    ] {
        assert!(mistakes.contains(expected), "{expected} is not in:\n{mistakes}");
    }
}

#[test]
fn no_policy_shows_notes_of_psychotherapy() {
    let row = Policy::DEFAULT.lines().find(|line| line.starts_with("PSYCHOTHERAPY_NOTE")).unwrap();
    for cell in ["F", "CF", "-B"] {
        let text = Policy::DEFAULT.replace(row, &row.replacen('-', cell, 1));
        let mistakes = Policy::parse(&text).unwrap_err().to_string();
        assert!(mistakes.contains("not shown by any policy"), "{cell}: {mistakes}");
    }
}

#[test]
fn half_a_policy_is_no_policy() {
    let half = &Policy::DEFAULT[..Policy::DEFAULT.len() / 2];
    assert!(Policy::parse(half).is_err());
    assert!(Policy::parse("").is_err());
}

#[test]
fn a_policy_that_does_not_say_when_children_come_of_age_is_refused() {
    let (before, rest) = Policy::DEFAULT.split_once("[of_age]").unwrap();
    let (_, after) = rest.split_once("\n\n").unwrap();
    assert!(Policy::parse(&format!("{before}{after}")).is_err());
    let silly = Policy::DEFAULT.replacen("years = 18", "years = 0", 1);
    let mistakes = Policy::parse(&silly).unwrap_err().to_string();
    assert_eq!(mistakes, "of_age.years: it must be a number from 1 to 120");
}
