//! `caregraph schema`: the public contract.

use super::{Failed, print};
use crate::access::{self, Policy};
use crate::config;
use crate::graphql::Engine;

pub(super) fn run(config: bool, matrix: bool) -> Result<(), Failed> {
    let text = if config {
        serde_json::to_string_pretty(&config::schema())?
    } else if matrix {
        access::matrix(&Policy::default_policy(), &Engine::classes()?)
    } else {
        Engine::sdl()
    };
    print(text.trim_end());
    Ok(())
}
