//! The byte counters of the network interfaces.
//!
//! On Linux from the one file that holds them all, `/proc/net/dev` of this process's network namespace: a host of many
//! containers has hundreds of interfaces, and sysinfo opens ten files for each of them. Elsewhere through sysinfo.

use crate::network::Bytes;
use std::ffi::OsString;

/// Reads the interfaces' counters.
pub(crate) struct Interfaces {
    #[cfg(not(target_os = "linux"))]
    networks: sysinfo::Networks,
}

impl Interfaces {
    /// Reads nothing yet. Fails where sysinfo does not know the operating system.
    pub(crate) fn new() -> Result<Self, sysinfo::Error> {
        Ok(Self {
            #[cfg(not(target_os = "linux"))]
            networks: sysinfo::Networks::new()?,
        })
    }

    /// The counters of each interface now, loopback too; none where they cannot be read (a process out of file
    /// descriptors meets this).
    #[cfg(target_os = "linux")]
    pub(crate) fn read(&mut self) -> Vec<(OsString, Bytes)> {
        let devices = procfs::net::dev_status().unwrap_or_default();
        let counters = |device: procfs::net::DeviceStatus| {
            (device.name.into(), Bytes { sent: device.sent_bytes, received: device.recv_bytes })
        };
        devices.into_values().map(counters).collect()
    }

    /// The counters of each interface now, loopback too.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn read(&mut self) -> Vec<(OsString, Bytes)> {
        self.networks.refresh(true);
        let counters = |(name, data): (&OsString, &sysinfo::NetworkData)| {
            (name.clone(), Bytes { sent: data.total_transmitted(), received: data.total_received() })
        };
        self.networks.iter().map(counters).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn what_crosses_loopback_is_counted_on_it() {
        let loopback = |interfaces: &mut Interfaces| {
            interfaces
                .read()
                .into_iter()
                .find(|(name, _)| name.to_string_lossy().to_lowercase().starts_with("lo"))
                .unwrap()
                .1
        };
        let mut interfaces = Interfaces::new().unwrap();
        let before = loopback(&mut interfaces);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut sender = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut receiver, _) = listener.accept().unwrap();
        sender.write_all(&[0; 50_000]).unwrap();
        receiver.read_exact(&mut [0; 50_000]).unwrap();
        let after = loopback(&mut interfaces);
        assert!(after.sent >= before.sent + 50_000, "{before:?} to {after:?}");
        assert!(after.received >= before.received + 50_000, "{before:?} to {after:?}");
    }
}
