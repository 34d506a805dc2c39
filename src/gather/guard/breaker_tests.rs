use super::*;

struct Bench {
    breaker: Breaker,
    jitter: Jitter,
    now: Instant,
}

impl Bench {
    fn new(longest: u64) -> Self {
        let now = Instant::now();
        let longest = Duration::from_secs(longest);
        Self { breaker: Breaker::new(longest, now), jitter: Jitter::seeded(1), now }
    }

    fn tell(&self, verdict: Verdict) -> Turn {
        let pass = self.breaker.pass(self.now).expect("the source is asked");
        pass.tell(verdict, self.now, &self.jitter)
    }

    /// Fails until the source is left alone, and says for how long.
    fn open(&self) -> Duration {
        for _ in 0..IN_A_ROW {
            if let Turn::Opened(rest) = self.tell(Verdict::Fault) {
                return rest;
            }
        }
        panic!("five failures in a row are not enough");
    }
}

#[test]
fn five_failures_in_a_row_open_it_and_an_answer_between_them_does_not() {
    let bench = Bench::new(8);
    for verdict in [Verdict::Fault; 4] {
        assert_eq!(bench.tell(verdict), Turn::None);
    }
    bench.tell(Verdict::Sound);
    for _ in 0..4 {
        assert_eq!(bench.tell(Verdict::Fault), Turn::None);
    }
    // Eight of nine were bad, which is too few answers to go by.
    assert_eq!(bench.breaker.state(), BreakerState::Closed);
    assert!(matches!(bench.tell(Verdict::Fault), Turn::Opened(_)));
    assert_eq!(bench.breaker.state(), BreakerState::Open);
    assert!(bench.breaker.pass(bench.now).is_err());
}

#[test]
fn half_of_the_answers_of_ten_seconds_open_it() {
    let mut bench = Bench::new(8);
    for _ in 0..5 {
        bench.tell(Verdict::Sound);
        bench.tell(Verdict::Sound);
    }
    bench.now += Duration::from_secs(3);
    for _ in 0..4 {
        assert_eq!([bench.tell(Verdict::Fault), bench.tell(Verdict::Sound)], [Turn::None; 2]);
    }
    // The first ten answers pass out of sight: four of eight are left, then five of nine, and six of ten.
    bench.now += Duration::from_secs(7);
    assert_eq!(bench.tell(Verdict::Fault), Turn::None);
    assert!(matches!(bench.tell(Verdict::Fault), Turn::Opened(_)));
}

#[test]
fn one_looks_after_a_rest_which_doubles_to_the_longest() {
    let mut bench = Bench::new(8);
    let mut rest = bench.open();
    for expected in [1, 2, 4, 8, 8, 8] {
        let expected = Duration::from_secs(expected);
        assert!(rest >= expected && rest <= expected * 3 / 2, "{rest:?} is not {expected:?}");
        assert_eq!(bench.breaker.rest(bench.now), Some(rest));
        bench.now += rest.saturating_sub(Duration::from_millis(1));
        assert!(bench.breaker.pass(bench.now).is_err());
        bench.now += Duration::from_millis(1);
        let look = bench.breaker.pass(bench.now).unwrap();
        assert!(look.is_look());
        assert_eq!(bench.breaker.pass(bench.now).unwrap_err(), LOOKING);
        let Turn::Opened(next) = look.tell(Verdict::Fault, bench.now, &bench.jitter) else {
            panic!("a failed look leaves it open");
        };
        rest = next;
    }
    bench.now += rest;
    assert_eq!(bench.tell(Verdict::Sound), Turn::Closed);
    assert_eq!(bench.breaker.state(), BreakerState::Closed);
    let again = bench.open();
    assert!(again <= FIRST_REST * 3 / 2, "it forgot its old rests");
}

#[test]
fn a_look_that_is_called_off_or_says_nothing_lets_the_next_one_look() {
    let mut bench = Bench::new(8);
    bench.now += bench.open();
    let look = bench.breaker.pass(bench.now).unwrap();
    assert!(look.is_look());
    drop(look);
    bench.now = bench.now.max(Instant::now());
    for verdict in [Verdict::Nothing, Verdict::Busy(None)] {
        assert_eq!(bench.tell(verdict), Turn::None);
        assert_eq!(bench.breaker.rest(bench.now), None);
    }
}

#[test]
fn answers_to_old_questions_change_nothing() {
    let mut bench = Bench::new(8);
    let (late, later) =
        (bench.breaker.pass(bench.now).unwrap(), bench.breaker.pass(bench.now).unwrap());
    let rest = bench.open();
    assert_eq!(late.tell(Verdict::Sound, bench.now, &bench.jitter), Turn::None);
    assert_eq!(bench.breaker.rest(bench.now), Some(rest));
    bench.now += rest;
    let look = bench.breaker.pass(bench.now).unwrap();
    assert_eq!(later.tell(Verdict::Fault, bench.now, &bench.jitter), Turn::None);
    assert_eq!(look.tell(Verdict::Sound, bench.now, &bench.jitter), Turn::Closed);
}

#[test]
fn a_breaker_without_a_rest_never_opens() {
    let bench = Bench::new(0);
    for _ in 0..1_000 {
        assert_eq!(bench.tell(Verdict::Fault), Turn::None);
    }
}
