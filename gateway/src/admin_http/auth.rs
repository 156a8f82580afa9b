//! Who calls: the bearer token of a request, compared in constant time.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tessera_core::error::Error;
use tessera_core::generated::codes;

use super::reply::Refusal;
use super::server::Shared;
use crate::config::AdminToken;

/// The name of the token that a request came with; audit records show it.
#[derive(Clone, Debug)]
pub(super) struct Actor(pub(super) Arc<str>);

/// The address that a request came from.
#[derive(Clone, Copy, Debug)]
pub(super) struct PeerAddress(pub(super) SocketAddr);

/// The tokens by their hash, so that all comparisons have one length and no secret stays in memory.
pub(super) struct Tokens(Vec<(Arc<str>, [u8; 32])>);

impl Tokens {
    pub(super) fn new(tokens: &[AdminToken]) -> Self {
        let hashed = tokens.iter().map(|token| (Arc::from(token.name.as_str()), hash(&token.secret)));
        Tokens(hashed.collect())
    }

    /// Whose secret it is. Every token is compared, so the time tells nothing.
    fn owner(&self, secret: &str) -> Option<Actor> {
        let asked = hash(secret);
        let mut found = None;
        for (name, known) in &self.0 {
            if bool::from(known.ct_eq(&asked)) {
                found = Some(Actor(Arc::clone(name)));
            }
        }
        found
    }
}

fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// Lets a request with a token pass and notes whose it is.
pub(super) async fn require_token(
    State(shared): State<Arc<Shared>>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(secret) = bearer(request.headers()) else {
        let error = Error::new(
            codes::ERR_SVR_ACCOUNT_ADMIN_REQUIRED,
            "there is no bearer token: send `Authorization: Bearer …` with a token of `admin.tokens`",
        );
        return Refusal::new(StatusCode::UNAUTHORIZED, error).into_response();
    };
    let Some(actor) = shared.tokens.owner(secret) else {
        let peer = request.extensions().get::<PeerAddress>().map(|peer| peer.0);
        tracing::warn!(?peer, "an admin call with a wrong token was refused");
        let error = Error::new(
            codes::ERR_SVR_ACCOUNT_ADMIN_REQUIRED,
            "the bearer token is none of `admin.tokens`: check the token and the gateway that it is for",
        );
        return Refusal::new(StatusCode::FORBIDDEN, error).into_response();
    };
    request.extensions_mut().insert(actor);
    next.run(request).await
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, secret) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(secret.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_by_its_whole_secret_only() {
        let token = |name: &str, secret: &str| AdminToken { name: name.into(), secret: secret.into() };
        let tokens = Tokens::new(&[token("one", "0123456789abcdef"), token("two", "fedcba9876543210")]);
        let owner = |secret| tokens.owner(secret).map(|actor| actor.0.to_string());
        assert_eq!(owner("0123456789abcdef").as_deref(), Some("one"));
        assert_eq!(owner("fedcba9876543210").as_deref(), Some("two"));
        for wrong in ["", "0123456789abcde", "0123456789abcdef0", "0123456789abcdeF"] {
            assert_eq!(owner(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_scheme_is_read_in_any_case_and_no_other_scheme() {
        let read = |value: &str| {
            let headers = HeaderMap::from_iter([(AUTHORIZATION, value.parse().unwrap())]);
            bearer(&headers).map(str::to_owned)
        };
        assert_eq!(read("Bearer abc").as_deref(), Some("abc"));
        assert_eq!(read("bearer  abc").as_deref(), Some("abc"));
        assert_eq!(read("Basic abc"), None);
        assert_eq!(read("abc"), None);
    }
}
