//! How long tokens are used, and who fetches the next.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::super::grant::Wishes;
use super::*;

#[test]
fn a_rest_grows_and_is_as_long_as_asked_for_within_reason() {
    let seconds =
        |failures, wait: Option<u64>| rest(failures, wait.map(Duration::from_secs)).as_secs();
    assert_eq!([0, 1, 2, 3, 4, 5, 99].map(|it| seconds(it, None)), [1, 2, 4, 8, 16, 30, 30]);
    assert_eq!(seconds(0, Some(7)), 7);
    assert_eq!(seconds(5, Some(7)), 30);
    assert_eq!(seconds(0, Some(99_999)), 60);
}

#[test]
fn a_token_is_renewed_before_its_end_and_not_used_in_its_last_seconds() {
    let asked_at = Instant::now();
    let value = || HeaderValue::from_static("Bearer x");
    for (life, renewed, unused) in
        [(3_600, 3_540, 3_595), (300, 240, 295), (20, 16, 18), (0, 4, 4), (999_999, 86_340, 86_395)]
    {
        let life = Duration::from_secs(life);
        let token = Token::of(Given { value: value(), life, asked_at }, 1);
        assert_eq!((token.renew_at - asked_at).as_secs(), renewed, "{life:?}");
        assert_eq!((token.unused_from - asked_at).as_secs(), unused, "{life:?}");
    }
}

/// Gives one token after the other, each for five minutes.
async fn giver() -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        for number in 1.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            let body = format!(r#"{{"access_token":"t-{number}","expires_in":300}}"#);
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length:";
            let answer = format!("{head} {}\r\n\r\n{body}", body.len());
            assert!(stream.read(&mut [0; 4_096]).await.is_ok());
            assert!(stream.write_all(answer.as_bytes()).await.is_ok());
        }
    });
    port
}

fn number(at_hand: Result<AtHand, Problem>) -> u64 {
    match at_hand {
        Ok(AtHand::Token(token)) => token.number,
        Ok(AtHand::Fetching(_)) | Err(_) => 0,
    }
}

#[tokio::test]
async fn a_token_is_renewed_behind_those_who_still_use_the_old_one() {
    let (port, egress) = (giver().await, Egress::new().unwrap());
    let url = format!("http://127.0.0.1:{port}/token");
    let grant = Grant::basic(&url, "me".to_owned(), "s".into(), Wishes::default());
    let (source, start) = (TokenSource::new(grant.unwrap()), Instant::now());
    let after = |seconds| start + Duration::from_secs(seconds);
    let Ok(AtHand::Fetching(first)) = source.at_hand(&egress, start) else { panic!("none yet") };
    assert_eq!(first.await.unwrap().number, 1);
    assert_eq!(number(source.at_hand(&egress, after(200))), 1);
    assert!(source.state().fetching.is_none());
    assert_eq!(number(source.at_hand(&egress, after(250))), 1);
    let second = source.state().fetching.clone().unwrap();
    assert_eq!(second.await.unwrap().number, 2);
    assert_eq!(number(source.at_hand(&egress, after(200))), 2);
    // One that is over is waited for.
    let Ok(AtHand::Fetching(third)) = source.at_hand(&egress, after(9_999)) else { panic!("over") };
    assert_eq!(third.await.unwrap().number, 3);
    // Who refuses an old one is shown the one that there is; who refuses that, a new one, and then none for a while.
    assert!(source.refused(2) && source.state().token.is_some());
    assert!(source.refused(3) && source.state().token.is_none());
    assert!(source.refused(3), "it is fetched by somebody else");
    let Ok(AtHand::Fetching(fourth)) = source.at_hand(&egress, start) else { panic!("none") };
    assert_eq!(fourth.await.unwrap().number, 4);
    assert!(!source.refused(4));
}
