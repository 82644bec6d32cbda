//! Who may ask for what: the name, the origin and the token of a request.

use crate::host::ListenHost;
use crate::token::{self, Token};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method, Uri, header};

/// Why a request is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It asks for another machine's name, or for none.
    Host,
    /// A page of another origin made the browser send it.
    Origin,
    /// It needs the token.
    Token,
}

/// A request that may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pass {
    /// As it is.
    Known,
    /// With the token from its link, which is to become a cookie.
    FromLink,
}

/// The rules of one server.
pub(crate) struct Access {
    /// `None` where any name will do.
    host_names: Option<Vec<String>>,
    token: Option<Token>,
    cookie_name: String,
}

impl Access {
    /// The rules for what listens on this host and port.
    pub(crate) fn new(host: &ListenHost, port: u16, token: Option<Token>) -> Self {
        Self { host_names: host.allowed_names(), token, cookie_name: token::cookie_name(port) }
    }

    /// Judges a request by everything but its body.
    pub(crate) fn judge(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<Pass, Refusal> {
        let host = host_of(headers).ok_or(Refusal::Host)?;
        let is_ours = |names: &Vec<String>| names.contains(&name_of(&host));
        if !self.host_names.as_ref().is_none_or(is_ours) {
            return Err(Refusal::Host);
        }
        if is_foreign(method, headers, &host) {
            return Err(Refusal::Origin);
        }
        let Some(token) = &self.token else { return Ok(Pass::Known) };
        if token.is_in_headers(headers, &self.cookie_name) {
            Ok(Pass::Known)
        } else if token.is_in_query(uri) {
            Ok(Pass::FromLink)
        } else {
            Err(Refusal::Token)
        }
    }

    /// The cookie that holds the token: out of scripts' reach, and not sent along from other sites' pages.
    pub(crate) fn cookie(&self) -> Option<String> {
        let text = self.token.as_ref()?.text();
        Some(format!("{}={text}; Path=/; HttpOnly; SameSite=Strict", self.cookie_name))
    }
}

/// What a request asks for by name and port: its one `Host` header.
fn host_of(headers: &HeaderMap) -> Option<Authority> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = Authority::try_from(hosts.next()?.as_bytes()).ok()?;
    (hosts.next().is_none() && !host.as_str().contains('@')).then_some(host)
}

/// The name alone, in lower case, without the dot that may end a full name.
fn name_of(host: &Authority) -> String {
    let name = host.host().to_ascii_lowercase();
    name.strip_suffix('.').map(str::to_owned).unwrap_or(name)
}

