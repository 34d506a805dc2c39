//! Takes in a body, and no more of it than is good for us: so many bytes unpacked, so many times what was sent, and never
//! waiting long for the next of them.

use std::io::{self, Write};
use std::time::Duration;

use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use http_body_util::BodyExt as _;
use hyper::body::Body as Stream;
use hyper::header::{CONTENT_ENCODING, HeaderMap, HeaderValue};
use tokio::time::timeout;

use crate::connector::Problem;

/// What is asked for, and unpacked here.
pub(super) const ENCODING: &str = "gzip";

/// How many times larger than what was sent a body may be. Records are packed to a tenth or a thirtieth; what is packed
/// to a hundredth is made to burst.
const RATIO: usize = 100;

/// A body of this size may be packed as tightly as anybody likes.
const FREE: usize = 256 * 1024;

/// Reads the whole body: at most `cap` bytes when unpacked, with at most `idle` between any two pieces.
pub(super) async fn read(
    headers: &HeaderMap,
    mut incoming: impl Stream<Data = Bytes> + Unpin,
    cap: usize,
    idle: Duration,
) -> Result<Bytes, Problem> {
    let announced = incoming.size_hint().exact().and_then(|length| usize::try_from(length).ok());
    if announced.is_some_and(|announced| announced > cap) {
        return Err(Problem::TooMuch);
    }
    let mut body = Body::of(headers, cap)?;
    if let (Body::Plain(sink), Some(announced)) = (&mut body, announced) {
        sink.bytes.reserve_exact(announced);
    }
    loop {
        match timeout(idle, incoming.frame()).await {
            Ok(Some(Ok(frame))) => {
                if let Ok(piece) = frame.into_data() {
                    body.take(&piece)?;
                }
            }
            Ok(None) => return body.finish(),
            // What breaks here breaks on the way: what it holds has not been looked at.
            Ok(Some(Err(_))) => return Err(Problem::Unreachable),
            Err(_) => return Err(Problem::Timeout),
        }
    }
}

/// A body as far as it has come.
enum Body {
    Plain(Sink),
    Packed(Box<MultiGzDecoder<Sink>>),
}

impl Body {
    fn of(headers: &HeaderMap, cap: usize) -> Result<Self, Problem> {
        let sink = Sink { bytes: Vec::new(), sent: 0, cap, is_over: false };
        let encoding = headers.get(CONTENT_ENCODING).map(HeaderValue::as_bytes);
        match encoding.map(<[u8]>::to_ascii_lowercase).as_deref() {
            None | Some(b"" | b"identity") => Ok(Self::Plain(sink)),
            Some(b"gzip" | b"x-gzip") => Ok(Self::Packed(Box::new(MultiGzDecoder::new(sink)))),
            // Nobody asked for it.
            Some(_) => Err(Problem::Garbled),
        }
    }

    fn take(&mut self, piece: &[u8]) -> Result<(), Problem> {
        match self {
            Self::Plain(sink) => {
                sink.sent += piece.len();
                sink.write_all(piece).map_err(|_| Problem::TooMuch)
            }
            Self::Packed(unpacker) => {
                unpacker.get_mut().sent += piece.len();
                let written = unpacker.write_all(piece);
                written.map_err(|_| unpacker.get_ref().problem())
            }
        }
    }

    fn finish(self) -> Result<Bytes, Problem> {
        match self {
            Self::Plain(sink) => Ok(sink.bytes.into()),
            // A body that is not there at all is not packed either.
            Self::Packed(unpacker) if unpacker.get_ref().sent == 0 => Ok(Bytes::new()),
            Self::Packed(mut unpacker) => match unpacker.try_finish() {
                Ok(()) => Ok(std::mem::take(&mut unpacker.get_mut().bytes).into()),
                Err(_) => Err(unpacker.get_ref().problem()),
            },
        }
    }
}

/// Takes what was unpacked, up to what is accepted.
#[derive(Debug)]
struct Sink {
    bytes: Vec<u8>,
    /// How much was sent so far.
    sent: usize,
    cap: usize,
    is_over: bool,
}

impl Sink {
    fn problem(&self) -> Problem {
        if self.is_over { Problem::TooMuch } else { Problem::Garbled }
    }
}

impl Write for Sink {
    fn write(&mut self, unpacked: &[u8]) -> io::Result<usize> {
        let most = self.sent.saturating_mul(RATIO).max(FREE).min(self.cap);
        if self.bytes.len() + unpacked.len() > most {
            self.is_over = true;
            return Err(io::Error::other("more than is accepted"));
        }
        self.bytes.extend_from_slice(unpacked);
        Ok(unpacked.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    const CAP: usize = 8 * 1024 * 1024;

    fn packed(body: &[u8]) -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::best());
        packer.write_all(body).unwrap();
        packer.finish().unwrap()
    }

    /// Unpacks in small pieces; says also how much was held at the end.
    fn unpack(sent: &[u8], cap: usize) -> (Result<Bytes, Problem>, usize) {
        let sink = Sink { bytes: Vec::new(), sent: 0, cap, is_over: false };
        let mut body = Body::Packed(Box::new(MultiGzDecoder::new(sink)));
        for piece in sent.chunks(1_000) {
            if let Err(problem) = body.take(piece) {
                let Body::Packed(unpacker) = body else { unreachable!() };
                return (Err(problem), unpacker.get_ref().bytes.len());
            }
        }
        (body.finish(), 0)
    }

    #[test]
    fn what_is_packed_is_unpacked_in_one_member_or_several() {
        let body = (0..100_000).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
        assert_eq!(unpack(&packed(body.as_bytes()), CAP).0.unwrap(), body);
        let two = [packed(b"one "), packed(b"two")].concat();
        assert_eq!(unpack(&two, CAP).0.unwrap(), "one two");
        assert_eq!(unpack(&[], CAP).0.unwrap(), "");
        let blanks = vec![b' '; FREE];
        assert_eq!(unpack(&packed(&blanks), CAP).0.unwrap(), blanks);
    }

    #[test]
    fn what_bursts_is_stopped_long_before_the_cap() {
        let bomb = packed(&vec![b' '; 4 * CAP]);
        let (problem, held) = unpack(&bomb, CAP);
        assert_eq!(problem, Err(Problem::TooMuch));
        assert!(held <= FREE.max(bomb.len() * RATIO) && held < CAP / 2, "{held}");
        let numbers = (0..200_000).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
        assert_eq!(unpack(&packed(numbers.as_bytes()), CAP / 16).0, Err(Problem::TooMuch));
    }

    #[test]
    fn what_is_cut_off_or_no_packed_body_is_garbled() {
        let body = packed(&[7; 10_000]);
        for end in [1, 5, body.len() / 2, body.len() - 1] {
            assert_eq!(unpack(&body[..end], CAP).0, Err(Problem::Garbled), "{end}");
        }
        assert_eq!(unpack(b"<html>no</html>", CAP).0, Err(Problem::Garbled));
    }
}
