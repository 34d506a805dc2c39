//! What a person was given to take: by whom, since when, until when, and whether it is fetched.

use time::Date;

use super::{Held, first_known, problem::Problem};
use crate::{
    day,
    dice::Dice,
    person::Person,
    site::Site,
    terms::{
        drugs::{DRUGS, Drug, drug},
        problems::{Care, Course},
    },
};

/// One clinical drug of one person.
pub(crate) struct Therapy {
    pub(crate) drug: &'static Drug,
    /// The diagnosis that it is for.
    pub(crate) reason: &'static str,
    pub(crate) start: Date,
    pub(crate) stop: Option<Date>,
    pub(crate) prescriber: Site,
    /// The clinics that have it on their list.
    pub(crate) held: Held,
    /// The pharmacy has it: when it was handed over, newest first.
    pub(crate) fills: Vec<Date>,
    /// How many days one fill lasts.
    pub(crate) supply: u32,
}

impl Therapy {
    /// The key of the fact, the same at every site.
    pub(crate) fn key(&self) -> String {
        format!("medication/{}", self.drug.rxcui)
    }
}

/// The drugs of the featured patient, with the traps that the demo is about.
const FEATURED: [&str; 12] = [
    "314076", "861007", "617310", "313988", "200033", "1364445", "855332", "966224", "310431",
    "312941", "1483744", "308191",
];
const LISINOPRIL: &str = "314076";

pub(crate) fn all(person: &Person, problems: &[Problem]) -> Vec<Therapy> {
    let dice = person.dice.fork("therapies");
    let stayed = problems
        .iter()
        .any(|problem| problem.term.care == Care::Hospital && problem.held.has(Site::Stmary));
    let mut therapies: Vec<Therapy> = Vec::new();
    for problem in problems {
        for drug in choose(person, problem, &dice) {
            if therapies.iter().any(|known| known.drug.rxcui == drug.rxcui) {
                continue;
            }
            let therapy = Therapy::throw(person, problem, drug, stayed, dice.fork(drug.rxcui));
            let other =
                therapy.other_strength(person, dice.fork(drug.rxcui).fork("other strength"));
            therapies.push(therapy);
            therapies.extend(other);
        }
    }
    therapies
}

fn choose(person: &Person, problem: &Problem, dice: &Dice) -> Vec<&'static Drug> {
    let mut fitting =
        DRUGS.iter().filter(|drug| drug.treats.contains(&problem.term.key)).collect::<Vec<_>>();
    if person.featured() {
        fitting.retain(|drug| FEATURED.contains(&drug.rxcui));
        return fitting;
    }
    let mut dice = dice.fork("choice").fork(problem.term.key);
    let wanted = if fitting.len() > 2 && dice.percent(40) { 2 } else { 1 };
    while fitting.len() > wanted {
        fitting
            .swap_remove(usize::try_from(dice.below(fitting.len() as u64)).expect("an index fits"));
    }
    if dice.percent(15) {
        fitting.clear();
    }
    fitting
}

impl Therapy {
    /// A drug that is ordered today for the first time.
    pub(crate) fn new(drug: &'static Drug, prescriber: Site, today: Date) -> Self {
        Self {
            drug,
            reason: drug.treats.first().copied().unwrap_or("hypertension"),
            start: today,
            stop: None,
            prescriber,
            held: Held::by(prescriber),
            fills: Vec::new(),
            supply: 30,
        }
    }

    fn throw(
        person: &Person,
        problem: &Problem,
        drug: &'static Drug,
        stayed: bool,
        mut dice: Dice,
    ) -> Self {
        let prescriber = prescriber(person, problem);
        let since = (person.horizon - problem.onset).whole_days().max(2);
        let start = day::days_after(problem.onset, dice.between(1, since.min(90)));
        let stop = match problem.term.course {
            Course::Acute => Some(day::days_after(start, 10)),
            Course::Pregnancy => problem.abated,
            Course::Chronic => problem.abated.or_else(|| stopped(person, &mut dice)),
        };
        let stop = stop.filter(|stop| *stop > start && *stop <= person.horizon);
        let held = listed(person, problem, stayed, &mut dice).and(person, prescriber);
        let mut therapy = Self {
            drug,
            reason: problem.term.key,
            start,
            stop,
            prescriber,
            held,
            fills: Vec::new(),
            supply: 30,
        };
        therapy.fill(person, &mut dice);
        therapy
    }

    /// What somebody else ordered of the same ingredient.
    fn other_strength(&self, person: &Person, mut dice: Dice) -> Option<Self> {
        let other = drug(self.drug.other_strength?);
        let featured = person.featured() && self.drug.rxcui == LISINOPRIL;
        if !featured && (person.featured() || self.stop.is_some() || !dice.percent(22)) {
            return None;
        }
        let elsewhere = [Site::Northgate, Site::Stmary, Site::Lakeside];
        let prescriber = elsewhere
            .into_iter()
            .find(|site| *site != self.prescriber && person.known_to(*site))?;
        let span = (person.horizon - self.start).whole_days().max(2);
        let mut therapy = Self {
            drug: other,
            start: day::days_after(self.start, dice.between(1, span)),
            stop: None,
            prescriber,
            held: Held::by(prescriber),
            fills: Vec::new(),
            ..*self
        };
        therapy.fill(person, &mut dice);
        Some(therapy)
    }

    /// What the pharmacy handed over in the last year. Some are fetched late, some never, some after the stop.
    fn fill(&mut self, person: &Person, dice: &mut Dice) {
        if !person.known_to(Site::Cornerstone) || (dice.percent(8) && !person.featured()) {
            return;
        }
        self.supply = if dice.percent(35) { 90 } else { 30 };
        let goes_on = dice.percent(20);
        let last = match self.stop {
            Some(stop) if !goes_on => stop,
            _ => person.horizon,
        };
        let gap = i64::from(self.supply);
        let mut day = day::days_after(last, -dice.between(2, gap));
        let first = self.start.max(day::days_after(person.horizon, -360));
        while day >= first && self.fills.len() < 8 {
            self.fills.push(day);
            day = day::days_after(day, -(gap + dice.between(-3, 9)));
        }
    }
}

fn prescriber(person: &Person, problem: &Problem) -> Site {
    match problem.term.care {
        Care::Heart | Care::Hormones => first_known(person, &[Site::Northgate]),
        Care::Mind => first_known(person, &[Site::Harbor]),
        Care::Hospital => first_known(person, &[Site::Stmary]),
        Care::Practice | Care::Social => first_known(person, &[]),
    }
}

/// Who has a drug on a list. Whoever stayed in hospital went home with one.
fn listed(person: &Person, problem: &Problem, stayed: bool, dice: &mut Dice) -> Held {
    let hospital = if stayed { 75 } else { 30 };
    let chances = match problem.term.care {
        Care::Mind => [35, 2, hospital, 95],
        Care::Heart | Care::Hormones => [75, 90, hospital, 3],
        Care::Hospital => [50, 2, 95, 1],
        Care::Practice | Care::Social => [95, 30, hospital, 10],
    };
    Held::throw(person, dice, chances)
}

fn stopped(person: &Person, dice: &mut Dice) -> Option<Date> {
    let stops = dice.percent(14) && !person.featured();
    stops.then(|| day::days_after(person.horizon, -dice.between(20, 300)))
}
