//! One window in a frame: all but its series.

use crate::frame::FrameWindow;
use crate::frame::decode::DecodeError;
use crate::frame::limits::{MAX_AMOUNT, MAX_COUNT, MAX_MOMENT_NS, clamp_moment};
use crate::frame::put;
use crate::frame::reader::{Reader, contradictory};
use locust_telemetry_core::{Anomalies, Anomaly, Event, Reasons, SystemSample, Window};

/// Which of the optional figures follow, one bit each.
mod has {
    pub(super) const HUB_LAG: u8 = 1;
    pub(super) const SYSTEM: u8 = 2;
    pub(super) const RUN_QUEUE_DELAY: u8 = 4;
    pub(super) const THROTTLED: u8 = 8;
    pub(super) const PRESSURE: u8 = RUN_QUEUE_DELAY | THROTTLED;
    pub(super) const ANY: u8 = HUB_LAG | SYSTEM | PRESSURE;
}

/// The shortest window: the distance of its second, seven counts or flags, and no keys.
pub(super) const LEAST_BYTES: usize = 8;

/// Appends what a window has besides its second and its series.
pub(super) fn put_window(out: &mut Vec<u8>, window: &Window) {
    put::varint(out, window.users.min(MAX_COUNT));
    out.push(window.reasons.bits());
    let bit = |is_there: bool, bit: u8| if is_there { bit } else { 0 };
    let system = window.system.as_ref();
    out.push(
        bit(window.hub_lag_max_ns.is_some(), has::HUB_LAG)
            | bit(system.is_some(), has::SYSTEM)
            | bit(system.is_some_and(|system| system.run_queue_delay_since_last_ns.is_some()), has::RUN_QUEUE_DELAY)
            | bit(system.is_some_and(|system| system.throttled_since_last_ns.is_some()), has::THROTTLED),
    );
    if let Some(hub_lag_ns) = window.hub_lag_max_ns {
        put_amount(out, hub_lag_ns);
    }
    if let Some(system) = system {
        put_system(out, system);
    }
    put::size(out, window.events.len());
    window.events.iter().for_each(|event| put_event(out, event));
    put_anomalies(out, &window.requests.anomalies);
    put::size(out, window.requests.folded.iter().count());
    window.requests.folded.iter().for_each(|label| put::text(out, label));
}

/// Reads into `window` what [`put_window`] wrote.
pub(super) fn take_window(reader: &mut Reader<'_>, window: &mut FrameWindow) -> Result<(), DecodeError> {
    window.users = reader.at_most(MAX_COUNT, "too many users")?;
    window.reasons = Reasons::from_bits(reader.byte()?);
    let present = reader.byte()?;
    if present & !has::ANY != 0 || (present & has::SYSTEM == 0 && present & has::PRESSURE != 0) {
        return contradictory("figures that are unknown");
    }
    if present & has::HUB_LAG != 0 {
        window.hub_lag_max_ns = Some(take_amount(reader)?);
    }
    if present & has::SYSTEM != 0 {
        window.system = Some(take_system(reader, present)?);
    }
    let events = reader.count(10)?;
    window.events.reserve_exact(events);
    for _ in 0..events {
        window.events.push(take_event(reader)?);
    }
    window.anomalies = take_anomalies(reader)?;
    let folded = reader.count(1)?;
    window.folded.reserve_exact(folded);
    for _ in 0..folded {
        window.folded.push(reader.text(usize::MAX)?.to_owned());
    }
    Ok(())
}

fn put_amount(out: &mut Vec<u8>, amount: u64) {
    put::varint(out, amount.min(MAX_AMOUNT));
}

fn take_amount(reader: &mut Reader<'_>) -> Result<u64, DecodeError> {
    reader.at_most(MAX_AMOUNT, "an amount beyond reason")
}

fn put_moment(out: &mut Vec<u8>, moment_ns: i64) {
    out.extend_from_slice(&clamp_moment(moment_ns).to_le_bytes());
}

