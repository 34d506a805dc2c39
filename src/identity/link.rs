//! The rules of linking, as one pure function: from a closed neighbourhood of records to persons.
//!
//! The answer depends on what the records say and on nothing else: not on the order in which they came, nor on
//! who was linked before. So an incremental change ends where a reading from scratch would.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

use super::facts::Facts;
use super::ids::{RecordKey, Seq};
use super::profile::{Basis, LinkKey};
use super::seal::Mac;

/// One record of a neighbourhood.
#[derive(Debug)]
pub(crate) struct Node {
    /// Its place in the order of arrival.
    pub seq: Seq,
    /// Its name; edges are ordered by it, because it does not depend on the order of arrival.
    pub key: RecordKey,
    /// The number of its source.
    pub source: i64,
    /// What may link it.
    pub keys: Vec<LinkKey<u32>>,
    /// Who it is about.
    pub facts: Facts,
}

/// Records, everything that joins them, and what must keep them apart.
#[derive(Debug, Default)]
pub(crate) struct Neighbourhood {
    /// The records.
    pub nodes: Vec<Node>,
    /// For each link key: the records that are the only active ones in their source to bear it.
    pub bearers: BTreeMap<Mac, Vec<usize>>,
    /// Pairs of records that an administrator separated, the smaller sequence first.
    pub separated: HashSet<(Seq, Seq)>,
}

/// One person: records of different sources, and for each what links it to the rest (`None` when it is alone).
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Component {
    /// Members, by index into the nodes, in order of arrival.
    pub members: Vec<(usize, Option<Basis<u32>>)>,
}

/// Two records that may be one person, and the evidence.
struct Edge {
    ends: (usize, usize),
    /// The best thing that they share.
    basis: Basis<u32>,
    mac: Mac,
    /// How many things they share.
    shared: u32,
}

/// Who is the same person as whom.
pub(crate) fn link(hood: &Neighbourhood) -> Vec<Component> {
    let edges = edges(hood);
    let mut groups = Groups::new(hood);
    for edge in &edges {
        groups.join(edge);
    }
    groups.components(&edges)
}

/// The edges that the rules allow between two records, in the order in which they are followed: identifiers
/// before demographics, much shared before little, then by the names of the records.
fn edges(hood: &Neighbourhood) -> Vec<Edge> {
    let mut found: BTreeMap<(usize, usize), Edge> = BTreeMap::new();
    for (mac, bearers) in &hood.bearers {
        for (at, a) in bearers.iter().enumerate() {
            for b in bearers.iter().skip(at + 1) {
                let ends = by_name(hood, *a, *b);
                let Some(basis) = basis_of(hood, ends, mac) else { continue };
                let edge = found.entry(ends).or_insert(Edge { ends, basis, mac: *mac, shared: 0 });
                edge.shared += 1;
                if strength(basis, mac) < strength(edge.basis, &edge.mac) {
                    (edge.basis, edge.mac) = (basis, *mac);
                }
            }
        }
    }
    let mut edges: Vec<Edge> = found.into_values().filter(|edge| allowed(hood, edge)).collect();
    edges.sort_by_key(|edge| {
        let (a, b) = (&hood.nodes[edge.ends.0], &hood.nodes[edge.ends.1]);
        (!is_identifier(edge.basis), Reverse(edge.shared), a.key, b.key)
    });
    edges
}

fn by_name(hood: &Neighbourhood, a: usize, b: usize) -> (usize, usize) {
    if hood.nodes[a].key <= hood.nodes[b].key { (a, b) } else { (b, a) }
}

/// What the shared key is made of. Where the two say different things of it, the more careful one counts.
fn basis_of(hood: &Neighbourhood, ends: (usize, usize), mac: &Mac) -> Option<Basis<u32>> {
    let of =
        |node: usize| hood.nodes[node].keys.iter().find(|key| key.mac == *mac).map(|key| key.basis);
    of(ends.0).zip(of(ends.1)).map(|(a, b)| a.min(b))
}

