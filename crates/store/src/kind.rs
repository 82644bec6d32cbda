//! Of whom a strip tells.

/// The kinds of subjects that strips are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// The whole run; its only subject is 0.
    Total = 0,
    /// A series of requests.
    Series = 1,
    /// A worker: response times over all its series, no bytes.
    Worker = 2,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Total, Self::Series, Self::Worker];

    /// The name in addresses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Series => "series",
            Self::Worker => "worker",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
