use super::*;

const HOUR: i64 = 60 * 60 * 1000;

fn decide(role: Role, standing: &Standing, now: i64) -> Option<AccessMask> {
    AccessMask::decide(
        &Policy::default_policy(),
        &Viewer::of_organization(role, "Lakeside"),
        "p",
        standing,
        now,
    )
}

fn relation(kind: RelationKind, role: Role) -> Relation {
    Relation {
        kind,
        role,
        subject: Some("user-1".to_owned()),
        organization: None,
        classes: Vec::new(),
        from_ms: Some(0),
        until_ms: Some(HOUR),
        basis: "agreed".to_owned(),
    }
}

fn attested(relation: Relation) -> Attested {
    Attested { relation, at_ms: 0 }
}

/// Somebody who was of age in 1970.
fn adult() -> Option<Born> {
    Born::parse("1940-01-01")
}

fn broken(role: Role) -> BreakGlass {
    BreakGlass {
        subject: "user-1".to_owned(),
        role,
        organization: Some("Lakeside".to_owned()),
        reason: BreakGlassReason::EmergencyTreatment,
        text: "found unconscious at home".to_owned(),
        until_ms: HOUR,
        review: None,
    }
}

fn at_lakeside() -> Standing {
    Standing { organizations: ["Lakeside".to_owned()].into(), ..Standing::default() }
}

#[test]
fn without_a_relation_there_is_no_patient() {
    for role in Role::ALL {
        let own = *role == Role::Patient;
        assert_eq!(decide(*role, &Standing::default(), 0).is_some(), own, "{role:?}");
    }
}

#[test]
fn a_relation_counts_for_its_viewer_in_its_role_in_its_time() {
    let role = Role::Coordinator;
    let good = relation(RelationKind::CareTeam, role);
    for (relation, now, expected) in [
        (good.clone(), 0, true),
        (good.clone(), HOUR, false),
        (good.clone(), -1, false),
        (Relation { role: Role::Specialist, ..good.clone() }, 0, false),
        (Relation { subject: Some("user-2".to_owned()), ..good.clone() }, 0, false),
        (Relation { organization: Some("Elsewhere".to_owned()), ..good.clone() }, 0, false),
        (Relation { subject: None, ..good.clone() }, 0, false),
        (
            Relation { subject: None, organization: Some("Lakeside".to_owned()), ..good.clone() },
            0,
            true,
        ),
        (relation(RelationKind::Proxy, role), 0, false),
    ] {
        let standing = Standing {
            relations: vec![attested(relation.clone())],
            born: adult(),
            ..Standing::default()
        };
        assert_eq!(decide(role, &standing, now).is_some(), expected, "{relation:?} at {now}");
    }
    assert!(decide(Role::PrimaryCare, &at_lakeside(), 0).is_some());
    assert!(decide(Role::CommunityWorker, &at_lakeside(), 0).is_none());
}

#[test]
fn a_proxy_sees_what_was_granted_and_no_more() {
    let grant = Relation {
        classes: vec![FieldClass::Appointments],
        ..relation(RelationKind::Proxy, Role::Caregiver)
    };
    let standing =
        Standing { relations: vec![attested(grant)], born: adult(), ..Standing::default() };
    let mask = decide(Role::Caregiver, &standing, 0).unwrap();
    assert!(mask.allows(FieldClass::Appointments) && mask.allows(FieldClass::Public));
    assert!(!mask.allows(FieldClass::Conditions) && !mask.allows(FieldClass::Identity));
    assert!(decide(Role::Caregiver, &standing, HOUR).is_none());
}

#[test]
fn a_broken_glass_opens_what_the_policy_says_until_it_is_over() {
    let sees = |mask: &AccessMask, label| mask.lets_through(LabelSet::default().with(label), false);
    for role in [Role::PrimaryCare, Role::Specialist, Role::Pharmacist] {
        let standing = Standing { broken: vec![broken(role)], ..Standing::default() };
        let mask = decide(role, &standing, HOUR - 1).unwrap();
        assert!(sees(&mask, Label::SubstanceUse) && sees(&mask, Label::Part2), "{role:?}");
        assert!(!sees(&mask, Label::PsychotherapyNote), "{role:?}");
        assert_eq!(mask.purpose(), PurposeOfUse::Btg);
        assert_eq!(mask.obligations().len(), 1, "the Part 2 notice travels along");
        assert!(decide(role, &standing, HOUR).is_none(), "{role:?}");
    }
    let other = Standing {
        broken: vec![BreakGlass { subject: "user-2".to_owned(), ..broken(Role::PrimaryCare) }],
        ..Standing::default()
    };
    assert!(decide(Role::PrimaryCare, &other, 0).is_none());
}

#[test]
fn in_an_emergency_a_denial_holds_only_if_it_says_so() {
    let denial = |even_in_emergency| Directive {
        even_in_emergency,
        ..Directive::of_anybody(Verdict::Deny, &[])
    };
    for (even, broke, expected) in [(false, false, false), (false, true, true), (true, true, false)]
    {
        let standing = Standing {
            directives: vec![denial(even)],
            broken: if broke { vec![broken(Role::PrimaryCare)] } else { Vec::new() },
            ..at_lakeside()
        };
        assert_eq!(decide(Role::PrimaryCare, &standing, 0).is_some(), expected, "{even} {broke}");
    }
}

#[test]
fn case_20_nobody_looks_at_their_own_record_in_another_role() {
    let own = relation(RelationKind::OneSelf, Role::Patient);
    for broken in [Vec::new(), vec![broken(Role::PrimaryCare)]] {
        let standing = Standing { relations: vec![attested(own.clone())], broken, ..at_lakeside() };
        assert_eq!(decide(Role::PrimaryCare, &standing, 0), None);
        assert!(decide(Role::Patient, &standing, 0).is_some());
    }
    let others = Relation { subject: Some("user-2".to_owned()), ..own };
    let standing = Standing { relations: vec![attested(others)], ..at_lakeside() };
    assert!(decide(Role::PrimaryCare, &standing, 0).is_some());
}

#[test]
fn case_07_a_proxy_recorded_for_a_child_ends_on_the_day_they_come_of_age() {
    const DAY: i64 = 24 * HOUR;
    let for_ever = Relation { until_ms: None, ..relation(RelationKind::Proxy, Role::Caregiver) };
    // Eighteen on 1970-01-11, which begins at 04:00 UTC by the policy's offset.
    let standing = |at_ms| Standing {
        relations: vec![Attested { relation: for_ever.clone(), at_ms }],
        born: Born::parse("1952-01-11"),
        ..Standing::default()
    };
    let midnight = 10 * DAY + 4 * HOUR;
    for (recorded, now, expected) in [
        (0, midnight - 1, true),
        (0, midnight, false),
        (midnight - 1, midnight, false),
        (midnight, midnight, true),
        (midnight, midnight + 10_000 * DAY, true),
    ] {
        let mask = decide(Role::Caregiver, &standing(recorded), now);
        assert_eq!(mask.is_some(), expected, "recorded at {recorded}, at {now}");
    }
    let unknown = Standing { born: None, ..standing(0) };
    assert!(decide(Role::Caregiver, &unknown, 0).is_none(), "nobody knows how old they are");
    let (policy, mut reasons) = (Policy::default_policy(), vec![]);
    let viewer = Viewer::of_organization(Role::Caregiver, "Lakeside");
    let mut tell = |reason: Reason| reasons.push(reason);
    AccessMask::decide_telling(&policy, &viewer, "p", &standing(0), midnight, &mut tell);
    assert_eq!(reasons, [Reason::CameOfAge, Reason::Unrelated]);
}
