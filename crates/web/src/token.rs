//! The secret that opens the page to other machines.

use axum::http::{HeaderMap, Uri, header};
use subtle::ConstantTimeEq;

/// Fewer characters could be guessed.
pub(crate) const MIN_TOKEN_LENGTH: usize = 16;

/// The parameter that carries the token in a link.
pub(crate) const TOKEN_PARAMETER: &str = "token";

/// A token that can stand in a link, a cookie and a header as it is.
#[derive(Clone)]
pub(crate) struct Token(String);

impl Token {
    /// Takes a token of at least [`MIN_TOKEN_LENGTH`] letters, digits, `-`, `.`, `_` or `~`; `None` for any other.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        (text.len() >= MIN_TOKEN_LENGTH && text.bytes().all(is_fit)).then(|| Self(text.to_owned()))
    }

    /// Itself, for the link that is printed.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// Whether a text is this token. Takes equally long for all texts of its length.
    pub(crate) fn is(&self, text: &str) -> bool {
        self.0.as_bytes().ct_eq(text.as_bytes()).into()
    }

    /// Whether a query (`?token=`) has it.
    pub(crate) fn is_in_query(&self, uri: &Uri) -> bool {
        let parts = uri.query().unwrap_or_default().split('&').filter_map(|part| part.split_once('='));
        parts.filter(|(name, _)| *name == TOKEN_PARAMETER).any(|(_, text)| self.is(text))
    }

    /// Whether the headers have it: as `Authorization: Bearer`, or in the cookie of this name.
    pub(crate) fn is_in_headers(&self, headers: &HeaderMap, cookie_name: &str) -> bool {
        let texts = |name| headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        let bearer = |value: &str| {
            let parts = value.split_once(' ');
            parts.is_some_and(|(scheme, text)| scheme.eq_ignore_ascii_case("bearer") && self.is(text.trim()))
        };
        let cookie = |cookie: &str| {
            cookie.trim().split_once('=').is_some_and(|(name, text)| name == cookie_name && self.is(text))
        };
        texts(header::AUTHORIZATION).any(bearer) || texts(header::COOKIE).flat_map(|all| all.split(';')).any(cookie)
    }
}

/// The name of the cookie: cookies are shared by all ports of a host, and there may be a page on each.
pub(crate) fn cookie_name(port: u16) -> String {
    format!("locust_telemetry_{port}")
}

/// A query without its token; empty if nothing else was in it.
pub(crate) fn without_token(query: &str) -> String {
    let is_token = |part: &&str| part.split_once('=').is_some_and(|(name, _)| name == TOKEN_PARAMETER);
    query.split('&').filter(|part| !is_token(part)).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    const TEXT: &str = "open-sesame.0123_~";

    fn token() -> Token {
        Token::new(TEXT).unwrap()
    }

    #[test]
    fn a_token_that_is_short_or_needs_quoting_is_none() {
        assert!(Token::new("0123456789abcde").is_none());
        assert!(Token::new("0123456789abcdef").is_some());
        for odd in [" ", ";", "%", "&", "=", "\"", "ä", "\n"] {
            assert!(Token::new(&format!("0123456789abcdef{odd}")).is_none(), "{odd:?}");
        }
    }

    #[test]
    fn a_query_has_it_only_whole_and_by_its_name() {
        let is_in = |query: &str| token().is_in_query(&Uri::try_from(format!("/?{query}")).unwrap());
        assert!(is_in(&format!("run=7&token={TEXT}")));
        for wrong in ["", "token=", "token", &format!("tokens={TEXT}"), &format!("token={TEXT}x"), &TEXT[1..]] {
            assert!(!is_in(wrong), "{wrong}");
        }
    }

    #[test]
    fn headers_have_it_as_a_bearer_or_in_the_cookie_of_the_port() {
        let is_in = |name, value: &str| {
            let headers = HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())]);
            token().is_in_headers(&headers, &cookie_name(8090))
        };
        assert!(is_in(header::AUTHORIZATION, &format!("bearer {TEXT}")));
        assert!(is_in(header::COOKIE, &format!("a=b; locust_telemetry_8090={TEXT}; c=d")));
        assert!(!is_in(header::AUTHORIZATION, &format!("Basic {TEXT}")));
        assert!(!is_in(header::AUTHORIZATION, TEXT));
        assert!(!is_in(header::COOKIE, &format!("locust_telemetry_8091={TEXT}")));
        assert!(!is_in(header::COOKIE, "locust_telemetry_8090="));
    }

    #[test]
    fn a_query_without_its_token_keeps_everything_else() {
        assert_eq!(without_token("token=x"), "");
        assert_eq!(without_token("a=1&token=x&b&token=y"), "a=1&b");
    }
}
