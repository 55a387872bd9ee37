//! The address of a ping. Who knows it can ping, so nothing but its host is shown.

use http::Uri;
use http::uri::Authority;
use lambda_runtime::tracing;
use std::fmt;
use std::str::FromStr;

/// What a ping says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// A run was started.
    Start,
    /// A run ended, and it was good.
    Success,
    /// A run ended, or never came, and that is not good.
    Fail,
}

/// An address such as `https://hc-ping.com/11111111-2222-3333-4444-555555555555`.
#[derive(Clone, PartialEq, Eq)]
pub struct PingUrl {
    scheme: String,
    authority: Authority,
    path: String,
    query: Option<String>,
}

const NO_ADDRESS: &str = "it is no address that begins with https:// and names a host";

impl FromStr for PingUrl {
    type Err = &'static str;

    /// The errors do not repeat the text: it is a secret.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let uri: Uri = text.parse().map_err(|_| NO_ADDRESS)?;
        let scheme = uri.scheme_str().ok_or(NO_ADDRESS)?;
        let authority = uri.authority().ok_or(NO_ADDRESS)?;
        let is_here = ["127.0.0.1", "localhost", "[::1]"].contains(&authority.host());
        if scheme != "https" && !(scheme == "http" && is_here) {
            return Err("it does not begin with https://, so everybody on the way could read it");
        }
        if authority.as_str().contains('@') {
            return Err("it holds a user's name or password, which no ping needs");
        }
        Ok(PingUrl {
            scheme: scheme.to_owned(),
            authority: authority.clone(),
            path: uri.path().to_owned(),
            query: uri.query().map(str::to_owned),
        })
    }
}

impl PingUrl {
    /// The variable `PING_URL`, if it is set. One that is malformed is logged and left
    /// out: a ping is a courtesy, and must not stop backups and mails; the service
    /// that waits for it rings.
    #[must_use]
    pub fn from_env() -> Option<Self> {
        function_env::given("PING_URL").unwrap_or_else(|error| {
            tracing::error!("there will be no pings: {error}");
            None
        })
    }

    /// Host and port. They alone may be shown.
    pub(crate) fn host(&self) -> &str {
        self.authority.as_str()
    }

    pub(crate) fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.authority)
    }

    /// Path and query for a signal. Source: healthchecks.io, "Pinging API".
    pub(crate) fn target(&self, signal: Signal) -> String {
        let below = self.path.trim_end_matches('/');
        let path = match signal {
            Signal::Start => format!("{below}/start"),
            Signal::Success => self.path.clone(),
            Signal::Fail => format!("{below}/fail"),
        };
        match &self.query {
            Some(query) => format!("{path}?{query}"),
            None => path,
        }
    }
}

impl fmt::Debug for PingUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PingUrl({}/...)", self.origin())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_signal_has_its_address() {
        #[rustfmt::skip]
        let cases = [
            ("https://hc-ping.com/secret",          "/secret/start",          "/secret",          "/secret/fail"),
            ("https://hc-ping.com/secret/",         "/secret/start",          "/secret/",         "/secret/fail"),
            ("https://hc-ping.com/key/slug?create=1", "/key/slug/start?create=1", "/key/slug?create=1", "/key/slug/fail?create=1"),
            ("https://ping.example.com:8443",       "/start",                 "/",                "/fail"),
        ];
        for (text, start, success, fail) in cases {
            let url: PingUrl = text.parse().unwrap();
            assert_eq!(url.target(Signal::Start), start);
            assert_eq!(url.target(Signal::Success), success);
            assert_eq!(url.target(Signal::Fail), fail);
        }
    }

    #[test]
    fn an_address_that_is_none_is_named_without_being_shown() {
        #[rustfmt::skip]
        let cases = [
            ("hc-ping.com/secret",               "https://"),
            ("/secret",                          "https://"),
            ("http://hc-ping.com/secret",        "https://"),
            ("ftp://hc-ping.com/secret",         "https://"),
            ("http://127.0.0.1.evil.com/secret", "https://"),
            ("https://",                         "names a host"),
            ("https://u:secret@hc-ping.com/",    "password"),
            ("https://hc-ping.com/secret\nx",    "address"),
        ];
        for (text, named) in cases {
            let error = text.parse::<PingUrl>().unwrap_err();
            assert!(error.contains(named), "{text}: {error}");
            assert!(!error.contains("secret"), "{text}: {error}");
        }
        for here in [
            "http://127.0.0.1:8080/x",
            "http://localhost/x",
            "http://[::1]:80/x",
        ] {
            assert!(here.parse::<PingUrl>().is_ok(), "{here}");
        }
    }

    #[test]
    fn only_the_host_is_shown() {
        let url: PingUrl = "https://hc-ping.com/secret?key=secret".parse().unwrap();
        assert_eq!(format!("{url:?}"), "PingUrl(https://hc-ping.com/...)");
    }
}
