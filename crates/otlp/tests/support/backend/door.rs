//! The port: open, closed, and open again under the same number.

use std::{
    net::SocketAddr,
    sync::{Arc, mpsc},
};

use rustls::ServerConfig;
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::mpsc::UnboundedReceiver,
    task::JoinSet,
};

use super::{Behaviour, Shared, connection};

/// What a backend can be told.
pub enum Command {
    /// Behave so.
    Behave(Behaviour),
    /// Show another certificate.
    Certify(Arc<ServerConfig>),
    /// Close all connections.
    Disconnect,
    /// End.
    Stop,
}

/// The port.
enum Door {
    /// It listens.
    Open(TcpListener),
    /// It refuses. The socket is bound, so that nobody else gets the number.
    Closed(TcpSocket),
}

impl Door {
    /// Connections, one by one; none while it is closed.
    async fn next(&self) -> TcpStream {
        match self {
            Self::Open(listener) => listener.accept().await.unwrap().0,
            Self::Closed(_) => std::future::pending().await,
        }
    }
}

/// A socket with a number.
fn bound(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(address).unwrap();
    socket
}

/// Runs a backend until it is told to stop.
pub async fn run(
    shared: Arc<Shared>,
    mut tls: Option<Arc<ServerConfig>>,
    mut inbox: UnboundedReceiver<(Command, mpsc::Sender<()>)>,
    started: mpsc::Sender<SocketAddr>,
) {
    let listener = bound(SocketAddr::from(([127, 0, 0, 1], 0))).listen(1024).unwrap();
    let address = listener.local_addr().unwrap();
    started.send(address).unwrap();
    let mut door = Door::Open(listener);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            told = inbox.recv() => {
                let Some((command, done)) = told else { break };
                match command {
                    Command::Behave(behaviour) => {
                        let old = std::mem::replace(&mut shared.lock().behaviour, behaviour.clone());
                        // A half-open connection is dead: what is still in it must not come to life later.
                        let is_ended = |b: &Behaviour| matches!(b, Behaviour::Refuse | Behaviour::Garbage);
                        if is_ended(&behaviour) || old == Behaviour::NeverRead {
                            connections.shutdown().await;
                        }
                        door = match (door, behaviour) {
                            (Door::Open(listener), Behaviour::Refuse) => {
                                drop(listener);
                                Door::Closed(bound(address))
                            }
                            (Door::Closed(socket), behaviour) if behaviour != Behaviour::Refuse => {
                                Door::Open(socket.listen(1024).unwrap())
                            }
                            (door, _) => door,
                        };
                    }
                    Command::Certify(config) => {
                        tls = Some(config);
                        connections.shutdown().await;
                    }
                    Command::Disconnect => connections.shutdown().await,
                    Command::Stop => break,
                }
                let _ = done.send(());
            }
            stream = door.next() => {
                connections.spawn(connection::run(Arc::clone(&shared), stream, tls.clone()));
            }
            Some(ended) = connections.join_next() => {
                // A panic in a connection would otherwise pass unseen.
                if let Err(error) = ended && error.is_panic() {
                    eprintln!("test backend: a connection panicked");
                }
            }
        }
    }
}
