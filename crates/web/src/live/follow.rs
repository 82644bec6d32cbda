//! Takes what the recorder tells to the hub.

use crate::live::hub::Hub;
use std::sync::Arc;

pub(crate) async fn follow(_feed: (), _hub: Arc<Hub>) {}
