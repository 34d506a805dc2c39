//! Measures the index of persons with a made-up population: how fast it is filled, and how fast it answers.
//!
//! `cargo bench --bench index -- --people 1000000 --sources 4 [--store sqlite:///tmp/index.db]`
#![expect(clippy::print_stdout, reason = "a benchmark is a program that prints numbers")]

mod population;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use caregraph::identity::{
    Everything, Pace, PersonId, PersonIndex, RosterKeeper, SourceId, SourceState, StoreKey,
};
use caregraph::store::Store;
use population::{Population, Roster};

/// As in the gateway itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many times each question is asked.
const QUESTIONS: u64 = 2_000;

struct Plan {
    people: u64,
    sources: u32,
    /// Where the store is, and the file to remove at the end.
    url: String,
    file: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let plan = Plan::from_arguments();
    let population = Population { people: plan.people, sources: plan.sources };
    println!("{} people in {} sources", plan.people, plan.sources);
    let (store, index) = open(&plan).await?;
    fill(&plan, &index, population).await?;
    drop(index);
    store.close().await;
    if let Some(file) = &plan.file {
        println!("{:<28}{:>10.0} MB", "file", float(std::fs::metadata(file)?.len()) / 1e6);
    }
    let started = Instant::now();
    let (_, index) = open(&plan).await?;
    println!("{:<28}{:>10.1} ms", "open", ms(started.elapsed()));
    ask(&index, population).await?;
    check(&index, population).await?;
    memory();
    plan.clean_up();
    Ok(())
}

impl Plan {
    fn from_arguments() -> Self {
        let arguments: Vec<String> = std::env::args().collect();
        let value = |name: &str| {
            arguments.iter().position(|arg| arg == name).and_then(|at| arguments.get(at + 1))
        };
        let number =
            |name, default| value(name).and_then(|text| text.parse().ok()).unwrap_or(default);
        let file = std::env::temp_dir().join(format!("caregraph-bench-{}.db", std::process::id()));
        let url = value("--store").cloned();
        Self {
            people: number("--people", 5_000),
            sources: number("--sources", 4).try_into().unwrap_or(4),
            file: url.is_none().then(|| file.clone()),
            url: url.unwrap_or_else(|| format!("sqlite://{}", file.display())),
        }
    }

    fn ids(&self) -> Vec<SourceId> {
        (0..self.sources).map(|source| SourceId::new(format!("source-{source}"))).collect()
    }

    fn clean_up(&self) {
        for end in ["", "-wal", "-shm"] {
            if let Some(file) = &self.file {
                let _ = std::fs::remove_file(format!("{}{end}", file.display()));
            }
        }
    }
}

async fn open(plan: &Plan) -> Result<(Store, PersonIndex), Box<dyn std::error::Error>> {
    let store = Store::open(&plan.url).await?;
    let index =
        PersonIndex::new(Arc::new(store.clone()), plan.ids(), &StoreKey::new([7; 32])).await?;
    Ok((store, index))
}

/// Reads all rosters at once, as a gateway does after its first start.
async fn fill(
    plan: &Plan,
    index: &PersonIndex,
    population: Population,
) -> Result<(), Box<dyn std::error::Error>> {
    let (started, cpu) = (Instant::now(), cpu_seconds());
    let mut keepers = Vec::new();
    for (number, source) in (0..).zip(plan.ids()) {
        let roster = Arc::new(Roster::new(population, number));
        keepers.push(RosterKeeper::new(index.clone(), source, roster, Pace::default()).spawn());
    }
    let mut read_through = None;
    while !index.complete() {
        tokio::time::sleep(Duration::from_millis(20)).await;
        if read_through.is_none() && index.progress().iter().all(|source| is_read(&source.state)) {
            read_through = Some(started.elapsed());
            println!("{:<28}{:>10.1} s", "all pages read", started.elapsed().as_secs_f64());
        }
    }
    let whole = started.elapsed().as_secs_f64();
    for keeper in keepers {
        keeper.abort();
        // It ends with the word that it was aborted.
        let _ = keeper.await;
    }
    let records: u64 = index.progress().iter().map(|source| people_of(&source.state)).sum();
    let reading = read_through.map_or(whole, |read| read.as_secs_f64());
    println!("{:<28}{:>10}", "records", records);
    println!("{:<28}{:>10.0} records/s", "reading", float(records) / reading);
    println!("{:<28}{:>10.1} s", "linking after the last page", whole - reading);
    println!("{:<28}{:>10.0} records/s", "reading and linking", float(records) / whole);
    println!("{:<28}{:>10.1} s of {whole:.1} s", "processor", cpu_seconds() - cpu);
    memory();
    Ok(())
}

