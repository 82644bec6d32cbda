//! Series by the very objects that named them.
//!
//! Most requests of a test are named by the same few string objects, the literals of its source. Strings do not change,
//! so one that is kept alive here tells its series by its address: no text is read, hashed or compared.

use super::owned::Owned;
use locust_telemetry_core::KnownSeries;
use pyo3::ffi;
use std::cell::RefCell;
use std::num::NonZeroU16;

/// How many pairs of places there are; a power of two. Enough for a few hundred endpoints, and small in the cache: only
/// those in use are ever touched.
const PAIRS: usize = 512;

/// 2^64 divided by the golden ratio: a multiplication with it spreads addresses over the upper bits.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// Which objects named a request, and its outcome.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) name: *mut ffi::PyObject,
    pub(super) method: *mut ffi::PyObject,
    pub(super) status: Option<NonZeroU16>,
}

impl Named {
    #[inline]
    fn pair(self) -> usize {
        let status = u64::from(self.status.map_or(0, NonZeroU16::get));
        // Objects stand at multiples of 16.
        let mixed = (self.name as u64 >> 4) ^ (self.method as u64).rotate_left(16) ^ status.rotate_left(40);
        (mixed.wrapping_mul(SPREAD) >> (u64::BITS - PAIRS.ilog2())) as usize
    }
}

struct Entry {
    /// Kept alive, so that no other string gets its address.
    name: Owned,
    /// As the name.
    method: Owned,
    status: Option<NonZeroU16>,
    series: KnownSeries,
}

impl Entry {
    #[inline]
    fn is_of(&self, named: Named) -> bool {
        self.name.as_ptr() == named.name && self.method.as_ptr() == named.method && self.status == named.status
    }
}

/// The series of the requests that succeeded lately. Only touched with the GIL held.
pub(super) struct KnownNames(RefCell<Box<[[Option<Entry>; 2]]>>);

impl KnownNames {
    pub(super) fn new() -> Self {
        Self(RefCell::new((0..PAIRS).map(|_| [None, None]).collect()))
    }

    #[inline]
    pub(super) fn find(&self, named: Named) -> Option<KnownSeries> {
        let pairs = self.0.borrow();
        let pair = pairs.get(named.pair())?;
        pair.iter().flatten().find(|entry| entry.is_of(named)).map(|entry| entry.series)
    }

    /// Remembers who named a series, and keeps these strings alive until two others have taken their place. Not those of
    /// a class of the user's own, which may have more to them than a text.
    ///
    /// # Safety
    /// The GIL is held; both objects are alive.
    pub(super) unsafe fn remember(&self, named: Named, series: KnownSeries) {
        // SAFETY: see above.
        let entry = unsafe {
            if ffi::PyUnicode_CheckExact(named.name) == 0 || ffi::PyUnicode_CheckExact(named.method) == 0 {
                return;
            }
            let (name, method) = (Owned::from_borrowed(named.name), Owned::from_borrowed(named.method));
            Entry { name, method, status: named.status, series }
        };
        let mut pairs = self.0.borrow_mut();
        let [newer, older] = &mut pairs[named.pair()];
        // An entry of an earlier run is of no use any more.
        let forgotten = if newer.as_ref().is_some_and(|entry| entry.is_of(named)) {
            newer.replace(entry)
        } else {
            std::mem::replace(older, newer.replace(entry))
        };
        drop(pairs);
        drop(forgotten);
    }
}
