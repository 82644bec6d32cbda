//! The way through a proxy: the variables that curl and most programs know, for HTTP only.

use std::fmt;

use url::Url;

use super::{
    Endpoint, SettingsError,
    endpoint::{has_scheme, without_secrets},
    environment::Environment,
};

/// A proxy and the hosts that are reached without it. `Debug` leaves out its user and password.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Its URL, perhaps with a user and a password.
    url: Url,
    /// `NO_PROXY`: hosts, domains and networks, comma-separated; empty: none.
    exceptions: String,
}

impl Proxy {
    /// The proxy for an endpoint, if the variables name one. The machine itself is always reached without: a collector
    /// beside the load generator is no business of a proxy.
    pub(super) fn read(endpoint: &Endpoint, environment: &Environment<'_>) -> Result<Option<Self>, SettingsError> {
        if endpoint.is_loopback() {
            return Ok(None);
        }
        let names = if endpoint.is_tls() { ["https_proxy", "HTTPS_PROXY"] } else { ["http_proxy", "HTTP_PROXY"] };
        let found =
            names.iter().chain(&["all_proxy", "ALL_PROXY"]).find_map(|&name| Some((name, environment.text(name)?)));
        let Some((name, value)) = found else { return Ok(None) };
        let text = if has_scheme(&value) { value.clone() } else { format!("http://{value}") };
        let url = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let Some(url) = url else {
            let accepted = "a proxy's URL that begins with http:// or https:// is needed";
            return Err(SettingsError::value(name, without_secrets(&value), accepted));
        };
        let exceptions = environment.text("no_proxy").or_else(|| environment.text("NO_PROXY")).unwrap_or_default();
        Ok(Some(Self { url, exceptions }))
    }

    /// The proxy's URL; it may hold a password.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The hosts that are reached without it, as `NO_PROXY` lists them.
    #[must_use]
    pub fn exceptions(&self) -> &str {
        &self.exceptions
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = without_secrets(self.url.as_str());
        f.debug_struct("Proxy").field("url", &shown).field("exceptions", &self.exceptions).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(endpoint: &str, variables: &[(&str, &str)]) -> Result<Option<Proxy>, SettingsError> {
        let endpoint = Endpoint::http("E", endpoint, None).unwrap();
        let variable = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, v)| (*v).to_owned());
        Proxy::read(&endpoint, &Environment::new(&variable))
    }

    fn url(endpoint: &str, variables: &[(&str, &str)]) -> Option<String> {
        read(endpoint, variables).unwrap().map(|proxy| proxy.url().to_string())
    }

    #[test]
    fn the_scheme_of_the_endpoint_chooses_the_variable() {
        let variables = [("HTTP_PROXY", "http://plain:3128"), ("HTTPS_PROXY", "secure:3128")];
        assert_eq!(url("http://backend/", &variables).unwrap(), "http://plain:3128/");
        assert_eq!(url("https://backend/", &variables).unwrap(), "http://secure:3128/");
        assert_eq!(url("http://backend/", &[("ALL_PROXY", "all:1")]).unwrap(), "http://all:1/");
        assert_eq!(url("http://backend/", &[]), None);
    }

    #[test]
    fn the_lower_case_name_wins() {
        let variables = [("http_proxy", "http://lower:1"), ("HTTP_PROXY", "http://upper:1")];
        assert_eq!(url("http://backend/", &variables).unwrap(), "http://lower:1/");
    }

    #[test]
    fn the_machine_itself_is_reached_without_a_proxy() {
        assert_eq!(url("http://localhost:4318/", &[("HTTP_PROXY", "http://plain:3128")]), None);
    }

    #[test]
    fn a_proxy_of_another_kind_is_an_error_without_its_password() {
        let error = read("http://backend/", &[("ALL_PROXY", "socks5://u:s3cret@p:1080")]).unwrap_err().to_string();
        assert_eq!(error, "ALL_PROXY=p:1080: a proxy's URL that begins with http:// or https:// is needed");
    }

    #[test]
    fn its_debug_text_has_no_password() {
        let proxy = read("http://backend/", &[("HTTP_PROXY", "http://u:s3cret@p:1"), ("NO_PROXY", "a,b")]);
        assert_eq!(format!("{:?}", proxy.unwrap().unwrap()), r#"Proxy { url: "p:1/", exceptions: "a,b" }"#);
    }
}
