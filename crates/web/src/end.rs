//! The end of a server, announced once to everything that it runs.

use tokio::sync::watch;

/// Announces the end.
#[derive(Debug)]
pub(crate) struct EndSender(watch::Sender<bool>);

/// Hears of it. Clones hear of the same.
#[derive(Debug, Clone)]
pub(crate) struct End(watch::Receiver<bool>);

/// Both sides.
pub(crate) fn channel() -> (EndSender, End) {
    let (sender, receiver) = watch::channel(false);
    (EndSender(sender), End(receiver))
}

impl EndSender {
    /// It is over, from now on and for ever.
    pub(crate) fn announce(&self) {
        self.0.send_replace(true);
    }
}

impl End {
    /// Waits for the end; at once if it is over, or nobody is left who could say so.
    pub(crate) async fn announced(&mut self) {
        let _ = self.0.wait_for(|is_over| *is_over).await;
    }
}
