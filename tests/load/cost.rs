//! What was spent: CPU time of processes, as the kernel counts it in hundredths of a second, and the memory they hold.

use std::fs;
use std::time::Duration;

/// The kernel's tick (`USER_HZ`), which is the same on every Linux that people run.
const TICKS_PER_SECOND: u64 = 100;

/// The CPU time that a process has used, all threads together.
pub(crate) fn of_process(id: u32) -> Duration {
    ticks(id, false).map_or(Duration::ZERO, in_time)
}

/// The CPU time that every process of this name has used, and those of their children that have ended.
pub(crate) fn of_all_named(name: &str) -> Duration {
    let ids = fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let named = ids.filter(|id| fs::read_to_string(format!("/proc/{id}/comm")).is_ok_and(|comm| comm.trim() == name));
    in_time(named.filter_map(|id| ticks(id, true)).sum())
}

/// The memory that a process holds (`VmRSS`), in KiB.
pub(crate) fn resident_kib(id: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()).and_then(|kib| kib.parse().ok()).unwrap_or_default()
}

/// proc(5): utime, stime, cutime, cstime are the fields 14 to 17; the name before them may have spaces, and ends with a bracket.
fn ticks(id: u32, with_children: bool) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let count = if with_children { 4 } else { 2 };
    Some(fields.get(11..11 + count)?.iter().filter_map(|field| field.parse::<u64>().ok()).sum())
}

fn in_time(ticks: u64) -> Duration {
    Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND)
}
