//! The way from the workers' process to the master's: for each second how many frames there are, then each frame.

use std::io::{self, Read, Write};

/// Sends how many frames the next second has.
pub(crate) fn put_second(out: &mut impl Write, frames: usize) -> io::Result<()> {
    put(out, frames)
}

/// Sends one frame of a worker.
pub(crate) fn put_frame(out: &mut impl Write, worker: usize, frame: &[u8]) -> io::Result<()> {
    put(out, worker)?;
    put(out, frame.len())?;
    out.write_all(frame)
}

/// How many frames the next second has.
pub(crate) fn take_second(input: &mut impl Read) -> io::Result<usize> {
    take(input)
}

/// The worker whose frame is next, and the frame in the place of what `frame` held.
pub(crate) fn take_frame(input: &mut impl Read, frame: &mut Vec<u8>) -> io::Result<usize> {
    let worker = take(input)?;
    frame.resize(take(input)?, 0);
    input.read_exact(frame)?;
    Ok(worker)
}

fn put(out: &mut impl Write, number: usize) -> io::Result<()> {
    // Workers and bytes of a frame are far fewer than 2^32.
    out.write_all(&(number as u32).to_le_bytes())
}

fn take(input: &mut impl Read) -> io::Result<usize> {
    let mut bytes = [0; 4];
    input.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes) as usize)
}
