//! As much of S3 as a transfer needs, in memory: put, get, head, list, delete.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

/// When every object was last modified, and the same in seconds since 1970.
const MODIFIED: &str = "Mon, 23 Nov 2026 02:14:31 GMT";
pub(super) const MODIFIED_SECONDS: i64 = 1_795_400_071;

/// An object's content and user metadata.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Stored {
    pub content: Vec<u8>,
    pub metadata: BTreeMap<String, String>,
}

/// All objects by `BUCKET/KEY`.
#[derive(Clone, Default)]
pub(super) struct Objects(Arc<Mutex<BTreeMap<String, Stored>>>);

impl Objects {
    pub(super) fn put(&self, path: &str, content: &[u8], metadata: BTreeMap<String, String>) {
        let content = content.to_vec();
        self.0
            .lock()
            .unwrap()
            .insert(path.to_owned(), Stored { content, metadata });
    }

    pub(super) fn get(&self, path: &str) -> Option<Stored> {
        self.0.lock().unwrap().get(path).cloned()
    }

    pub(super) fn paths(&self) -> Vec<String> {
        self.0.lock().unwrap().keys().cloned().collect()
    }
}

pub(super) fn answer(
    objects: &Objects,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
) -> Response {
    let path = decoded(uri.path().trim_start_matches('/'));
    let (bucket, key) = path.split_once('/').unwrap_or((&path, ""));
    match (method, key) {
        (_, "") if *method == Method::HEAD => ().into_response(),
        (_, "") => listed(objects, bucket, uri.query().unwrap_or_default()),
        (&Method::PUT, _) => {
            let meta = headers.iter().filter_map(|(name, value)| {
                let name = name.as_str().strip_prefix("x-amz-meta-")?;
                Some((name.to_owned(), value.to_str().unwrap().to_owned()))
            });
            objects.put(&path, &unchunked(headers, body), meta.collect());
            ().into_response()
        }
        (&Method::DELETE, _) => {
            objects.0.lock().unwrap().remove(&path);
            StatusCode::NO_CONTENT.into_response()
        }
        (&Method::GET | &Method::HEAD, _) => match objects.get(&path) {
            Some(stored) => shown(stored, method == Method::HEAD),
            None => StatusCode::NOT_FOUND.into_response(),
        },
        _ => StatusCode::NOT_IMPLEMENTED.into_response(),
    }
}

fn shown(stored: Stored, is_head: bool) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::LAST_MODIFIED, HeaderValue::from_static(MODIFIED));
    headers.insert(header::CONTENT_LENGTH, stored.content.len().into());
    for (name, value) in &stored.metadata {
        let name = HeaderName::try_from(format!("x-amz-meta-{name}")).unwrap();
        headers.insert(name, value.parse().unwrap());
    }
    let content = if is_head { vec![] } else { stored.content };
    (headers, content).into_response()
}

/// One page with everything below the prefix, encoded as asked for.
fn listed(objects: &Objects, bucket: &str, query: &str) -> Response {
    let prefix = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("prefix="));
    let start = format!("{bucket}/{}", decoded(prefix.unwrap_or_default()));
    let keys = objects
        .paths()
        .into_iter()
        .filter(|path| path.starts_with(&start));
    let entries: String = keys
        .map(|path| {
            let key: String = path[bucket.len() + 1..]
                .bytes()
                .map(|b| format!("%{b:02X}"))
                .collect();
            format!("<Contents><Key>{key}</Key></Contents>")
        })
        .collect();
    format!("<ListBucketResult><EncodingType>url</EncodingType>{entries}</ListBucketResult>")
        .into_response()
}

/// A body that was sent in chunks (`aws-chunked`), put together.
fn unchunked(headers: &HeaderMap, mut body: &[u8]) -> Vec<u8> {
    let encoding = headers.get(header::CONTENT_ENCODING);
    if encoding.is_none_or(|encoding| encoding != "aws-chunked") {
        return body.to_vec();
    }
    let mut content = vec![];
    loop {
        let end = body.windows(2).position(|pair| pair == b"\r\n").unwrap();
        let size = str::from_utf8(&body[..end])
            .unwrap()
            .split(';')
            .next()
            .unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return content;
        }
        body = &body[end + 2..];
        content.extend(&body[..size]);
        body = &body[size + 2..];
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = vec![];
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = str::from_utf8(&tail[..2]).unwrap();
        bytes.push(u8::from_str_radix(digits, 16).unwrap());
        rest = &tail[2..];
    }
    String::from_utf8(bytes).unwrap()
}
