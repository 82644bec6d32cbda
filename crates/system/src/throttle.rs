//! CPU throttling from the `cpu.stat` files of control groups (Linux). Pure: text in, numbers and paths
//! out.
//!
//! Version 2 counts `throttled_usec`, version 1 `throttled_time` in nanoseconds (kernel:
//! `Documentation/admin-guide/cgroup-v2.rst` and `Documentation/scheduler/sched-bwc.rst`). The kernel
//! adds the stopped time of each core, so a group on several cores can gain more than the time that
//! passed.

use std::path::{Component, Path, PathBuf};

/// Where control groups are mounted by convention.
const MOUNT: &str = "/sys/fs/cgroup";

/// Reads the throttled time from a `cpu.stat` text, in nanoseconds.
///
/// `None` where it has none (the root group of version 2, a group without the CPU controller) or
/// where the number is not one.
pub(crate) fn parse_throttled_ns(cpu_stat: &str) -> Option<u64> {
    cpu_stat.lines().find_map(|line| {
        let mut fields = line.split_ascii_whitespace();
        let unit_ns = match fields.next()? {
            "throttled_usec" => 1_000,
            "throttled_time" => 1,
            _ => return None,
        };
        fields.next()?.parse::<u64>().ok()?.checked_mul(unit_ns)
    })
}

/// The `cpu.stat` files that may tell of this process, from a `/proc/self/cgroup` text.
///
/// Each inner list is one place where the hierarchy may be mounted, the likeliest first; it goes from
/// the group of the process up to the mount itself, since a quota on any of them stops the process.
/// Inside a container the path of the group often does not exist; the mount then *is* the group.
pub(crate) fn candidate_files(proc_self_cgroup: &str) -> Vec<Vec<PathBuf>> {
    let mut chains = Vec::new();
    for line in proc_self_cgroup.lines() {
        let mut fields = line.splitn(3, ':');
        let (Some(id), Some(controllers), Some(group)) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        if id == "0" && controllers.is_empty() {
            chains.push(chain(Path::new(MOUNT), group));
            chains.push(chain(&Path::new(MOUNT).join("unified"), group));
        } else if controllers.split(',').any(|name| name == "cpu") {
            for directory in [controllers, "cpu", "cpu,cpuacct"] {
                chains.push(chain(&Path::new(MOUNT).join(directory), group));
            }
        }
    }
    for directory in ["", "cpu,cpuacct", "cpu"] {
        chains.push(vec![Path::new(MOUNT).join(directory).join("cpu.stat")]);
    }
    chains
}

/// `cpu.stat` of `group` and of each group above it, below `mount`.
fn chain(mount: &Path, group: &str) -> Vec<PathBuf> {
    let relative = Path::new(group.trim_start_matches('/'));
    // A group outside of the namespace reads `/../…`: not reachable from the mount.
    let inside = relative.components().all(|part| matches!(part, Component::Normal(_)));
    let relative = if inside { relative } else { Path::new("") };
    relative.ancestors().map(|above| mount.join(above).join("cpu.stat")).collect()
}

/// Throttled time from reading to reading, over a chain of groups.
#[derive(Debug)]
pub(crate) struct Throttled {
    last_ns: Vec<u64>,
}

impl Throttled {
    /// Begins with the present counter of each group (0 for one that cannot be read).
    pub(crate) fn new(base_ns: Vec<u64>) -> Self {
        Self { last_ns: base_ns }
    }

    /// Takes the present counters, in the same order; returns the largest gain, in nanoseconds.
    ///
    /// The largest and not the sum: groups above one another are stopped at the same time. `None` when
    /// no group could be read. A counter that fell (the group was made anew) counts from zero.
    pub(crate) fn advance(&mut self, now_ns: &[Option<u64>]) -> Option<u64> {
        let mut largest = None;
        for (last, now) in self.last_ns.iter_mut().zip(now_ns) {
            if let Some(now) = *now {
                let gain = if now >= *last { now - *last } else { now };
                *last = now;
                largest = largest.max(Some(gain));
            }
        }
        largest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_2_is_read_in_nanoseconds() {
        let text = "usage_usec 9\nnr_periods 4\nnr_throttled 2\nthrottled_usec 1500\n";
        assert_eq!(parse_throttled_ns(text), Some(1_500_000));
    }

    #[test]
    fn version_1_is_read_in_nanoseconds() {
        let text = "nr_periods 4\nnr_throttled 2\nthrottled_time 1500\nburst_time 0\n";
        assert_eq!(parse_throttled_ns(text), Some(1_500));
    }

    #[test]
    fn text_without_a_throttled_time_is_none() {
        for text in [
            "",
            "usage_usec 5\n",
            "throttled_usec\n",
            "throttled_usec -1\n",
            "throttled_usec many\n",
            "throttled_usec 18446744073709551615\n",
            "throttled_time 1e3\n",
            "xthrottled_time 3\n",
            ": \0 :",
        ] {
            assert_eq!(parse_throttled_ns(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_version_2_group_is_followed_up_to_the_mount() {
        let chains = candidate_files("0::/user.slice/run.scope\n");
        let expected = [
            "/sys/fs/cgroup/user.slice/run.scope/cpu.stat",
            "/sys/fs/cgroup/user.slice/cpu.stat",
            "/sys/fs/cgroup/cpu.stat",
        ];
        assert_eq!(chains[0], expected.map(PathBuf::from));
    }

    #[test]
    fn a_version_1_group_is_found_by_its_controller() {
        let chains = candidate_files("8:cpuset:/no\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/\n");
        let own = PathBuf::from("/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.stat");
        assert_eq!(chains[0][0], own);
        assert!(!chains.concat().iter().any(|path| path.ends_with("no/cpu.stat")));
    }

    #[test]
    fn malformed_or_outside_groups_leave_the_mounts() {
        let mounts = candidate_files("");
        assert!(mounts.concat().contains(&PathBuf::from("/sys/fs/cgroup/cpu.stat")));
        assert_eq!(candidate_files("0:\n\n:::\nx\0"), mounts);
        for path in candidate_files("0::/../../etc\n3:cpu:/../x\n").concat() {
            assert!(!path.components().any(|part| part == Component::ParentDir));
        }
    }

    #[test]
    fn the_largest_gain_counts_and_never_falls() {
        let mut throttled = Throttled::new(vec![100, 1_000]);
        assert_eq!(throttled.advance(&[Some(130), Some(1_010)]), Some(30));
        assert_eq!(throttled.advance(&[None, Some(1_011)]), Some(1));
        assert_eq!(throttled.advance(&[None, None]), None);
        assert_eq!(throttled.advance(&[Some(4), Some(1_011)]), Some(4));
    }
}
