//! The compact form in which link keys and reasons stand in the store.

use super::profile::{Basis, LinkKey};

/// Numbers below this stand for what is no identifier.
const FIRST_SYSTEM: u32 = 16;
/// A packed key: what it is made of, and its hash.
const KEY_LEN: usize = 20;

/// What links a record, as a number; 0 is reserved for "nothing".
pub(crate) fn pack_basis(basis: Basis<u32>) -> u32 {
    match basis {
        Basis::Phone => 1,
        Basis::Address => 2,
        Basis::Email => 3,
        Basis::Identifier { system, personal } => FIRST_SYSTEM + system * 2 + u32::from(personal),
    }
}

/// Reads what [`pack_basis`] wrote.
pub(crate) fn unpack_basis(packed: u32) -> Option<Basis<u32>> {
    match packed {
        1 => Some(Basis::Phone),
        2 => Some(Basis::Address),
        3 => Some(Basis::Email),
        FIRST_SYSTEM.. => {
            let system = (packed - FIRST_SYSTEM) / 2;
            Some(Basis::Identifier { system, personal: packed % 2 == 1 })
        }
        _ => None,
    }
}

/// The link keys of a record in one string of bytes.
pub(crate) fn pack_keys(keys: &[LinkKey<u32>]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(keys.len() * KEY_LEN);
    for key in keys {
        packed.extend_from_slice(&pack_basis(key.basis).to_le_bytes());
        packed.extend_from_slice(&key.mac);
    }
    packed
}

/// Reads what [`pack_keys`] wrote.
pub(crate) fn unpack_keys(packed: &[u8]) -> Vec<LinkKey<u32>> {
    packed.chunks_exact(KEY_LEN).filter_map(unpack_key).collect()
}

fn unpack_key(packed: &[u8]) -> Option<LinkKey<u32>> {
    let (basis, mac) = packed.split_first_chunk::<4>()?;
    let basis = unpack_basis(u32::from_le_bytes(*basis))?;
    Some(LinkKey { mac: mac.try_into().ok()?, basis })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked() {
        let bases = [
            Basis::Phone,
            Basis::Address,
            Basis::Email,
            Basis::Identifier { system: 0, personal: false },
            Basis::Identifier { system: 0, personal: true },
            Basis::Identifier { system: 4_095, personal: true },
        ];
        let keys: Vec<_> =
            (0u8..).zip(bases).map(|(at, basis)| LinkKey { mac: [at; 16], basis }).collect();
        assert_eq!(unpack_keys(&pack_keys(&keys)), keys);
        assert!(bases.iter().all(|basis| pack_basis(*basis) != 0));
        assert_eq!(unpack_basis(0), None);
    }
}
