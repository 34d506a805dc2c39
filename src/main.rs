//! The `caregraph` command.

/// Answers are made of many small strings; see `caregraph bench` for what the allocator costs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    caregraph::cli::run()
}
