//! Cuts a document into tokens (§2.1).

use async_graphql::{Pos, ServerError};

use super::text;
use crate::graphql::error::ErrorCode;

/// One token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'t> {
    /// The document is over.
    End,
    /// One character that stands for itself.
    Punctuator(u8),
    /// `...`
    Spread,
    /// A name or a keyword.
    Name(&'t str),
    /// A whole number.
    Int(&'t str),
    /// A number with a fraction or an exponent.
    Float(&'t str),
    /// A string, as it is meant.
    Text(String),
}

/// Reads token after token, at most so many.
pub(super) struct Lexer<'t> {
    text: &'t str,
    place: usize,
    /// How far lines and columns have been counted.
    counted: usize,
    at: Pos,
    /// How many tokens were read.
    count: usize,
    limit: usize,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str, limit: usize) -> Self {
        let at = Pos { line: 1, column: 1 };
        Self { text, place: 0, counted: 0, at, count: 0, limit }
    }

    /// The next token and where it begins.
    pub(super) fn next(&mut self) -> Result<(Token<'t>, Pos), ServerError> {
        self.skip_ignored();
        let start = self.place;
        let at = self.position(start);
        let Some(&first) = self.bytes().get(start) else { return Ok((Token::End, at)) };
        self.count += 1;
        if self.count > self.limit {
            let limit = self.limit;
            return Err(ErrorCode::TooComplex.of_request(format!(
                "The query has more than {limit} tokens; at most {limit} are allowed."
            )));
        }
        let token = match first {
            b'!' | b'$' | b'&' | b'(' | b')' | b':' | b'=' | b'@' | b'[' | b']' | b'{' | b'|'
            | b'}' => {
                self.place += 1;
                Token::Punctuator(first)
            }
            b'.' if self.text[start..].starts_with("...") => {
                self.place += 3;
                Token::Spread
            }
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => {
                self.skip_while(|byte| byte == b'_' || byte.is_ascii_alphanumeric());
                Token::Name(&self.text[start..self.place])
            }
            b'-' | b'0'..=b'9' => self.number(at)?,
            b'"' => {
                let (text, end) = text::read(self.text, start)
                    .ok_or_else(|| syntax("a string is not written as it must be", at))?;
                self.place = end;
                Token::Text(text)
            }
            _ => return Err(syntax("a character has no meaning here", at)),
        };
        Ok((token, at))
    }

    fn bytes(&self) -> &'t [u8] {
        self.text.as_bytes()
    }

    fn peek(&self) -> Option<u8> {
        self.bytes().get(self.place).copied()
    }

    fn skip_while(&mut self, of: impl Fn(u8) -> bool) -> usize {
        let start = self.place;
        while self.peek().is_some_and(&of) {
            self.place += 1;
        }
        self.place - start
    }

    /// White space, commas, comments and byte order marks.
    fn skip_ignored(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' | b',' => self.place += 1,
                b'#' => {
                    self.skip_while(|byte| !matches!(byte, b'\n' | b'\r'));
                }
                _ if self.text[self.place..].starts_with('\u{feff}') => self.place += 3,
                _ => return,
            }
        }
    }

    fn number(&mut self, at: Pos) -> Result<Token<'t>, ServerError> {
        let wrong = || syntax("a number is not written as it must be", at);
        let start = self.place;
        if self.peek() == Some(b'-') {
            self.place += 1;
        }
        if self.peek() == Some(b'0') {
            self.place += 1;
        } else if self.digits() == 0 {
            return Err(wrong());
        }
        let mut whole = true;
        if self.peek() == Some(b'.') {
            self.place += 1;
            whole = false;
            if self.digits() == 0 {
                return Err(wrong());
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.place += 1;
            whole = false;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.place += 1;
            }
            if self.digits() == 0 {
                return Err(wrong());
            }
        }
        if self
            .peek()
            .is_some_and(|byte| matches!(byte, b'.' | b'_') || byte.is_ascii_alphanumeric())
        {
            return Err(wrong());
        }
        let number = &self.text[start..self.place];
        Ok(if whole { Token::Int(number) } else { Token::Float(number) })
    }

    fn digits(&mut self) -> usize {
        self.skip_while(|byte| byte.is_ascii_digit())
    }

    /// The line and the column of a place behind the last one that was asked for.
    fn position(&mut self, place: usize) -> Pos {
        let passed = &self.text[self.counted..place];
        let mut before = self.text[..self.counted].chars().next_back();
        for character in passed.chars() {
            match character {
                // `\r\n` is one end of a line.
                '\n' if before == Some('\r') => {}
                '\n' | '\r' => self.at = Pos { line: self.at.line + 1, column: 1 },
                _ => self.at.column += 1,
            }
            before = Some(character);
        }
        self.counted = place;
        self.at
    }
}

/// A document that is not written as the specification has it.
pub(super) fn syntax(what: &str, at: Pos) -> ServerError {
    let message = format!("The document cannot be read: {what}.");
    ErrorCode::BadUserInput.at(message, at)
}
