//! What a master pays for the frames of many workers: CPU of the thread that merges, and memory of the process.
//!
//! The workers are another process, whose real outboxes give real frames through a pipe, so that what is measured here
//! is the master's alone. Time is simulated: an hour's run takes minutes. Prints one JSON object; `benches/merge.py`
//! makes tables of them. With `--frames-only` the workers' frames go to standard output instead.

mod flow;
mod master;
mod memory;
mod options;
mod workers;

#[path = "../../tests/support/mod.rs"]
mod support;

use options::Options;
use std::error::Error;
use std::io::{BufReader, BufWriter, Write};
use std::process::{Command, Stdio};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let options = Options::parse(&arguments)?;
    if options.frames_only {
        let mut out = BufWriter::new(std::io::stdout().lock());
        workers::send(&options, &mut out)?;
        out.flush()?;
        return Ok(());
    }
    let mut child = Command::new(std::env::current_exe()?)
        .args(arguments)
        .arg("--frames-only")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let frames = child.stdout.take().ok_or("the workers have no output")?;
    let cost = master::merge(&options, &mut BufReader::new(frames))?;
    if !child.wait()?.success() {
        return Err("the workers ended with an error".into());
    }
    println!("{}", cost.json(&options));
    Ok(())
}
