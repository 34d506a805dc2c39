//! Any tampering with a log is found, and the first bad entry is named.

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use super::{Files, alter, run};
use crate::audit::checkpoint::hexadecimal;
use crate::audit::{Fault, Row, Verdict};

/// How many entries each chain of the tampered log has, besides its first and last.
const ENTRIES: [usize; 3] = [900, 1, 1_100];
/// How many tamperings are tried when nothing else is asked for.
const TAMPERINGS: usize = 60;

/// One way to tamper with a log: the statements, and the first bad entry.
type Tampering = (Vec<String>, (i64, i64));

fn hex(bytes: &[u8]) -> String {
    format!("X'{}'", hexadecimal(bytes))
}

fn flipped(bytes: &[u8], rng: &mut StdRng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    match bytes.len() {
        0 => bytes.push(1),
        length => bytes[rng.random_range(0..length)] ^= 1 << rng.random_range(0..8),
    }
    bytes
}

fn insert(row: &Row) -> String {
    let Row { chain, seq, at_ms, person, viewer, body, hash, mac, seal } = row;
    let (person, seal) = (hex(person), hex(seal));
    let (hash, mac) = (hex(hash), hex(mac));
    format!(
        "INSERT INTO audit_entry VALUES ({chain}, {seq}, {at_ms}, {person}, '{viewer}', '{body}', {hash}, {mac}, {seal})"
    )
}

/// Tampering with one column of a row.
fn edit(row: &Row, rng: &mut StdRng) -> String {
    let set = match rng.random_range(0..7) {
        0 => format!("at_ms = {}", row.at_ms + if rng.random() { 1 } else { -86_400_000 }),
        1 => format!("person = {}", hex(&flipped(&row.person, rng))),
        2 => "viewer = viewer || 'x'".to_owned(),
        3 => "body = replace(body, '\"READ\"', '\"SEARCH\"') || ' '".to_owned(),
        4 => format!("hash = {}", hex(&flipped(&row.hash, rng))),
        5 => format!("mac = {}", hex(&flipped(&row.mac, rng))),
        _ if row.seal.is_empty() => format!("seal = {}", hex(&[9; 64])),
        _ if rng.random() => "seal = X''".to_owned(),
        _ => format!("seal = {}", hex(&flipped(&row.seal, rng))),
    };
    format!("UPDATE audit_entry SET {set} WHERE chain = {} AND seq = {}", row.chain, row.seq)
}

/// Changes what a row says and makes all hashes from there on fit, as somebody without the key could.
fn rewrite(rows: &[Row], at: usize, whole_rest: bool) -> Vec<String> {
    let (first, mut before) = (&rows[at], [0; 32]);
    if first.seq > 1 {
        before = rows[at - 1].hash;
    }
    let rest = rows[at..].iter().take_while(|row| row.chain == first.chain);
    let mut statements = Vec::new();
    for row in rest.take(if whole_rest { usize::MAX } else { 1 }) {
        let mut row = row.clone();
        if row.seq == first.seq {
            row.viewer.push('x');
        }
        row.hash = row.hash_behind(&before);
        before = row.hash;
        let (viewer, hash) = (&row.viewer, hex(&row.hash));
        statements.push(format!(
            "UPDATE audit_entry SET viewer = '{viewer}', hash = {hash} WHERE chain = {} AND seq = {}",
            row.chain, row.seq
        ));
    }
    statements
}

