//! A child process: started from our own executable, asked line by line, watched through `/proc`, ended with us.

use std::fs::File;
use std::io::{BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::super::Failed;
use super::folder::Folder;
use super::lines::Lines;

/// One tick of processor time in `/proc`: Linux shows programs a hundred a second on every machine that we run on.
const TICK: Duration = Duration::from_millis(10);

/// The longest that a part may take to answer beside what it was asked to do.
const PATIENCE: Duration = Duration::from_mins(5);

/// A running part.
pub(super) struct Process {
    name: &'static str,
    child: Child,
    orders: ChildStdin,
    answers: Lines,
    log: PathBuf,
}

impl Process {
    /// Starts a part of the measurement and waits until it says that it is ready, and where.
    pub(super) async fn start<R: DeserializeOwned>(
        name: &'static str,
        arguments: &[&std::ffi::OsStr],
        folder: &Folder,
    ) -> Result<(Self, R), Failed> {
        let log = folder.fresh("log");
        let mut child = Command::new(std::env::current_exe()?)
            .args(["bench", "part", name])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .spawn()?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (orders, output) = pipes.ok_or_else(|| Failed(format!("{name} has no pipes")))?;
        let answers = Lines::of(BufReader::new(output));
        let mut process = Self { name, child, orders, answers, log };
        let ready = process.answer(PATIENCE).await?;
        Ok((process, ready))
    }

    /// Gives an order that takes `work` to carry out, and waits for the answer.
    pub(super) async fn ask<T: Serialize, R: DeserializeOwned>(
        &mut self,
        order: &T,
        work: Duration,
    ) -> Result<R, Failed> {
        let mut line = serde_json::to_vec(order)?;
        line.push(b'\n');
        self.orders.write_all(&line)?;
        self.orders.flush()?;
        self.answer(work + PATIENCE).await
    }

    async fn answer<R: DeserializeOwned>(&mut self, patience: Duration) -> Result<R, Failed> {
        match tokio::time::timeout(patience, self.answers.next()).await {
            Ok(answer) => answer?.ok_or_else(|| self.ended()),
            Err(_) => Err(Failed(format!("the part {} does not answer", self.name))),
        }
    }

    /// What to say when it is gone: its own last words, if it had any.
    fn ended(&self) -> Failed {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let words = log.lines().last().unwrap_or("it left no word");
        Failed(format!("the part {} ended: {words}", self.name))
    }

    /// Its number.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The most memory that it held since [`Process::forget_peak`], in KiB.
    pub(super) fn peak(&self) -> Result<u32, Failed> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        number.ok_or_else(|| Failed("/proc does not tell the peak of memory".to_owned()))
    }

    /// Begins to look for the peak anew.
    pub(super) fn forget_peak(&self) {
        // Where that is not allowed the peak counts from the start of the process, which lies seconds back.
        let _ = std::fs::write(format!("/proc/{}/clear_refs", self.id()), "5");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The processor time that a process has used so far, in its own code and in the kernel's.
pub(super) fn processor_time(process: u32) -> Result<Duration, Failed> {
    let (_, time) = named_time(&std::fs::read_to_string(format!("/proc/{process}/stat"))?)?;
    Ok(time)
}

/// The same of those of its threads whose names begin so.
pub(super) fn processor_time_of_threads(process: u32, name: &str) -> Result<Duration, Failed> {
    let mut all = Duration::ZERO;
    for thread in std::fs::read_dir(format!("/proc/{process}/task"))? {
        // A thread may have ended since it was listed.
        let Ok(stat) = std::fs::read_to_string(thread?.path().join("stat")) else { continue };
        let (of, time) = named_time(&stat)?;
        if of.starts_with(name) {
            all += time;
        }
    }
    Ok(all)
}

/// The name and the processor time that a line of `stat` tells.
fn named_time(stat: &str) -> Result<(&str, Duration), Failed> {
    let untold = || Failed("/proc does not tell the processor time".to_owned());
    // The name, which stands in parentheses, may hold anything.
    let (begin, after_name) = stat.rsplit_once(')').ok_or_else(untold)?;
    let name = begin.split_once('(').map_or("", |(_, name)| name);
    let ticks: Vec<u32> = after_name
        .split_ascii_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|ticks| ticks.parse().ok())
        .collect();
    match ticks[..] {
        [user, system] => Ok((name, TICK * (user + system))),
        _ => Err(untold()),
    }
}