/// Whether a page of another origin is behind a request, as far as the browser tells.
///
/// Following a link from elsewhere is no harm (no page may show this one in a frame); everything else is: another
/// site's page could write with the user's rights, or take up all places for listeners. Programs that are no browsers
/// send none of these headers.
fn is_foreign(method: &Method, headers: &HeaderMap, host: &Authority) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let is_reading = method.is_safe();
    let is_link = is_reading && text("sec-fetch-mode") == Some("navigate");
    let is_elsewhere = text("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none"));
    let is_own = |origin: &str| {
        // A proxy in front of the page may speak TLS.
        let rest = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        rest.is_some_and(|rest| rest.eq_ignore_ascii_case(host.as_str()))
    };
    (is_elsewhere && !is_link) || (!is_reading && text("origin").is_some_and(|origin| !is_own(origin)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    const TOKEN: &str = "a-token-of-many-characters";

    fn judge(
        host: &str,
        token: Option<&str>,
        method: Method,
        uri: &str,
        headers: &[(&str, &str)],
    ) -> Result<Pass, Refusal> {
        let access = Access::new(&ListenHost::resolve(host).unwrap(), 8090, token.and_then(Token::new));
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap());
        }
        access.judge(&method, &Uri::try_from(uri).unwrap(), &map)
    }

    fn get(headers: &[(&str, &str)]) -> Result<Pass, Refusal> {
        judge("127.0.0.1", None, Method::GET, "/api/runs", headers)
    }

    fn post(headers: &[(&str, &str)]) -> Result<Pass, Refusal> {
        let all = [&[("host", "127.0.0.1:8090")], headers].concat();
        judge("127.0.0.1", None, Method::POST, "/api/runs/7/annotations", &all)
    }

    #[test]
    fn on_loopback_only_names_of_this_machine_pass() {
        for host in ["localhost:8090", "LOCALHOST", "localhost.:1", "127.0.0.1:8090", "[::1]:8090"] {
            assert_eq!(get(&[("host", host)]), Ok(Pass::Known), "{host}");
        }
        for host in
            ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "127.0.0.2", "", "a b", "me@localhost"]
        {
            assert_eq!(get(&[("host", host)]), Err(Refusal::Host), "{host}");
        }
        assert_eq!(get(&[]), Err(Refusal::Host));
        assert_eq!(get(&[("host", "localhost"), ("host", "localhost")]), Err(Refusal::Host));
    }

    #[test]
    fn elsewhere_any_name_passes_with_the_token() {
        let ask = |headers: &[(&str, &str)]| judge("0.0.0.0", Some(TOKEN), Method::GET, "/", headers);
        let bearer = format!("Bearer {TOKEN}");
        assert_eq!(ask(&[("host", "load-generator.internal"), ("authorization", &bearer)]), Ok(Pass::Known));
        assert_eq!(ask(&[("host", "load-generator.internal")]), Err(Refusal::Token));
    }

    #[test]
    fn every_route_needs_the_token() {
        for (method, path) in
            [(Method::GET, "/"), (Method::GET, "/app.js"), (Method::GET, "/api/live"), (Method::POST, "/x")]
        {
            let answer = judge("127.0.0.1", Some(TOKEN), method, path, &[("host", "localhost")]);
            assert_eq!(answer, Err(Refusal::Token), "{path}");
        }
    }

    #[test]
    fn a_token_from_a_link_becomes_a_cookie() {
        let headers = &[("host", "localhost:8090")];
        assert_eq!(
            judge("127.0.0.1", Some(TOKEN), Method::GET, &format!("/?token={TOKEN}"), headers),
            Ok(Pass::FromLink)
        );
        let access = Access::new(&ListenHost::resolve("127.0.0.1").unwrap(), 8090, Token::new(TOKEN));
        let cookie = access.cookie().unwrap();
        assert_eq!(cookie, format!("locust_telemetry_8090={TOKEN}; Path=/; HttpOnly; SameSite=Strict"));
        let headers = &[("host", "localhost:8090"), ("cookie", &cookie)];
        assert_eq!(judge("127.0.0.1", Some(TOKEN), Method::GET, "/", headers), Ok(Pass::Known));
    }

    #[test]
    fn another_origins_page_may_not_write() {
        assert_eq!(post(&[]), Ok(Pass::Known));
        assert_eq!(post(&[("origin", "http://127.0.0.1:8090"), ("sec-fetch-site", "same-origin")]), Ok(Pass::Known));
        for origin in ["http://evil.example", "http://127.0.0.1:8089", "null", "http://127.0.0.1:8090.evil.example"] {
            assert_eq!(post(&[("origin", origin)]), Err(Refusal::Origin), "{origin}");
        }
        for site in ["cross-site", "same-site", "?"] {
            assert_eq!(post(&[("sec-fetch-site", site)]), Err(Refusal::Origin), "{site}");
        }
        assert_eq!(post(&[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")]), Err(Refusal::Origin));
    }

    #[test]
    fn another_origins_page_may_link_here_but_not_fetch() {
        let from = |mode| get(&[("host", "localhost"), ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", mode)]);
        assert_eq!(from("navigate"), Ok(Pass::Known));
        assert_eq!(from("no-cors"), Err(Refusal::Origin));
        assert_eq!(get(&[("host", "localhost"), ("sec-fetch-site", "none")]), Ok(Pass::Known));
    }
}
