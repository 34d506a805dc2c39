use super::*;
use crate::access::CATEGORY_SYSTEM;

fn viewer(role: Role, scopes: &str) -> Viewer {
    let scopes = scopes.split_whitespace().map(str::to_owned).collect();
    Viewer { scopes, patient: Some("p".to_owned()), ..Viewer::somebody(role) }
}

fn of(scopes: &str) -> Grant {
    Grant::of(&viewer(Role::PrimaryCare, scopes), true)
}

fn classes(grant: &Grant) -> Vec<&'static str> {
    let all = FieldClass::ALL.iter().copied();
    let free = [FieldClass::Public, FieldClass::Inherit, FieldClass::Introspection];
    let granted = all.filter(|class| !free.contains(class) && grant.grants(*class));
    granted.map(FieldClass::name).collect()
}

#[test]
fn what_is_not_exactly_a_scope_grants_nothing_and_opens_nothing() {
    for bad in [
        "patient/*.sr",
        "user/*.read",
        "user/*.*",
        "user/*",
        "user/.rs",
        "user/*.rs.rs",
        "user//*.rs",
        "user/ .rs",
        "user/*.rs?",
        "user/*.rs?category=laboratory",
        "user/Patient.rs?_id=1",
        "user/Observation.rs?category=",
        "user/Observation.rs?category=gossip",
        "user/Observation.rs?category=laboratory&code=1",
        "user/Observation.rs?category=laboratory,survey",
        "user/Observation.rs?category=http://example.org|laboratory",
        "user/Observation.rs?code=4548-4",
        "user/observation.rs",
        "user/Dragon.rs",
        "User/*.rs",
        "system/*.rs",
    ] {
        let grant = of(bad);
        assert!(grant.is_nothing() && classes(&grant).is_empty(), "{bad}");
        assert_eq!(
            of(&format!("openid {bad} user/Condition.rs")),
            of("user/Condition.rs"),
            "{bad}"
        );
    }
}

#[test]
fn a_person_whose_token_says_nothing_of_data_is_not_narrowed_and_a_system_sees_nothing() {
    for silent in ["", "openid profile launch/patient offline_access https://example.org/user/x"] {
        assert_eq!(of(silent), Grant::EVERYTHING, "{silent}");
        assert!(Grant::of(&viewer(Role::Partner, silent), true).is_nothing(), "{silent}");
    }
    let system = |scopes| Grant::of(&viewer(Role::Partner, scopes), false);
    assert!(system("user/*.rs").is_nothing() && system("patient/*.rs").is_nothing());
    assert_eq!(classes(&system("system/Condition.rs")), ["CONDITIONS"]);
}

#[test]
fn a_type_opens_the_classes_that_are_made_of_it() {
    let patient = [
        "NAME",
        "AGE_BAND",
        "IDENTITY",
        "IDENTIFIERS",
        "CONTACT",
        "LINKS",
        "SOURCE_STATUS",
        "REFRESH",
    ];
    assert_eq!(classes(&of("user/Patient.r")), patient);
    assert_eq!(classes(&of("user/Patient.s")), patient);
    assert!(!of("user/Patient.r").lists_patients() && of("user/Patient.s").lists_patients());
    assert_eq!(classes(&of("user/Observation.s")), ["OBSERVATIONS", "OBSERVATION_VALUES"]);
    assert_eq!(classes(&of("user/Condition.r")), [""; 0], "charts are found by searching");
    assert_eq!(classes(&of("user/DocumentReference.rs")), ["DOCUMENTS", "DOCUMENT_TEXT"]);
    assert_eq!(classes(&of("user/Consent.rs")), ["CONSENTS"]);
    assert_eq!(classes(&of("user/Consent.c")), [""; 0], "recording is revoking too");
    assert_eq!(classes(&of("user/Consent.cu")), ["CONSENT_RECORDING"]);
    assert_eq!(classes(&of("user/Goal.rs")), [""; 0], "goals and care plans are one class");
    assert_eq!(classes(&of("user/Goal.rs user/CarePlan.rs")), ["CARE_PLANS"]);
    assert_eq!(classes(&of("user/Endpoint.rs")), ["CONNECTOR_SETUP", "CONNECTOR_REGISTER"]);
    assert_eq!(classes(&of("user/Endpoint.cu")), ["CONNECTOR_CHANGE", "CONNECTOR_APPROVAL"]);
    let all = classes(&Grant::EVERYTHING);
    assert_eq!(classes(&of("user/*.cruds")), all);
    let reading = classes(&of("user/*.rs"));
    let writing = [
        "CONSENT_RECORDING",
        "RELATIONSHIPS",
        "CONNECTOR_CHANGE",
        "CONNECTOR_APPROVAL",
        "LINK_ADMINISTRATION",
    ];
    assert_eq!(
        all.iter().filter(|class| !reading.contains(class)).copied().collect::<Vec<_>>(),
        writing
    );
}

