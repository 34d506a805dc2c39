use uuid::Uuid;

use super::*;
use crate::access::Role;

fn viewer(subject: &str) -> Viewer {
    Viewer { subject: subject.to_owned(), ..Viewer::somebody(Role::Coordinator) }
}

fn person(number: u128) -> PersonId {
    PersonId::new(Uuid::from_u128(number))
}

fn rates(requests_per_minute: u32, patients_per_hour: u32) -> Rates {
    Rates::new(RateLimits { requests_per_minute, patients_per_hour })
}

#[test]
fn requests_beyond_the_limit_wait_and_only_their_viewers() {
    let (rates, start) = (rates(60, 0), Instant::now());
    let (one, other) = (viewer("one"), viewer("other"));
    for _ in 0..60 {
        assert_eq!(rates.request(&one, start), Ok(()));
    }
    assert_eq!(rates.request(&one, start), Err(Duration::from_secs(1)));
    assert_eq!(rates.request(&other, start), Ok(()));
    let later = start + Duration::from_secs(1);
    assert_eq!(rates.request(&one, later), Ok(()));
    assert!(rates.request(&one, later).is_err());
    let long_after = start + 3 * MINUTE;
    assert_eq!((0..100).filter(|_| rates.request(&one, long_after).is_ok()).count(), 60);
}

#[test]
fn no_limit_is_no_limit() {
    let (rates, now, viewer) = (rates(0, 0), Instant::now(), viewer("one"));
    assert!((0..10_000).all(|_| rates.request(&viewer, now).is_ok()));
    assert!(rates.patients(&viewer, (0..10_000).map(person), true, now));
}

#[test]
fn patients_beyond_the_limit_are_refused_and_those_before_are_read_on() {
    let (rates, start) = (rates(0, 3), Instant::now());
    let one = viewer("one");
    assert!(rates.patients(&one, [person(1), person(1), person(2)], true, start));
    assert!(rates.patients(&one, [person(3)], false, start));
    assert!(!rates.patients(&one, [person(4)], false, start));
    assert!(rates.patients(&one, [person(2), person(3)], false, start));
    assert!(!rates.patients(&one, [person(1), person(4)], false, start));
    assert!(rates.patients(&viewer("other"), [person(4)], false, start));
    let after = start + HOUR;
    assert!(rates.patients(&one, [person(4), person(5), person(6)], false, after));
    assert!(!rates.patients(&one, [person(1)], false, after));
}

#[test]
fn whoever_has_no_patients_left_does_not_learn_who_is_there() {
    let (rates, now, viewer) = (rates(0, 1), Instant::now(), viewer("one"));
    assert!(rates.patients(&viewer, [], true, now));
    assert!(rates.patients(&viewer, [person(1)], false, now));
    assert!(!rates.patients(&viewer, [], true, now));
    assert!(!rates.patients(&viewer, [person(2)], false, now));
    assert!(rates.patients(&viewer, [person(1)], false, now));
}
