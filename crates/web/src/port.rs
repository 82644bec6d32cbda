//! The port: the configured one, or the next that is free.

use crate::error::StartPageError;
use crate::host::ListenHost;
use std::io;
use std::net::TcpListener;

/// How many ports after the configured one are tried.
pub(crate) const FURTHER_PORTS: u16 = 20;

/// Listens on a host's first port that is free, from `first` on; on any if that is 0.
///
/// # Errors
/// When all are taken, or the system refuses.
pub(crate) fn listen(host: &ListenHost, name: &str, first: u16) -> Result<TcpListener, StartPageError> {
    // Any port is one try: the system chooses a free one.
    let last = if first == 0 { 0 } else { first.saturating_add(FURTHER_PORTS) };
    for port in first..=last {
        match listen_on(host, port) {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            Err(source) => return Err(StartPageError::Listen { host: name.to_owned(), port, source }),
        }
    }
    Err(StartPageError::PortsTaken { host: name.to_owned(), first, last })
}

/// Listens on the first of a host's addresses that the system gives.
fn listen_on(host: &ListenHost, port: u16) -> io::Result<TcpListener> {
    let mut refused = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in host.socket_addresses(port) {
        match TcpListener::bind(address) {
            Ok(listener) => {
                listener.set_nonblocking(true)?;
                return Ok(listener);
            }
            // Where one of a name's addresses is taken, what is open on the other would be a page that some browsers
            // do not find.
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(error),
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loopback() -> ListenHost {
        ListenHost::resolve("127.0.0.1").unwrap()
    }

    fn port_of(listener: &TcpListener) -> u16 {
        listener.local_addr().unwrap().port()
    }

    #[test]
    fn a_taken_port_leads_to_the_next_free_one() {
        let taken = listen(&loopback(), "127.0.0.1", 0).unwrap();
        let next = listen(&loopback(), "127.0.0.1", port_of(&taken)).unwrap();
        assert!((1..=FURTHER_PORTS).contains(&(port_of(&next) - port_of(&taken))));
    }

    #[test]
    fn where_all_are_taken_the_error_names_them() {
        // The last port there is has no next one.
        let held = TcpListener::bind(("127.0.0.1", u16::MAX));
        let error = listen(&loopback(), "127.0.0.1", u16::MAX).unwrap_err();
        assert!(matches!(error, StartPageError::PortsTaken { first: u16::MAX, last: u16::MAX, .. }), "{error}");
        drop(held);
    }

    #[test]
    fn an_address_of_another_machine_is_refused_at_once() {
        let elsewhere = ListenHost::resolve("192.0.2.7").unwrap();
        let error = listen(&elsewhere, "192.0.2.7", 8090).unwrap_err();
        assert!(matches!(error, StartPageError::Listen { port: 8090, .. }), "{error}");
    }
}
