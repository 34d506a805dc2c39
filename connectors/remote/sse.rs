//! Server-sent events, taken from the pieces in which they come, and never more of one than is good for us.

use std::collections::VecDeque;

use crate::connector::Problem;

/// The longest line, and the most that the lines of one event may hold together.
const LONGEST: usize = 64 * 1024;

/// The longest id that is kept.
const LONGEST_ID: usize = 1_024;

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Event {
    /// What it is called; empty when it is not.
    pub(super) name: String,
    /// Its data, line by line.
    pub(super) data: String,
    /// The id of this event, or of the last one that had one; empty for none.
    pub(super) id: String,
}

/// Takes pieces and gives events.
#[derive(Debug, Default)]
pub(super) struct Events {
    line: Vec<u8>,
    /// The line before ended in a carriage return, whose line feed may follow.
    was_return: bool,
    has_begun: bool,
    /// The event under way has data.
    has_data: bool,
    under_way: Event,
    whole: VecDeque<Event>,
}

impl Events {
    /// The next event that is whole.
    pub(super) fn next(&mut self) -> Option<Event> {
        self.whole.pop_front()
    }

    /// Takes the next piece.
    pub(super) fn take(&mut self, piece: &[u8]) -> Result<(), Problem> {
        for byte in piece {
            let is_rest = std::mem::take(&mut self.was_return) && *byte == b'\n';
            match byte {
                b'\n' if is_rest => {}
                b'\n' | b'\r' => {
                    self.was_return = *byte == b'\r';
                    self.end_line()?;
                }
                _ if self.line.len() >= LONGEST => return Err(Problem::TooMuch),
                _ => self.line.push(*byte),
            }
        }
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), Problem> {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8(line).map_err(|_| Problem::Garbled)?;
        let line = if std::mem::replace(&mut self.has_begun, true) {
            line.as_str()
        } else {
            line.trim_start_matches('\u{feff}')
        };
        if line.is_empty() {
            self.end_event();
            return Ok(());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.under_way.name),
            "id" if !value.contains('\0') => {
                // Behind one that is too long nobody can go on.
                let id = if value.len() <= LONGEST_ID { value } else { "" };
                id.clone_into(&mut self.under_way.id);
            }
            "data" => return self.add(value),
            // Comments, by which a server shows that it is there, and what is none of our business.
            _ => {}
        }
        Ok(())
    }

    fn add(&mut self, data: &str) -> Result<(), Problem> {
        if self.under_way.data.len() + data.len() >= LONGEST {
            return Err(Problem::TooMuch);
        }
        if std::mem::replace(&mut self.has_data, true) {
            self.under_way.data.push('\n');
        }
        self.under_way.data.push_str(data);
        Ok(())
    }

    fn end_event(&mut self) {
        let next = Event { id: self.under_way.id.clone(), ..Event::default() };
        let event = std::mem::replace(&mut self.under_way, next);
        if std::mem::take(&mut self.has_data) {
            self.whole.push_back(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &[u8], size: usize) -> Result<Vec<Event>, Problem> {
        let mut events = Events::default();
        for piece in text.chunks(size) {
            events.take(piece)?;
        }
        Ok(std::iter::from_fn(|| events.next()).collect())
    }

    fn event(name: &str, data: &str, id: &str) -> Event {
        Event { name: name.to_owned(), data: data.to_owned(), id: id.to_owned() }
    }

    #[test]
    fn events_are_the_same_however_they_are_cut_and_their_lines_end() {
        let text = "\u{feff}: hello\n\nevent: ready\ndata: {}\n\nid: 7\nevent:change\ndata: a\ndata:b\nretry: 1\n\nevent: none\n\ndata\n\ndata: cut";
        let expected = [event("ready", "{}", ""), event("change", "a\nb", "7"), event("", "", "7")];
        for ends in ["\n", "\r", "\r\n"] {
            let text = text.replace('\n', ends);
            for size in [1, 2, 3, 7, text.len()] {
                assert_eq!(all(text.as_bytes(), size).unwrap(), expected, "{ends:?} {size}");
            }
        }
    }

    #[test]
    fn what_is_too_long_or_no_text_ends_it() {
        let long = "x".repeat(LONGEST);
        assert_eq!(all(long.as_bytes(), 1_000), Ok(Vec::new()));
        assert_eq!(all(format!("{long}x").as_bytes(), 1_000), Err(Problem::TooMuch));
        let half = "x".repeat(LONGEST / 2);
        let many = format!("data: {half}\n").repeat(2);
        assert_eq!(all(many.as_bytes(), 1_000), Err(Problem::TooMuch));
        assert_eq!(all(b"data: \xc3\x28\n\n", 4), Err(Problem::Garbled));
        let id = "9".repeat(LONGEST_ID + 1);
        let text = format!("id: 1\ndata: a\n\nid: {id}\ndata: b\n\n");
        assert_eq!(all(text.as_bytes(), 64).unwrap(), [event("", "a", "1"), event("", "b", "")]);
    }
}
