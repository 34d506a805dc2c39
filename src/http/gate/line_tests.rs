use super::*;

const LIMIT: usize = 16;

fn claim(lane: Lane, tenant: u64) -> Claim {
    Claim { lane, tenant: Tenant(tenant) }
}

/// Comes so often; how many went in, waited and were turned away.
fn flood(line: &mut Line, claim: Claim, count: usize) -> (usize, usize, usize) {
    let mut seen = (0, 0, 0);
    for _ in 0..count {
        match line.come(claim, LIMIT, true) {
            Place::In => seen.0 += 1,
            Place::Waits { .. } => seen.1 += 1,
            Place::Full => seen.2 += 1,
        }
    }
    seen
}

#[test]
fn one_tenant_never_has_all_slots_and_never_the_whole_line() {
    let mut line = Line::default();
    let flooder = claim(Lane::Interactive, 1);
    assert_eq!(flood(&mut line, flooder, 100), (12, 24, 64));
    let other = claim(Lane::Interactive, 2);
    assert_eq!(flood(&mut line, other, 20), (4, 12, 4), "it gets half of the line");
    assert_eq!((line.under_way(), line.waiting()), (16, 24));
    // The poorer one has its turn until both have the same.
    for _ in 0..4 {
        line.leave(flooder);
        assert_eq!(line.next(LIMIT).map(|(_, claim)| claim), Some(other));
    }
    assert_eq!(line.next(LIMIT), None);
    line.leave(other);
    assert_eq!(line.next(LIMIT).map(|(_, claim)| claim), Some(other));
}

#[test]
fn lanes_go_in_their_order_and_push_each_other_out() {
    let mut line = Line::default();
    for tenant in 0..LIMIT as u64 {
        assert_eq!(line.come(claim(Lane::Batch, tenant + 10), LIMIT, true), Place::In);
    }
    assert_eq!(flood(&mut line, claim(Lane::Batch, 1), 30), (0, 24, 6));
    let pushed = line.come(claim(Lane::Interactive, 1), LIMIT, true);
    assert_eq!(pushed, Place::Waits { ticket: 25, instead_of: Some(24) });
    assert_eq!(line.come(claim(Lane::Emergency, 1), LIMIT, true), Place::In, "beyond the limit");
    assert_eq!(flood(&mut line, claim(Lane::Emergency, 1), 20), (11, 9, 0));
    assert_eq!(line.under_way(), LIMIT + 12);
    assert_eq!(line.next(LIMIT), None);
    line.leave(claim(Lane::Batch, 10));
    assert_eq!(line.next(LIMIT).unwrap().1.lane, Lane::Emergency);
    for _ in 0..8 {
        line.leave(claim(Lane::Emergency, 1));
        assert_eq!(line.next(LIMIT).unwrap().1.lane, Lane::Emergency);
    }
    for _ in 0..13 {
        line.leave(claim(Lane::Emergency, 1));
    }
    assert_eq!(line.next(LIMIT).unwrap().1.lane, Lane::Interactive);
    assert_eq!(line.next(LIMIT), None);
    line.leave(claim(Lane::Batch, 11));
    assert_eq!(line.next(LIMIT).unwrap().1.lane, Lane::Batch);
}

#[test]
fn a_flood_of_strangers_is_not_believed_to_be_emergencies() {
    let mut line = Line::default();
    let strange = Claim { lane: Lane::Emergency, tenant: Tenant::STRANGERS };
    for _ in 0..STRANGERS {
        assert_eq!(line.believed(strange), strange);
        assert_eq!(line.come(strange, LIMIT, true), Place::In);
    }
    assert_eq!(line.believed(strange).lane, Lane::Interactive);
    let known = claim(Lane::Emergency, 7);
    assert_eq!(line.believed(known), known);
    line.turns_out(strange, known);
    assert_eq!(line.believed(strange), strange, "one of them was somebody");
    assert_eq!((line.held_by(Tenant::STRANGERS), line.held_by(Tenant(7))), (7, 1));
}

#[test]
fn whoever_gives_up_leaves_nothing_behind() {
    let mut line = Line::default();
    let one = claim(Lane::Interactive, 1);
    assert_eq!(flood(&mut line, one, 13), (12, 1, 0));
    assert!(line.give_up(one, 1));
    assert!(!line.give_up(one, 1));
    for _ in 0..12 {
        line.leave(one);
    }
    assert_eq!((line.under_way(), line.waiting(), line.held.len()), (0, 0, 0));
    assert_eq!(line.next(LIMIT), None);
}

#[test]
fn many_streams_that_come_back_at_once_all_wait_for_their_turn() {
    let mut line = Line::default();
    assert_eq!(flood(&mut line, claim(Lane::Subscription, 1), 500), (12, 488, 0));
    assert_eq!(flood(&mut line, claim(Lane::Interactive, 2), 10), (4, 6, 0), "beside them");
    line.leave(claim(Lane::Subscription, 1));
    assert_eq!(line.next(LIMIT).unwrap().1.lane, Lane::Interactive);
    line.leave(claim(Lane::Interactive, 2));
    for _ in 0..5 {
        assert_eq!(line.next(LIMIT).unwrap().1.lane, Lane::Interactive);
        line.leave(claim(Lane::Interactive, 2));
    }
    assert_eq!(line.next(LIMIT).unwrap().1.lane, Lane::Subscription);
}

#[test]
fn without_a_flood_a_rush_has_room_and_when_one_begins_whoever_waits_goes() {
    let mut line = Line::default();
    for tenant in 0..1_000 {
        line.come(claim(Lane::Interactive, tenant), LIMIT, false);
    }
    line.come(claim(Lane::Subscription, 7), LIMIT, false);
    assert_eq!((line.under_way(), line.waiting()), (LIMIT, 1_000 - LIMIT + 1));
    assert_eq!(line.disperse().len(), 1_000 - LIMIT);
    assert_eq!(line.waiting(), 1, "a stream would only come again");
}
