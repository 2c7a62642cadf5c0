//! What the system says of a process and of itself, and the tables that are printed.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use firebell::clock::Stopwatch;

use crate::servers::Which;

/// Clock ticks a second in /proc: 100 on every Linux of today.
const TICKS: f64 = 100.0;

pub(crate) struct Usage {
    watch: Stopwatch,
    cpu_s: f64,
    own_s: f64,
    all_s: f64,
}

pub(crate) struct Used {
    pub(crate) cpu_s: f64,
    /// The share of the machine that neither the server nor this load took.
    pub(crate) others_percent: f64,
}

impl Usage {
    pub(crate) fn now(pid: u32) -> Self {
        Self {
            watch: Stopwatch::start(),
            cpu_s: cpu_s(pid),
            own_s: cpu_s(std::process::id()),
            all_s: all_s(),
        }
    }

    pub(crate) fn until_now(&self, pid: u32) -> Used {
        let cpu_s = cpu_s(pid) - self.cpu_s;
        let others_s = all_s() - self.all_s - cpu_s - (cpu_s_own() - self.own_s);
        let cores = std::thread::available_parallelism().map_or(1.0, |cores| cores.get() as f64);
        Used { cpu_s, others_percent: others_s.max(0.0) / (self.watch.elapsed_s() * cores) * 100.0 }
    }
}

fn cpu_s_own() -> f64 {
    cpu_s(std::process::id())
}

fn cpu_s(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / TICKS
}

/// User, nice, system, irq, softirq, steal.
fn all_s() -> f64 {
    let stat = fs::read_to_string("/proc/stat").unwrap();
    let fields: Vec<f64> =
        stat.lines().next().unwrap().split_whitespace().skip(1).map(|f| f.parse().unwrap()).collect();
    [0, 1, 2, 5, 6, 7].iter().map(|field| fields[*field]).sum::<f64>() / TICKS
}

fn status_mib(pid: u32, field: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.split_whitespace().next().unwrap().parse::<f64>().unwrap() / 1024.0
}

pub(crate) fn rss_mib(pid: u32) -> f64 {
    status_mib(pid, "VmRSS:")
}

pub(crate) fn peak_mib(pid: u32) -> f64 {
    status_mib(pid, "VmHWM:")
}

/// Where the stores are.
pub(crate) fn folder() -> PathBuf {
    let named = std::env::var_os("FOLDER").map(PathBuf::from);
    named.unwrap_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")))
}

/// The machine, and what a durable write costs it: the floor of any durable intake.
pub(crate) fn introduce() {
    let path = folder().join("sync-probe");
    let mut file = fs::File::create(&path).unwrap();
    let mut times: Vec<f64> = (0..200)
        .map(|_| {
            file.write_all(&[0; 4096]).unwrap();
            let watch = Stopwatch::start();
            file.sync_data().unwrap();
            watch.elapsed_s() * 1e6
        })
        .collect();
    times.sort_by(f64::total_cmp);
    _ = fs::remove_file(path);
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    println!(
        "{cores} cores; fdatasync of 4 KiB: median {:.0} µs, 99th percentile {:.0} µs",
        times[100], times[198]
    );
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// Runs of both, figure by figure.
pub(crate) struct Figures {
    title: String,
    order: Vec<&'static str>,
    values: BTreeMap<(&'static str, Which), Vec<f64>>,
}

impl Figures {
    pub(crate) fn new(title: &str) -> Self {
        Self { title: title.to_owned(), order: Vec::new(), values: BTreeMap::new() }
    }

    pub(crate) fn add(&mut self, which: Which, figure: &'static str, value: f64) {
        if !self.order.contains(&figure) {
            self.order.push(figure);
        }
        self.values.entry((figure, which)).or_default().push(value);
    }

    /// Median [least–most] of each, and the ratio of the medians.
    pub(crate) fn print(&self) {
        println!("\n{}\n", self.title);
        println!("| | Firebell | Alertmanager | ratio |\n|---|---|---|---|");
        for figure in &self.order {
            let of = |which| self.values.get(&(*figure, which)).cloned().unwrap_or_default();
            let (ours, theirs) = (of(Which::Firebell), of(Which::Alertmanager));
            println!(
                "| {figure} | {} | {} | {:.2} |",
                shown(&ours),
                shown(&theirs),
                median(&ours) / median(&theirs).max(1e-9)
            );
        }
    }
}

fn shown(values: &[f64]) -> String {
    let least = values.iter().copied().fold(f64::MAX, f64::min);
    let most = values.iter().copied().fold(f64::MIN, f64::max);
    format!("{} [{}–{}]", rounded(median(values)), rounded(least), rounded(most))
}

fn rounded(value: f64) -> String {
    let digits = if value.abs() >= 100.0 {
        0
    } else if value.abs() >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.digits$}")
}
