//! The router over a real socket: statuses, bodies, keep-alive and the independent count.

use std::error::Error;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Serves a fresh router on a port of its own until the test's runtime ends.
async fn start() -> Outcome<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, demo_target::routes::router(1)).await });
    Ok(address)
}

/// Sends one request on `connection`; returns the status and the body.
async fn send(connection: &mut TcpStream, request_line: &str) -> Outcome<(u16, String)> {
    let request = format!("{request_line} HTTP/1.1\r\nHost: demo\r\nContent-Length: 2\r\n\r\n{{}}");
    connection.write_all(request.as_bytes()).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await?);
    }
    let head = String::from_utf8(head)?.to_lowercase();
    let status = head.split(' ').nth(1).ok_or("no status")?.parse()?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(Ok(0), str::parse)?;
    let mut body = vec![0; length];
    connection.read_exact(&mut body).await?;
    Ok((status, String::from_utf8(body)?))
}

async fn counts(connection: &mut TcpStream) -> Outcome<Value> {
    let (status, body) = send(connection, "GET /counts").await?;
    assert_eq!(status, 200);
    Ok(serde_json::from_str(&body)?)
}

#[tokio::test]
async fn each_endpoint_answers_and_is_counted() -> Outcome {
    // One connection for all of it, which also shows that keep-alive survives every kind of answer.
    let mut connection = TcpStream::connect(start().await?).await?;
    for (request_line, expected) in [
        ("GET /", 200),
        ("GET /healthz", 200),
        ("GET /item/42", 200),
        ("GET /item/7", 200),
        ("GET /item/none", 404),
        ("GET /search?q=lamp", 200),
        ("GET /report", 200),
        ("GET /status/204", 204),
        ("GET /status/418", 418),
        ("GET /status/500", 500),
        ("GET /status/100", 404),
        ("GET /delay/1", 200),
        ("GET /delay/soon", 404),
        ("GET /nowhere", 404),
        ("GET /cart", 404),
        ("DELETE /", 404),
    ] {
        let (status, _) = send(&mut connection, request_line).await?;
        assert_eq!(status, expected, "{request_line}");
    }
    assert_eq!(
        counts(&mut connection).await?,
        json!({
            "GET /": {"200": 1},
            "GET /item/{id}": {"200": 2, "404": 1},
            "GET /search": {"200": 1},
            "GET /report": {"200": 1},
            "GET /status/{code}": {"204": 1, "404": 1, "418": 1, "500": 1},
            "GET /delay/{ms}": {"200": 1, "404": 1},
            "GET /healthz": {"200": 1},
            "other": {"404": 3},
        })
    );
    Ok(())
}

#[tokio::test]
async fn reset_clears_the_counts_and_is_not_counted() -> Outcome {
    let mut connection = TcpStream::connect(start().await?).await?;
    send(&mut connection, "GET /").await?;
    let (status, _) = send(&mut connection, "POST /counts/reset").await?;
    assert_eq!(status, 204);
    assert_eq!(counts(&mut connection).await?, json!({}));
    Ok(())
}

#[tokio::test]
async fn the_cart_answers_201_and_now_and_then_503() -> Outcome {
    let address = start().await?;
    let clients: Vec<_> = (0..50)
        .map(|_| {
            tokio::spawn(async move {
                let attempt = async {
                    let mut connection = TcpStream::connect(address).await?;
                    for _ in 0..20 {
                        send(&mut connection, "POST /cart").await?;
                    }
                    Outcome::Ok(())
                };
                attempt.await.map_err(|error| error.to_string())
            })
        })
        .collect();
    for client in clients {
        client.await??;
    }
    let counts = counts(&mut TcpStream::connect(address).await?).await?;
    let answers = |status: &str| counts["POST /cart"][status].as_u64().unwrap_or(0);
    assert_eq!(answers("201") + answers("503"), 1_000);
    assert!((1..=30).contains(&answers("503")), "{counts}");
    Ok(())
}

#[tokio::test]
async fn reports_slow_each_other_down_and_an_abandoned_one_does_not_stay() -> Outcome {
    let address = start().await?;
    let mut waiting = Vec::new();
    for _ in 0..20 {
        let mut connection = TcpStream::connect(address).await?;
        connection.write_all(b"GET /report HTTP/1.1\r\nHost: demo\r\n\r\n").await?;
        waiting.push(connection);
    }
    let mut last = TcpStream::connect(address).await?;
    let started = Instant::now();
    send(&mut last, "GET /report").await?;
    let loaded = started.elapsed();
    assert!(loaded > Duration::from_millis(60), "{loaded:?}");

    drop(waiting);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let started = Instant::now();
    send(&mut last, "GET /report").await?;
    let alone = started.elapsed();
    assert!(alone < loaded / 2, "{alone:?} alone, {loaded:?} loaded");
    Ok(())
}
