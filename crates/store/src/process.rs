//! Which process writes a run, so that others can tell whether it is still there.

use std::fs;
use std::path::Path;

/// After so many nanoseconds without a heartbeat a run is taken to be cut off, where its process cannot be looked at.
const SILENCE_NS: i64 = 30_000_000_000;

/// What names this process among all that may open the store; empty where the platform does not tell (outside of
/// Linux).
pub(crate) fn own_name() -> String {
    name_of(std::process::id()).unwrap_or_default()
}

/// Whether the process of this name is gone. Without a name, or one from another machine or container, its silence must
/// tell.
pub(crate) fn is_gone(name: &str, heartbeat_unix_ns: i64, now_unix_ns: i64) -> bool {
    let here = realm();
    match (here, name.rsplit_once(' ').and_then(|(rest, _)| rest.rsplit_once(' '))) {
        (Some(here), Some((there, id))) if here == there => {
            id.parse().ok().and_then(name_of).is_none_or(|alive| alive != name)
        }
        _ => now_unix_ns.saturating_sub(heartbeat_unix_ns) > SILENCE_NS,
    }
}

/// A process by where it runs, its id, and when it started: ids are given anew.
fn name_of(process: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name of the program may hold anything; behind it are the state and 18 numbers before the start.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let is_dead = matches!(fields.next()?, "Z" | "X");
    let started = fields.nth(18)?;
    if is_dead { None } else { Some(format!("{} {process} {started}", realm()?)) }
}

/// Where ids of processes mean the same: one start of a machine, one container.
fn realm() -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let container = fs::read_link(Path::new("/proc/self/ns/pid")).ok()?;
    Some(format!("{} {}", boot.trim(), container.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_is_there_until_it_ends_however_silent_it_is() {
        assert!(!is_gone(&own_name(), 0, i64::MAX));
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let name = name_of(child.id()).unwrap();
        assert!(!is_gone(&name, 0, i64::MAX));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(is_gone(&name, i64::MAX, i64::MAX));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_id_that_was_given_anew_is_another_process() {
        let (same, _) =
            own_name().rsplit_once(' ').map(|(same, started)| (same.to_owned(), started.to_owned())).unwrap();
        assert!(is_gone(&format!("{same} 1"), 0, 0));
    }

    #[test]
    fn of_a_process_elsewhere_only_its_silence_tells() {
        for name in ["", "other-boot pid:[1] 17 4711"] {
            assert!(!is_gone(name, 0, SILENCE_NS));
            assert!(is_gone(name, 0, SILENCE_NS + 1));
        }
    }
}
