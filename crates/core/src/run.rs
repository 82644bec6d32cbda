//! Who is recording what: the identity that every record carries.

/// Which kind of Locust process this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Coordinates workers, makes no requests.
    Master,
    /// Makes requests for a master.
    Worker,
    /// One process that does both.
    Local,
}

impl Role {
    /// The value of a record's `recorder` field.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Master => "master",
            Self::Worker => "worker",
            Self::Local => "local",
        }
    }
}

/// One run of one test, as seen by one process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunIdentity {
    /// Short and unique; the same in all processes of the run.
    pub run_id: String,
    /// The name of the test, the same from run to run.
    pub testplan: String,
    /// What the process is.
    pub role: Role,
    /// The runner's class name, such as `WorkerRunner`.
    pub source: String,
    /// `master`, `worker-<index>` or `local`.
    pub source_id: String,
    /// What the plugins contributed, in their order, as text.
    pub metadata: Vec<(String, String)>,
    /// How the user labelled the run.
    pub labels: Vec<(String, String)>,
}
