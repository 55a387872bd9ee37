//! Pings to a server on this machine that takes them, refuses them, or hangs.

use super::*;
use aws_smithy_http_client::{Builder, tls};
use lambda_runtime::tracing::subscriber::filter::LevelFilter;
use lambda_runtime::tracing::subscriber::fmt;
use lambda_runtime::tracing::subscriber::util::SubscriberInitExt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Instant;

const SECRET: &str = "11111111-2222-3333-4444-555555555555";
const BRIEF: Patience = Patience {
    in_all: Duration::from_millis(500),
    each: Duration::from_millis(200),
};

fn ping(address: &str, patience: Patience) -> Ping {
    let ring = tls::rustls_provider::CryptoMode::Ring;
    let http = Builder::new().tls_provider(tls::Provider::Rustls(ring));
    Ping {
        url: Some(format!("http://{address}/{SECRET}").parse().unwrap()),
        http: Some(http.build_https()),
        patience,
    }
}

/// What a server was asked: the first line, and the body.
type Asked = Arc<Mutex<Vec<(String, String)>>>;

/// A server that answers each request with this status.
fn server(status: &'static str) -> (String, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let asked = Asked::default();
    let seen = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (first, body, mut stream) = read(stream.unwrap()).unwrap();
            seen.lock().unwrap().push((first, body));
            write!(
                stream,
                "HTTP/1.1 {status}\r\ncontent-length: 2\r\nconnection: close\r\n\r\nOK"
            )
            .unwrap();
        }
    });
    (address, asked)
}

fn read(stream: TcpStream) -> io::Result<(String, String, TcpStream)> {
    let mut reader = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first)?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = String::from_utf8(body).unwrap();
    Ok((first.trim().to_owned(), body, reader.into_inner()))
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is logged, at any level, while the ping goes out.
async fn logged(ping: impl Future<Output = ()>) -> String {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = fmt::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_ansi(false);
    let listening = subscriber.with_writer(move || writer.clone()).set_default();
    ping.await;
    drop(listening);
    let text = log.0.lock().unwrap().clone();
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn each_signal_arrives_with_its_subject() {
    let (address, asked) = server("200 OK");
    let ping = ping(&address, PATIENCE);
    ping.started().await;
    ping.tell(true, "OK | web | 4 files | 2026-11-23 02:14Z")
        .await;
    let log = logged(ping.tell(false, "FAILED | web | no backup | 2026-11-23 02:14Z")).await;
    let expected = [
        (format!("POST /{SECRET}/start HTTP/1.1"), ""),
        (
            format!("POST /{SECRET} HTTP/1.1"),
            "OK | web | 4 files | 2026-11-23 02:14Z",
        ),
        (
            format!("POST /{SECRET}/fail HTTP/1.1"),
            "FAILED | web | no backup | 2026-11-23 02:14Z",
        ),
    ];
    let expected = expected.map(|(first, body)| (first, body.to_owned()));
    assert_eq!(*asked.lock().unwrap(), expected);
    assert!(log.contains("pinged") && !log.contains(SECRET), "{log}");
}

#[tokio::test]
async fn a_refusal_is_logged_and_nothing_else() {
    #[rustfmt::skip]
    let cases = [
        ("500 Internal Server Error", 2, "Status500"),
        ("429 Too Many Requests",     1, "Status429"),
        ("404 Not Found",             1, "Status404"),
        ("301 Moved Permanently",     1, "Status301"),
    ];
    for (status, tries, named) in cases {
        let (address, asked) = server(status);
        let log = logged(ping(&address, PATIENCE).tell(true, "OK")).await;
        assert_eq!(asked.lock().unwrap().len(), tries, "{status}");
        assert!(log.contains(named) && log.contains("WARN"), "{log}");
        assert!(log.contains(&address) && !log.contains(SECRET), "{log}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_logged() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let log = logged(ping(&address, PATIENCE).started()).await;
    assert!(log.contains("ping failed for 127.0.0.1"), "{log}");
    assert!(!log.contains(SECRET), "{log}");
}

/// The server takes the connection and never answers.
#[tokio::test]
async fn a_server_that_hangs_is_left() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let begun = Instant::now();
    let log = logged(ping(&address, BRIEF).tell(false, "FAILED")).await;
    assert!(begun.elapsed() < PATIENCE.in_all, "{:?}", begun.elapsed());
    assert!(
        log.contains("ping failed for") && log.contains("WARN"),
        "{log}"
    );
    assert!(!log.contains(SECRET), "{log}");
}

#[test]
fn a_ping_takes_five_seconds_at_most() {
    assert!(PATIENCE.in_all <= Duration::from_secs(5));
    assert!(PATIENCE.each * TRIES < PATIENCE.in_all, "time for each try");
}

#[tokio::test]
async fn without_an_address_nothing_is_sent() {
    let ping = Ping {
        url: None,
        http: None,
        patience: PATIENCE,
    };
    let log = logged(ping.tell(true, "OK")).await;
    assert_eq!(log, "");
}
