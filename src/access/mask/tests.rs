use super::*;
use crate::access::{Directive, Policy, Standing, Verdict, Viewer};

const SUD: Label = Label::SubstanceUse;

fn viewer(role: Role) -> Viewer {
    Viewer::of_organization(role, "River County")
}

fn decide(role: Role, directives: &[Directive]) -> Option<AccessMask> {
    let policy = Policy::default_policy().without_relationships();
    let standing = Standing { directives: directives.to_vec(), ..Standing::default() };
    AccessMask::decide(&policy, &viewer(role), "p", &standing, 0)
}

fn sees(mask: &AccessMask, label: Label) -> bool {
    mask.lets_through(LabelSet::default().with(label), false)
}

#[test]
fn a_permit_opens_what_the_policy_lets_the_patient_open() {
    let permit =
        Directive::of_anybody(Verdict::Permit, &[SUD, Label::Hiv, Label::PsychotherapyNote]);
    for (role, expected) in [
        (Role::Coordinator, [true, false]),
        (Role::PrimaryCare, [true, true]),
        (Role::Caregiver, [true, false]),
    ] {
        let mask = decide(role, std::slice::from_ref(&permit)).unwrap();
        assert_eq!([sees(&mask, SUD), sees(&mask, Label::Hiv)], expected, "{role:?}");
        assert!(!sees(&mask, Label::PsychotherapyNote), "{role:?}");
        assert_eq!(mask.obligations(), [PART_2_NOTICE]);
    }
    let pharmacist =
        decide(Role::Pharmacist, &[Directive::of_anybody(Verdict::Permit, &[Label::MentalHealth])])
            .unwrap();
    let labels = LabelSet::default().with(Label::MentalHealth);
    assert!(pharmacist.lets_through(labels, true) && !pharmacist.lets_through(labels, false));
}

#[test]
fn a_denial_overrides_every_permit_in_whatever_order() {
    let (permit, denial) = (
        Directive::of_anybody(Verdict::Permit, &[SUD]),
        Directive::of_anybody(Verdict::Deny, &[SUD]),
    );
    for directives in [[permit.clone(), denial.clone()], [denial.clone(), permit]] {
        let mask = decide(Role::PrimaryCare, &directives).unwrap();
        assert!(!sees(&mask, SUD) && mask.obligations().is_empty());
    }
    let mask =
        decide(Role::PrimaryCare, &[Directive::of_anybody(Verdict::Deny, &[Label::MentalHealth])])
            .unwrap();
    assert!(!sees(&mask, Label::MentalHealth), "a denial closes what the policy opens");
}

#[test]
fn whoever_is_denied_everything_knows_no_such_patient_but_the_patient_does() {
    let denial = Directive::of_anybody(Verdict::Deny, &[]);
    assert_eq!(decide(Role::Coordinator, std::slice::from_ref(&denial)), None);
    let own =
        decide(Role::Patient, &[denial, Directive::of_anybody(Verdict::Deny, &[SUD])]).unwrap();
    assert!(sees(&own, SUD));
}

#[test]
fn a_denied_source_is_closed() {
    let denial = Directive {
        sources: BTreeSet::from(["harbor".to_owned()]),
        ..Directive::of_anybody(Verdict::Deny, &[])
    };
    let mask = decide(Role::PrimaryCare, &[denial]).unwrap();
    assert!(mask.closes("harbor") && !mask.closes("lakeside"));
}

#[test]
fn without_a_directive_the_policy_alone_decides() {
    let mask = decide(Role::Coordinator, &[]).unwrap();
    assert!(!sees(&mask, SUD) && mask.notice() == "RESTRICTED_MAY_EXIST");
    assert_eq!(mask, AccessMask::of_role(&Policy::default_policy(), &viewer(Role::Coordinator)));
}

#[test]
fn case_11_a_permit_is_over_at_the_millisecond_of_its_end() {
    const NOON: i64 = 1_795_348_800_000;
    let policy = Policy::default_policy().without_relationships();
    let permit = Directive {
        classes: vec![FieldClass::Name, FieldClass::Referrals],
        until_ms: Some(NOON),
        ..Directive::of_anybody(Verdict::Permit, &[])
    };
    let standing = Standing { directives: vec![permit], ..Standing::default() };
    let worker = viewer(Role::CommunityWorker);
    let mask = |now| AccessMask::decide(&policy, &worker, "p", &standing, now);
    assert!(mask(NOON - 1).is_some_and(|mask| mask.allows(FieldClass::Referrals)));
    assert_eq!(mask(NOON), None);
}