fn is_read(state: &SourceState) -> bool {
    match state {
        SourceState::Reading { read, total } => total.is_some_and(|total| *read >= total),
        SourceState::Ready { .. } => true,
        SourceState::Waiting | SourceState::Failed { .. } => false,
    }
}

fn people_of(state: &SourceState) -> u64 {
    if let SourceState::Ready { people, .. } = state { *people } else { 0 }
}

async fn ask(
    index: &PersonIndex,
    population: Population,
) -> Result<(), Box<dyn std::error::Error>> {
    let ids = some_ids(index, population).await?;
    let (mut resolve, mut find, mut rare) = (Vec::new(), Vec::new(), Vec::new());
    for id in &ids {
        let started = Instant::now();
        index.resolve(&[*id]).await?;
        resolve.push(started.elapsed());
    }
    tell("resolve, not cached", &mut resolve);
    for number in 0..QUESTIONS {
        let (system, value) = Population::identifier(spread(number, population.people));
        let started = Instant::now();
        index.find(&system, &value, &Everything).await?;
        find.push(started.elapsed());
    }
    tell("find", &mut find);
    for number in 0..QUESTIONS / 10 {
        let person = Population::person(spread(number * 7, population.people));
        let text = format!("{} {} {}", person.family, person.given, person.birth);
        let started = Instant::now();
        index.search(Some(&text), 20, None, &Everything).await?;
        rare.push(started.elapsed());
    }
    tell("search by name and date", &mut rare);
    for (what, text) in [("a common name", population::COMMON), ("a rare name", population::RARE)] {
        let mut took = Vec::new();
        for _ in 0..QUESTIONS / 100 {
            let started = Instant::now();
            index.search(Some(text), 20, None, &Everything).await?;
            took.push(started.elapsed());
        }
        tell(&format!("search {what}"), &mut took);
    }
    Ok(())
}

/// Ids from all over the population, found by their identifiers.
async fn some_ids(
    index: &PersonIndex,
    population: Population,
) -> Result<Vec<PersonId>, Box<dyn std::error::Error>> {
    let mut ids = Vec::new();
    for number in 0..QUESTIONS {
        let (system, value) = Population::identifier(spread(number * 3 + 1, population.people));
        if let caregraph::identity::Found::One(identity) =
            index.find(&system, &value, &Everything).await?
        {
            ids.push(identity.id);
        }
    }
    Ok(ids)
}

/// Compares a sample with the truth that the population knows.
async fn check(
    index: &PersonIndex,
    population: Population,
) -> Result<(), Box<dyn std::error::Error>> {
    let (mut wrong, mut whole, mut sample) = (0, 0, 0);
    for id in some_ids(index, population).await? {
        let Some(identity) = index.resolve(&[id]).await?.pop().flatten() else { continue };
        let mut people: Vec<&str> = identity.links.iter().map(|link| link.local.as_str()).collect();
        people.dedup();
        sample += 1;
        wrong += u32::from(people.len() > 1);
        let number = people
            .first()
            .and_then(|local| local.trim_start_matches('p').parse().ok())
            .unwrap_or(0);
        let sources =
            (0..population.sources).filter(|source| population.is_in(number, *source)).count();
        whole += u32::from(identity.links.len() == sources);
    }
    println!("{:<28}{whole} of {sample} persons whole, {wrong} wrong", "links");
    Ok(())
}

/// Spreads numbers over a population.
fn spread(number: u64, people: u64) -> u64 {
    number.wrapping_mul(0x9E37_79B9_7F4A_7C15) % people
}

fn tell(what: &str, took: &mut [Duration]) {
    took.sort_unstable();
    let at = |share: usize| took.get(took.len() * share / 100).map_or(0.0, |took| ms(*took));
    println!("{what:<28}{:>10.3} ms p50 {:>10.3} ms p99", at(50), at(99));
}

/// Both halves fit a float exactly.
fn float(number: u64) -> f64 {
    let (high, low) = (number >> 32, number & u64::from(u32::MAX));
    let part = |part: u64| f64::from(u32::try_from(part).unwrap_or(u32::MAX));
    part(high) * 4_294_967_296.0 + part(low)
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn memory() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = |name: &str| {
        status.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned()
    };
    println!("{:<28}{} {}", "memory", line("VmRSS"), line("VmHWM"));
}

fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .map(|field| field.parse().unwrap_or(0.0))
        .collect();
    (fields.get(11).copied().unwrap_or(0.0) + fields.get(12).copied().unwrap_or(0.0)) / 100.0
}
