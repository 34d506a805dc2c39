//! Values, types and directives (§2.9 to §2.12).

use async_graphql::parser::types::{BaseType, Directive, Type};
use async_graphql::{Name, Pos, Positioned, ServerError};
use async_graphql_value::{ConstValue, Number, Value};

use super::lexer::{Token, syntax};
use super::parser::Parser;

type Named = (Positioned<Name>, Positioned<Value>);

impl Parser<'_> {
    /// A value; without variables when it is `constant`.
    pub(super) fn value(&mut self, constant: bool) -> Result<Positioned<Value>, ServerError> {
        let at = self.at;
        let value = match &self.token {
            Token::Punctuator(b'[') => self.list(constant)?,
            Token::Punctuator(b'{') => self.object(constant)?,
            Token::Punctuator(b'$') if !constant => Value::Variable(self.variable()?.node),
            Token::Int(digits) => {
                // Whole numbers beyond 64 bits would lose digits, and no field of ours means one.
                let number = digits.parse::<i64>().map(Number::from);
                let number = number.or_else(|_| digits.parse::<u64>().map(Number::from));
                self.number(number.ok(), at)?
            }
            Token::Float(digits) => {
                let number = digits.parse::<f64>().ok().and_then(Number::from_f64);
                self.number(number, at)?
            }
            Token::Text(text) => {
                let text = text.clone();
                self.advance()?;
                Value::String(text)
            }
            Token::Name(name) => {
                let value = match *name {
                    "true" => Value::Boolean(true),
                    "false" => Value::Boolean(false),
                    "null" => Value::Null,
                    other => Value::Enum(Name::new(other)),
                };
                self.advance()?;
                value
            }
            _ => return Err(self.unexpected("a value")),
        };
        Ok(Positioned::new(value, at))
    }

    fn number(&mut self, number: Option<Number>, at: Pos) -> Result<Value, ServerError> {
        let number = number.ok_or_else(|| syntax("a number is too large", at))?;
        self.advance()?;
        Ok(Value::Number(number))
    }

    /// A value without variables.
    pub(super) fn constant(&mut self) -> Result<Positioned<ConstValue>, ServerError> {
        let Positioned { node, pos } = self.value(true)?;
        let constant =
            node.into_const().ok_or_else(|| syntax("a variable stands where none may", pos))?;
        Ok(Positioned::new(constant, pos))
    }

    fn list(&mut self, constant: bool) -> Result<Value, ServerError> {
        self.descend()?;
        self.advance()?;
        let mut items = Vec::new();
        while !self.take(b']')? {
            items.push(self.value(constant)?.node);
        }
        self.ascend();
        Ok(Value::List(items))
    }

    fn object(&mut self, constant: bool) -> Result<Value, ServerError> {
        self.descend()?;
        self.advance()?;
        let mut fields: Vec<(Name, Value)> = Vec::new();
        while !self.take(b'}')? {
            let name = self.name()?;
            self.expect(b':', "\":\"")?;
            fields.push((name.node.clone(), self.value(constant)?.node));
            if fields.iter().filter(|(known, _)| *known == name.node).count() > 1 {
                return Err(syntax("an input object names a field twice", name.pos));
            }
        }
        self.ascend();
        Ok(Value::Object(fields.into_iter().collect()))
    }

    /// `(name: value …)`, at least one, or nothing at all.
    pub(super) fn arguments(&mut self, constant: bool) -> Result<Vec<Named>, ServerError> {
        let mut arguments = Vec::new();
        if self.take(b'(')? {
            loop {
                let name = self.name()?;
                self.expect(b':', "\":\"")?;
                arguments.push((name, self.value(constant)?));
                if self.take(b')')? {
                    break;
                }
            }
        }
        Ok(arguments)
    }

    pub(super) fn directives(
        &mut self,
        constant: bool,
    ) -> Result<Vec<Positioned<Directive>>, ServerError> {
        let mut directives = Vec::new();
        loop {
            let at = self.at;
            if !self.take(b'@')? {
                return Ok(directives);
            }
            let name = self.name()?;
            let arguments = self.arguments(constant)?;
            directives.push(Positioned::new(Directive { name, arguments }, at));
        }
    }

    pub(super) fn type_(&mut self) -> Result<Type, ServerError> {
        let base = if self.take(b'[')? {
            self.descend()?;
            let inner = self.type_()?;
            self.expect(b']', "\"]\"")?;
            self.ascend();
            BaseType::List(Box::new(inner))
        } else {
            BaseType::Named(self.name()?.node)
        };
        Ok(Type { base, nullable: !self.take(b'!')? })
    }
}
