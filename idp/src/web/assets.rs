//! Style sheet, scripts and icons, served from memory under names that change with their content, so that browsers keep them for good.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};

use crate::app::App;
use crate::base::error::{AppError, Kind};

/// `GET /assets/HASH/NAME`
pub async fn get(State(app): State<App>, Path((hash, name)): Path<(String, String)>) -> Result<Response, AppError> {
    let asset = app.templates().asset(&hash, &name).ok_or(AppError::new(Kind::NotFound, "not_found"))?;
    let mut response = asset.bytes.into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    Ok(response)
}
