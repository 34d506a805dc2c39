//! The `caregraph` command.

fn main() -> std::process::ExitCode {
    caregraph::cli::run()
}
