//! The part of a run that an interval belongs to.

/// Before or after the end of spawning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Users are still being spawned: up to and with the second in which that first ended.
    RampUp,
    /// All that follows.
    Steady,
}

impl Phase {
    /// The value of a record's `phase` field.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RampUp => "ramp_up",
            Self::Steady => "steady",
        }
    }

    /// The phase with this name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::RampUp, Self::Steady].into_iter().find(|phase| phase.name() == name)
    }
}
