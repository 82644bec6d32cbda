//! Names of this machine: which one to listen on, and which ones a browser may have asked for.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

/// The names under which every browser reaches the machine that it runs on.
const LOOPBACK_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Where to listen.
#[derive(Debug)]
pub(crate) struct ListenHost {
    /// As configured, without brackets around an IPv6 address.
    name: String,
    addresses: Vec<IpAddr>,
}

impl ListenHost {
    /// Looks a name or an address up.
    ///
    /// # Errors
    /// When the name has no address.
    pub(crate) fn resolve(host: &str) -> io::Result<Self> {
        let name = host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(host).to_owned();
        let addresses: Vec<IpAddr> = (name.as_str(), 0).to_socket_addrs()?.map(|address| address.ip()).collect();
        if addresses.is_empty() {
            return Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address"));
        }
        Ok(Self { name, addresses })
    }

    /// Whether nobody but programs on this machine can connect.
    pub(crate) fn is_loopback(&self) -> bool {
        self.addresses.iter().all(IpAddr::is_loopback)
    }

    /// Each address to try, with a port.
    pub(crate) fn socket_addresses(&self, port: u16) -> impl Iterator<Item = SocketAddr> {
        self.addresses.iter().map(move |address| SocketAddr::new(*address, port))
    }

    /// The name for a link. An address that stands for all interfaces is none that a browser could open: the loopback
    /// address then.
    pub(crate) fn link_name(&self) -> String {
        match self.name.parse() {
            Ok(IpAddr::V4(address)) if address.is_unspecified() => "127.0.0.1".to_owned(),
            Ok(IpAddr::V6(address)) if address.is_unspecified() => "[::1]".to_owned(),
            Ok(IpAddr::V6(address)) => format!("[{address}]"),
            _ => self.name.clone(),
        }
    }

    /// The names that a `Host` header may have, in lower case; `None` if any, because the machine's names are not known.
    ///
    /// On loopback a foreign name is how a foreign page would read this one (DNS rebinding: its own name, pointed at
    /// 127.0.0.1). Elsewhere the token stands against that.
    pub(crate) fn allowed_names(&self) -> Option<Vec<String>> {
        self.is_loopback().then(|| {
            let mut names: Vec<String> = LOOPBACK_NAMES.map(str::to_owned).into();
            names.push(self.link_name().to_ascii_lowercase());
            names
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_machine_alone_are_loopback() {
        for host in ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "localhost"] {
            assert!(ListenHost::resolve(host).unwrap().is_loopback(), "{host}");
        }
        for host in ["0.0.0.0", "::", "192.0.2.7", "2001:db8::1"] {
            assert!(!ListenHost::resolve(host).unwrap().is_loopback(), "{host}");
        }
    }

    #[test]
    fn a_link_has_a_name_that_a_browser_can_open() {
        let link_name = |host| ListenHost::resolve(host).unwrap().link_name();
        assert_eq!(link_name("localhost"), "localhost");
        assert_eq!(link_name("::1"), "[::1]");
        assert_eq!(link_name("[::1]"), "[::1]");
        assert_eq!(link_name("0.0.0.0"), "127.0.0.1");
        assert_eq!(link_name("::"), "[::1]");
    }

    #[test]
    fn names_are_checked_on_loopback_only() {
        let names = ListenHost::resolve("127.0.0.7").unwrap().allowed_names().unwrap();
        assert_eq!(names, ["localhost", "127.0.0.1", "[::1]", "127.0.0.7"]);
        assert_eq!(ListenHost::resolve("0.0.0.0").unwrap().allowed_names(), None);
    }
}