/// Smaller is stronger: what only one person has, other identifiers, then phone, address, e-mail.
fn strength(basis: Basis<u32>, mac: &Mac) -> (u8, Mac) {
    let rank = match basis {
        Basis::Identifier { personal: true, .. } => 0,
        Basis::Identifier { personal: false, .. } => 1,
        Basis::Phone => 2,
        Basis::Address => 3,
        Basis::Email => 4,
    };
    (rank, *mac)
}

fn is_identifier(basis: Basis<u32>) -> bool {
    matches!(basis, Basis::Identifier { .. })
}

fn allowed(hood: &Neighbourhood, edge: &Edge) -> bool {
    let (a, b) = (&hood.nodes[edge.ends.0], &hood.nodes[edge.ends.1]);
    if is_identifier(edge.basis) { !a.facts.contradicts(&b.facts) } else { !conflicts(a, b) }
}

/// True when both have an identifier of which a person has only one, of the same system, and none in common.
fn conflicts(a: &Node, b: &Node) -> bool {
    let personal = |node: &Node| {
        let mut macs: BTreeMap<u32, Vec<Mac>> = BTreeMap::new();
        for key in &node.keys {
            if let Basis::Identifier { system, personal: true } = key.basis {
                macs.entry(system).or_default().push(key.mac);
            }
        }
        macs
    };
    let theirs = personal(b);
    personal(a).iter().any(|(system, ours)| {
        theirs.get(system).is_some_and(|theirs| !ours.iter().any(|mac| theirs.contains(mac)))
    })
}

/// Union-find in which a union may be refused. Groups hold at most one record a source, so lists are short.
struct Groups<'a> {
    hood: &'a Neighbourhood,
    /// The group of each node.
    of: Vec<usize>,
    members: Vec<Vec<usize>>,
}

impl<'a> Groups<'a> {
    fn new(hood: &'a Neighbourhood) -> Self {
        let nodes = 0..hood.nodes.len();
        Self { hood, of: nodes.clone().collect(), members: nodes.map(|node| vec![node]).collect() }
    }

    fn join(&mut self, edge: &Edge) {
        let (into, from) = (self.of[edge.ends.0], self.of[edge.ends.1]);
        if into == from || self.must_stay_apart(into, from, is_identifier(edge.basis)) {
            return;
        }
        for member in std::mem::take(&mut self.members[from]) {
            self.of[member] = into;
            self.members[into].push(member);
        }
    }

    /// Two records of one source, two records that were separated, or (where only demographics speak for it) two
    /// different identifiers of which a person has only one.
    fn must_stay_apart(&self, a: usize, b: usize, by_identifier: bool) -> bool {
        let nodes = &self.hood.nodes;
        self.members[a].iter().any(|a| {
            self.members[b].iter().any(|b| {
                let (a, b) = (&nodes[*a], &nodes[*b]);
                a.source == b.source
                    || self.hood.separated.contains(&(a.seq.min(b.seq), a.seq.max(b.seq)))
                    || (!by_identifier && conflicts(a, b))
            })
        })
    }

    /// The groups, each member with the first edge that ties it to another member.
    fn components(mut self, edges: &[Edge]) -> Vec<Component> {
        let mut reasons: Vec<Option<Basis<u32>>> = vec![None; self.of.len()];
        for edge in edges.iter().filter(|edge| self.of[edge.ends.0] == self.of[edge.ends.1]) {
            for end in [edge.ends.0, edge.ends.1] {
                reasons[end].get_or_insert(edge.basis);
            }
        }
        self.members.retain(|members| !members.is_empty());
        for members in &mut self.members {
            members.sort_by_key(|node| self.hood.nodes[*node].seq);
        }
        let with_reason = |node: usize| (node, reasons[node]);
        self.members
            .into_iter()
            .map(|members| Component { members: members.into_iter().map(with_reason).collect() })
            .collect()
    }
}
