//! Answers' bodies that can end badly.

use std::{
    collections::VecDeque,
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use hyper::{
    HeaderMap,
    body::{Body, Bytes, Frame},
};
use tokio::{sync::Notify, time::Sleep};

/// One step of a body.
pub enum Step {
    /// These bytes.
    Data(Bytes),
    /// These trailers; the end.
    Trailers(HeaderMap),
    /// The connection is closed, once what was written before is on its way.
    Close(Arc<Notify>),
}

/// A body of steps.
#[derive(Default)]
pub struct Script {
    /// What is left.
    steps: VecDeque<Step>,
    /// The wait before a close.
    flush: Option<Pin<Box<Sleep>>>,
}

impl Script {
    /// These steps, one after the other.
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { steps: steps.into_iter().collect(), flush: None }
    }

    /// Just bytes.
    pub fn of(bytes: impl Into<Bytes>) -> Self {
        Self::new([Step::Data(bytes.into())])
    }
}

impl Body for Script {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(Step::Close(_)) = self.steps.front() {
            let flush = self.flush.get_or_insert_with(|| Box::pin(tokio::time::sleep(Duration::from_millis(20))));
            if flush.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
        }
        match self.steps.pop_front() {
            None => Poll::Ready(None),
            Some(Step::Data(bytes)) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            Some(Step::Trailers(trailers)) => Poll::Ready(Some(Ok(Frame::trailers(trailers)))),
            Some(Step::Close(connection)) => {
                connection.notify_one();
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.steps.is_empty()
    }
}
