//! Who exports a signal: `OTEL_METRICS_EXPORTER` and `OTEL_LOGS_EXPORTER`, each a list.

use super::{SettingsError, Signal, environment::Environment};

/// Whether a signal is exported by OTLP: so where the variable names it, or is not set. Others that it names beside OTLP
/// are exporters of an SDK, which this is not: they are told of.
pub(super) fn wants_otlp(
    signal: Signal,
    environment: &Environment<'_>,
    warnings: &mut Vec<String>,
) -> Result<bool, SettingsError> {
    let name = format!("OTEL_{}_EXPORTER", signal.word());
    let Some(value) = environment.text(&name) else { return Ok(true) };
    let words: Vec<_> = value.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
    let is_otlp = |word: &&str| word.eq_ignore_ascii_case("otlp");
    if words.iter().any(is_otlp) {
        if !words.iter().all(is_otlp) {
            let error = SettingsError::value(&name, &value, "only otlp is an exporter here; the others have no effect");
            warnings.push(error.to_string());
        }
        return Ok(true);
    }
    match words[..] {
        [word] if word.eq_ignore_ascii_case("none") => Ok(false),
        _ => Err(SettingsError::value(&name, &value, "otlp or none is needed")),
    }
}
