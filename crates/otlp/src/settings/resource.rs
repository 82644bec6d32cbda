//! The resource's attributes: what a user says about the service that sends.

use super::{
    SettingsError,
    environment::Environment,
    pairs::{self, Pair},
};

/// The attributes of `OTEL_RESOURCE_ATTRIBUTES`, of a key that comes twice the last, and `OTEL_SERVICE_NAME`, which wins.
pub(super) fn read(environment: &Environment<'_>) -> Result<Vec<(String, String)>, SettingsError> {
    let mut attributes: Vec<(String, String)> = Vec::new();
    let mut set = |key: String, value: String| match attributes.iter_mut().find(|(known, _)| *known == key) {
        Some((_, old)) => *old = value,
        None => attributes.push((key, value)),
    };
    let name = "OTEL_RESOURCE_ATTRIBUTES";
    if let Some(list) = environment.text(name) {
        for Pair { entry, key, value } in pairs::read(name, &list)? {
            let value = String::from_utf8(value).map_err(|_| SettingsError::Entry {
                name: name.to_owned(),
                entry,
                problem: "has a value that is not UTF-8 once decoded",
            })?;
            set(key, value);
        }
    }
    if let Some(service) = environment.text("OTEL_SERVICE_NAME") {
        set("service.name".to_owned(), service);
    }
    Ok(attributes)
}