fn tampering(rows: &[Row], rng: &mut StdRng) -> Tampering {
    let at = rng.random_range(0..rows.len());
    let Row { chain, seq, .. } = rows[at];
    let place = (chain, seq);
    let last = rows.iter().filter(|row| row.chain == chain).map(|row| row.seq).max().unwrap();
    let delete =
        |which: &str| format!("DELETE FROM audit_entry WHERE chain = {chain} AND seq {which}");
    match rng.random_range(0..12) {
        0..3 => (vec![edit(&rows[at], rng)], place),
        3 => (rewrite(rows, at, false), place),
        4 => (rewrite(rows, at, true), place),
        5 => (vec![delete(&format!("= {seq}"))], place),
        6 => {
            let until = rng.random_range(seq..=last);
            (vec![delete(&format!("BETWEEN {seq} AND {until}"))], place)
        }
        7 => {
            let cut = format!("DELETE FROM audit_entry WHERE (chain, seq) >= ({chain}, {seq})");
            // Nothing that is left knows how long a chain was before the last: the next chain is missed first.
            let is_last = rows.last().unwrap().chain == chain;
            let is_seen = is_last || seq == 1 || rows[at - 1].seal.is_empty();
            (vec![cut], if is_seen { place } else { (chain + 1, 1) })
        }
        8 if last > 1 => {
            let other = (seq % last) + 1;
            let step = |to: i64, from: i64| {
                format!("UPDATE audit_entry SET seq = {to} WHERE chain = {chain} AND seq = {from}")
            };
            let steps = vec![step(-1, seq), step(seq, other), step(other, -1)];
            (steps, (chain, seq.min(other)))
        }
        9 => {
            // A copy of a true entry, behind the end of a chain.
            let copy = Row { chain, seq: last + 1, ..rows[at].clone() };
            (vec![insert(&copy)], (chain, last + 1))
        }
        10 => {
            // A forged entry in the middle, all others moved on.
            let shift = |by: &str| {
                format!(
                    "UPDATE audit_entry SET seq = {by} WHERE chain = {chain} AND (seq >= {seq} OR seq < 0)"
                )
            };
            let forged = Row { viewer: "forged".to_owned(), ..rows[at].clone() };
            (vec![shift("-seq - 1"), shift("-seq"), insert(&forged)], place)
        }
        _ => {
            let chain = rng.random_range(1..=rows.last().unwrap().chain);
            (vec![format!("DELETE FROM audit_entry WHERE chain = {chain}")], (chain, 1))
        }
    }
}

#[test]
fn every_tampering_is_found_with_the_first_bad_entry() {
    #[expect(
        clippy::disallowed_methods,
        reason = "the size of a test is no setting of the gateway"
    )]
    let count = std::env::var("CAREGRAPH_TAMPERINGS").ok().and_then(|count| count.parse().ok());
    let count: usize = count.unwrap_or(TAMPERINGS);
    run(async {
        let tampered = tamper(&Files::new(), (0..count as u64).step_by(2)).await
            + tamper(&Files::shared(), (1..count as u64).step_by(2)).await;
        #[expect(clippy::print_stdout, reason = "the number is the proof")]
        {
            println!(
                "proof: tampering {count} found at the first bad entry {} failures",
                count - tampered
            );
        }
        assert_eq!(tampered, count);
    });
}

/// Tampers with a log in one way after the other; tells in how many.
async fn tamper(files: &Files, seeds: impl Iterator<Item = u64>) -> usize {
    let mut count = 0;
    for entries in ENTRIES {
        files.write(entries).await;
    }
    let rows = files.rows().await;
    std::fs::copy(files.path("audit.db"), files.path("whole.db")).unwrap();
    for seed in seeds {
        count += 1;
        let (statements, expected) = tampering(&rows, &mut StdRng::seed_from_u64(seed));
        let shown: Vec<&str> = statements.iter().map(String::as_str).collect();
        alter(&files.path("audit.db"), &shown).await;
        let place = |fault: &Fault| (fault.chain, fault.seq);
        match files.verdict(true, &[]).await {
            Verdict::Broken(fault) => {
                assert_eq!(place(&fault), expected, "seed {seed}: {fault} {:?}", shown.first());
            }
            Verdict::Whole { .. } => panic!("seed {seed}: not found: {:?}", shown.first()),
        }
        std::fs::copy(files.path("whole.db"), files.path("audit.db")).unwrap();
    }
    assert!(matches!(files.verdict(true, &[]).await, Verdict::Whole { .. }));
    count
}
