//! Answers: an error of the table becomes an HTTP status and a JSON body with the same number.

use axum::Json;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tessera_core::error::{Error, Kind};
use tessera_core::generated::codes;

/// An error with its status.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    error: Error,
}

/// The body of every error.
#[derive(Serialize)]
struct Body<'a> {
    code: i32,
    desc: &'a str,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, error: Error) -> Self {
        Refusal { status, error }
    }

    /// A request that is wrong in itself.
    pub(super) fn malformed(desc: impl Into<String>) -> Self {
        let error = Error::new(codes::ERR_SVR_ACCOUNT_INVALID_PARAMETERS, desc);
        Refusal::new(StatusCode::BAD_REQUEST, error)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Refusal { status: status(&error), error }
    }
}

fn status(error: &Error) -> StatusCode {
    if [codes::ERR_SVR_ACCOUNT_SDKAPPID_NOT_FOUND, codes::ERR_SVR_ACCOUNT_NOT_FOUND].contains(&error.code) {
        return StatusCode::NOT_FOUND;
    }
    match error.code.row().map_or(Kind::Internal, |row| row.kind) {
        Kind::Argument => StatusCode::BAD_REQUEST,
        Kind::Limit => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Account | Kind::State | Kind::Ticket | Kind::Kicked => StatusCode::CONFLICT,
        Kind::Success | Kind::Network | Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = Json(Body { code: self.error.code.0, desc: &self.error.desc });
        let mut response = (self.status, body).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(after) = self.error.retry_after {
            // The header counts whole seconds; rounding down would ask for a call that comes too early.
            let seconds = HeaderValue::from(after.0.div_ceil(1000));
            response.headers_mut().insert(RETRY_AFTER, seconds);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use tessera_core::time::Millis;

    use super::*;

    #[test]
    fn codes_become_statuses() {
        for (code, expected) in [
            (codes::ERR_SVR_ACCOUNT_INVALID_PARAMETERS, 400),
            (codes::ERR_SDK_COMM_INVALID_IDENTIFIER, 400),
            (codes::ERR_SVR_ACCOUNT_SDKAPPID_NOT_FOUND, 404),
            (codes::ERR_SVR_SSO_OVERLOAD, 503),
            (codes::ERR_SVR_ACCOUNT_INTERNAL_ERROR, 500),
        ] {
            assert_eq!(Refusal::from(Error::of(code)).into_response().status(), expected, "{code}");
        }
    }

    #[test]
    fn the_time_to_come_back_is_rounded_up() {
        let error = Error::of(codes::ERR_SVR_SSO_OVERLOAD).retry_after(Some(Millis(1001)));
        let response = Refusal::from(error).into_response();
        assert_eq!(response.headers()[RETRY_AFTER], "2");
    }
}