#[test]
fn records_of_other_types_of_a_class_stay_out() {
    let none = std::iter::empty;
    let orders = of("user/MedicationRequest.rs");
    assert_eq!(classes(&orders), ["MEDICATIONS"]);
    let records = orders.records();
    assert!(records.lets_through(RecordType::MedicationRequest, none()) && records.is_narrow());
    assert!(!records.lets_through(RecordType::MedicationDispense, none()));
    assert!(!of("user/*.rs").records().is_narrow());
    assert!(!of("user/Patient.rs user/Goal.rs").records().is_narrow());
    assert_ne!(orders.records().name(), of("user/Goal.rs").records().name());
}

#[test]
fn a_kind_of_observations_is_a_part_of_them() {
    let coded = format!("user/Observation.rs?category={CATEGORY_SYSTEM}|laboratory");
    for scope in ["user/Observation.rs?category=laboratory", &coded] {
        let grant = of(scope);
        assert_eq!(classes(&grant), ["OBSERVATIONS", "OBSERVATION_VALUES"]);
        let records = grant.records();
        let lets =
            |kinds: &[&str]| records.lets_through(RecordType::Observation, kinds.iter().copied());
        assert!(lets(&["laboratory"]) && lets(&["survey", "laboratory"]));
        assert!(!lets(&[]) && !lets(&["vital-signs"]));
        assert!(!records.lets_through(RecordType::Condition, ["laboratory"].into_iter()));
    }
    assert!(of("user/Observation.r?category=laboratory").is_nothing());
    let both = of("user/Observation.rs?category=laboratory user/Observation.rs");
    assert!(both.records().lets_through(RecordType::Observation, std::iter::empty()));
}

#[test]
fn scopes_of_a_patient_hold_for_that_patient_alone() {
    let launched = viewer(Role::PrimaryCare, "launch/patient patient/*.rs");
    assert!(Grant::of(&launched, false).is_nothing() && launched.is_bound_to_a_patient());
    assert_eq!(Grant::of(&launched, true), of("user/*.rs"));
    let both = viewer(Role::PrimaryCare, "patient/*.rs user/Patient.rs");
    assert!(!both.is_bound_to_a_patient());
    assert_eq!(Grant::of(&both, false), of("user/Patient.rs"));
    assert!(viewer(Role::Patient, "user/*.rs").is_bound_to_a_patient());
}

/// Every word over a small alphabet, as a scope: the grant is never more than that of the word in its plain form.
#[test]
fn adding_words_to_a_scope_never_adds_a_permission() {
    let (heads, tails) =
        (["user/", "patient/", "system/", "user", ""], ["*", "Goal", ".", "r", "s", "c", "?", "&"]);
    let mut tried = 0;
    for head in heads {
        for word in 0..tails.len().pow(4) {
            let letters = (0..4).map(|place| tails[word / tails.len().pow(place) % tails.len()]);
            let text = format!("{head}{}", letters.collect::<String>());
            let grant = of(&format!("user/Coverage.rs {text}"));
            assert!(!grant.permissions(RecordType::Goal).has(Permissions::UPDATE), "{text}");
            let is_plain =
                Scope::parse(&text).is_some_and(|scope| scope.context != Context::System);
            assert!(is_plain || grant == of("user/Coverage.rs"), "{text}");
            tried += 1;
        }
    }
    assert_eq!(tried, 5 * 4_096);
}