fn take_moment(reader: &mut Reader<'_>) -> Result<i64, DecodeError> {
    let moment_ns = reader.u64_le()? as i64;
    if moment_ns.unsigned_abs() > MAX_MOMENT_NS { contradictory("a moment beyond reason") } else { Ok(moment_ns) }
}

fn put_system(out: &mut Vec<u8>, system: &SystemSample) {
    put_moment(out, system.time_unix_ns);
    out.extend_from_slice(&system.process_cpu_percent.to_le_bytes());
    put_amount(out, system.process_memory_bytes);
    out.extend_from_slice(&system.host_cpu_percent.to_le_bytes());
    let amounts = [
        system.host_memory_used_bytes,
        system.host_memory_total_bytes,
        system.network_sent_bytes,
        system.network_received_bytes,
    ];
    let pressure = [system.run_queue_delay_since_last_ns, system.throttled_since_last_ns];
    amounts.into_iter().chain(pressure.into_iter().flatten()).for_each(|amount| put_amount(out, amount));
}

fn take_system(reader: &mut Reader<'_>, present: u8) -> Result<SystemSample, DecodeError> {
    let mut system = SystemSample {
        time_unix_ns: take_moment(reader)?,
        process_cpu_percent: reader.f64_le()?,
        process_memory_bytes: take_amount(reader)?,
        host_cpu_percent: reader.f64_le()?,
        host_memory_used_bytes: take_amount(reader)?,
        host_memory_total_bytes: take_amount(reader)?,
        network_sent_bytes: take_amount(reader)?,
        network_received_bytes: take_amount(reader)?,
        ..SystemSample::default()
    };
    if present & has::RUN_QUEUE_DELAY != 0 {
        system.run_queue_delay_since_last_ns = Some(take_amount(reader)?);
    }
    if present & has::THROTTLED != 0 {
        system.throttled_since_last_ns = Some(take_amount(reader)?);
    }
    Ok(system)
}

fn put_event(out: &mut Vec<u8>, event: &Event) {
    put_moment(out, event.time_unix_ns);
    put::text(out, &event.name);
    put::size(out, event.attributes.len());
    for (name, value) in &event.attributes {
        put::text(out, name);
        put::text(out, value);
    }
}

fn take_event(reader: &mut Reader<'_>) -> Result<Event, DecodeError> {
    let time_unix_ns = take_moment(reader)?;
    let name = reader.text(usize::MAX)?.to_owned();
    let count = reader.count(2)?;
    let mut attributes = Vec::with_capacity(count);
    for _ in 0..count {
        let name = reader.text(usize::MAX)?.to_owned();
        attributes.push((name, reader.text(usize::MAX)?.to_owned()));
    }
    Ok(Event { time_unix_ns, name, attributes })
}

fn put_anomalies(out: &mut Vec<u8>, anomalies: &Anomalies) {
    put::size(out, anomalies.occurred().count());
    for (anomaly, times) in anomalies.occurred() {
        put::size(out, anomaly as usize);
        put::varint(out, times.min(MAX_COUNT));
    }
}

/// Kinds that are not known here are left out: the next format may have more of them.
fn take_anomalies(reader: &mut Reader<'_>) -> Result<Anomalies, DecodeError> {
    let mut anomalies = Anomalies::default();
    let mut least = 0;
    for _ in 0..reader.count(2)? {
        let kind = reader.at_most(u16::MAX.into(), "an anomaly beyond reason")? as usize;
        let times = reader.at_most(MAX_COUNT, "too many anomalies")?;
        if kind < least || times == 0 {
            return contradictory("anomalies that do not ascend, or did not occur");
        }
        least = kind + 1;
        if let Some(anomaly) = Anomaly::ALL.get(kind) {
            anomalies.count_many(*anomaly, times);
        }
    }
    Ok(anomalies)
}
