//! Stands before every route: who may pass, and the headers of every answer.

use crate::access::{Pass, Refusal};
use crate::api_error::ApiError;
use crate::app::App;
use crate::headers;
use crate::token;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use locust_telemetry_report::markup::escape;
use std::sync::Arc;

/// Answers what may not pass, passes on what may.
pub(crate) async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let judgement = app.access.judge(request.method(), request.uri(), request.headers());
    let mut response = match judgement {
        Ok(Pass::Known) => next.run(request).await,
        Ok(Pass::FromLink) if request.uri().path() == "/" => with_cookie(&app, forwarding(request.uri())),
        Ok(Pass::FromLink) => with_cookie(&app, next.run(request).await),
        Err(Refusal::Host) => ApiError::ForeignHost.into_response(),
        Err(Refusal::Origin) => ApiError::ForeignOrigin.into_response(),
        Err(Refusal::Token) => {
            ([(header::WWW_AUTHENTICATE, "Bearer")], ApiError::TokenNeeded.into_response()).into_response()
        }
    };
    headers::protect(response.headers_mut());
    response
}

fn with_cookie(app: &App, mut response: Response) -> Response {
    if let Some(cookie) = app.access.cookie().and_then(|cookie| HeaderValue::try_from(cookie).ok()) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// Leads to the page without the token in its address, where it would stay in the history and on screenshots.
///
/// A document that leads on, not a redirect: after one that began on another site's page, such as a chat's, the browser
/// would not send the new cookie.
fn forwarding(uri: &Uri) -> Response {
    let rest = token::without_token(uri.query().unwrap_or_default());
    let address = if rest.is_empty() { "/".to_owned() } else { format!("/?{}", escape(&rest)) };
    let document = format!(
        "<!doctype html><meta charset=\"utf-8\"><title>Live page</title>\
         <meta http-equiv=\"refresh\" content=\"0;url={address}\"><a href=\"{address}\">Live page</a>\n"
    );
    (StatusCode::OK, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], document).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;

    async fn document(uri: &str) -> String {
        let response = forwarding(&Uri::try_from(uri).unwrap());
        String::from_utf8(to_bytes(response.into_body(), 4096).await.unwrap().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn the_token_is_not_in_the_address_that_follows() {
        let document = document("/?run=7&token=secret-secret-secret&from=1").await;
        assert!(document.contains("content=\"0;url=/?run=7&amp;from=1\""), "{document}");
        assert!(!document.contains("secret"));
    }

    #[tokio::test]
    async fn a_hostile_query_stays_within_its_attribute() {
        let document = document("/?run='onclick='x&token=secret-secret-secret").await;
        assert!(document.contains("content=\"0;url=/?run=&#39;onclick=&#39;x\""), "{document}");
    }
}
