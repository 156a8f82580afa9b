//! Paths of the endpoint, each with its handler: read the request, make one call, show the answer.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Extension, Path, Query, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde_json::{Value, json};
use tessera_core::error::Error;
use tessera_core::generated::codes;
use tessera_core::id::AppId;

use super::auth::{Actor, require_token};
use super::body::{self, Days, Max};
use super::metrics;
use super::reply::Refusal;
use super::server::Shared;

/// A policy is smaller.
const BODY_BYTES_MAX: usize = 16 * 1024;

/// From the end of the headers to the answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// The audit records that are shown unless the caller says how many.
const AUDIT_MAX_DEFAULT: usize = 100;

type Answer = Result<Json<Value>, Refusal>;
type Call = (State<Arc<Shared>>, Extension<Actor>);

/// The whole endpoint. Only the health check needs no token.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/v1/apps", get(apps))
        .route("/v1/apps/{app}/users/{user}/sessions", get(sessions))
        .route("/v1/apps/{app}/users/{user}/kick", post(kick))
        .route("/v1/apps/{app}/users/{user}/disable", post(disable))
        .route("/v1/apps/{app}/users/{user}/enable", post(enable))
        .route("/v1/apps/{app}/policy", put(set_policy))
        .route("/v1/apps/{app}/active", get(active))
        .route("/v1/audit", get(audit))
        .route("/metrics", get(show_metrics))
        .method_not_allowed_fallback(wrong_method)
        .fallback(not_found)
        .layer(from_fn_with_state(Arc::clone(&shared), require_token))
        // Added after the token's layer, so it is not behind it.
        .route("/healthz", get(healthy))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn(within_time))
        .with_state(shared)
}

async fn apps(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(json!({ "apps": shared.gateway.admin().apps().await }))
}

async fn sessions((State(shared), Extension(actor)): Call, Path(path): Path<(String, String)>) -> Answer {
    let app = app_id(&path.0)?;
    let (sessions, disabled) = shared.gateway.admin().sessions(&actor.0, app, &path.1).await?;
    Ok(Json(json!({ "disabled": disabled, "sessions": sessions })))
}

async fn kick((State(shared), Extension(actor)): Call, Path(path): Path<(String, String)>) -> Answer {
    let app = app_id(&path.0)?;
    let kicked = shared.gateway.admin().kick(&actor.0, app, &path.1).await?;
    // Tickets count seconds, and the time is a whole one (G5).
    Ok(Json(json!({ "sessions": kicked.sessions, "sign_after": kicked.sign_after.as_secs() })))
}

async fn disable(call: Call, path: Path<(String, String)>) -> Answer {
    set_disabled(call, path, true).await
}

async fn enable(call: Call, path: Path<(String, String)>) -> Answer {
    set_disabled(call, path, false).await
}

async fn set_disabled(
    (State(shared), Extension(actor)): Call,
    Path(path): Path<(String, String)>,
    disabled: bool,
) -> Answer {
    let app = app_id(&path.0)?;
    let sessions = shared.gateway.admin().set_disabled(&actor.0, app, &path.1, disabled).await?;
    Ok(Json(json!({ "disabled": disabled, "sessions": sessions })))
}

async fn set_policy(
    (State(shared), Extension(actor)): Call,
    Path(app): Path<String>,
    bytes: Result<Bytes, BytesRejection>,
) -> Answer {
    let app = app_id(&app)?;
    let bytes = bytes.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => Refusal::malformed("the body did not arrive"),
    })?;
    let rules = body::new_rules(&bytes)?;
    shared.gateway.admin().set_policy(&actor.0, app, rules.policy, rules.offline_kick_error).await?;
    Ok(Json(json!({})))
}

async fn active(
    State(shared): State<Arc<Shared>>,
    Path(app): Path<String>,
    days: Result<Query<Days>, QueryRejection>,
) -> Answer {
    let app = app_id(&app)?;
    let Query(days) = days
        .map_err(|_| Refusal::malformed("say which days: ?from=2026-11-01&to=2026-11-30, both included"))?;
    let (from, to) = (body::day(&days.from)?, body::day(&days.to)?);
    if from > to {
        return Err(Refusal::malformed("`from` is after `to`"));
    }
    let active = shared.gateway.admin().active(app, from, to).await?;
    Ok(Json(json!({ "users": active.users, "logins": active.logins })))
}

async fn audit(State(shared): State<Arc<Shared>>, max: Result<Query<Max>, QueryRejection>) -> Answer {
    let Query(Max { max }) = max.map_err(|_| Refusal::malformed("`max` is how many records to show"))?;
    let records = shared.gateway.admin().audit(max.unwrap_or(AUDIT_MAX_DEFAULT)).await?;
    Ok(Json(json!({ "records": records })))
}

async fn show_metrics(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], metrics::text(&shared.gateway.counters()))
}

async fn healthy() -> &'static str {
    "ok\n"
}

async fn not_found() -> Refusal {
    let error = Error::new(
        codes::ERR_SVR_ACCOUNT_INVALID_PARAMETERS,
        "the admin endpoint has no such path: docs/admin-api.md lists them",
    );
    Refusal::new(StatusCode::NOT_FOUND, error)
}

async fn wrong_method() -> Refusal {
    let error = Error::new(
        codes::ERR_SVR_ACCOUNT_INVALID_PARAMETERS,
        "the path exists, but not with this method: docs/admin-api.md lists them",
    );
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, error)
}

fn too_large() -> Refusal {
    let desc = format!("the body is larger than {BODY_BYTES_MAX} bytes");
    let error = Error::new(codes::ERR_SVR_ACCOUNT_INVALID_PARAMETERS, desc);
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, error)
}

/// Bounds the time of a request, its body included, and keeps answers out of caches.
async fn within_time(request: Request, next: Next) -> Response {
    let Ok(mut response) = tokio::time::timeout(ANSWER_WITHIN, next.run(request)).await else {
        let desc = format!("no answer within {} s; what was asked may still happen", ANSWER_WITHIN.as_secs());
        let error = Error::new(codes::ERR_SVR_ACCOUNT_INTERNAL_ERROR, desc);
        return Refusal::new(StatusCode::SERVICE_UNAVAILABLE, error).into_response();
    };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn app_id(text: &str) -> Result<AppId, Refusal> {
    text.parse().map(AppId).map_err(|_| Refusal::malformed("the app in the path is a number, the SDKAppID"))
}
