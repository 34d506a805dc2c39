//! Operations, fragments and selections (§2.2 to §2.8).

use std::collections::HashMap;

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, Field, FragmentDefinition, FragmentSpread,
    InlineFragment, OperationDefinition, OperationType, Selection, SelectionSet, TypeCondition,
    VariableDefinition,
};
use async_graphql::{Name, Pos, Positioned, ServerError};

use super::lexer::{Lexer, Token, syntax};
use crate::graphql::error::ErrorCode;

/// How deep selections, values and types may nest as they are written.
const DEEPEST: usize = 64;

/// Reads a document of at most so many tokens.
pub(in crate::graphql) fn parse(
    text: &str,
    tokens: usize,
) -> Result<ExecutableDocument, ServerError> {
    let mut lexer = Lexer::new(text, tokens);
    let (token, at) = lexer.next()?;
    Parser { lexer, token, at, depth: 0 }.document()
}

/// What was read of a document.
#[derive(Default)]
struct Definitions {
    anonymous: Option<Positioned<OperationDefinition>>,
    operations: HashMap<Name, Positioned<OperationDefinition>>,
    fragments: HashMap<Name, Positioned<FragmentDefinition>>,
}

impl Definitions {
    fn anonymous(&mut self, operation: Positioned<OperationDefinition>) -> Result<(), ServerError> {
        let at = operation.pos;
        if self.anonymous.replace(operation).is_none() { Ok(()) } else { Err(not_alone(at)) }
    }
}

/// One token ahead of what was read.
pub(super) struct Parser<'t> {
    lexer: Lexer<'t>,
    pub(super) token: Token<'t>,
    pub(super) at: Pos,
    depth: usize,
}

impl Parser<'_> {
    fn document(mut self) -> Result<ExecutableDocument, ServerError> {
        let mut read = Definitions::default();
        loop {
            self.definition(&mut read)?;
            if self.token == Token::End {
                break;
            }
        }
        let operations = match (read.anonymous, read.operations.is_empty()) {
            (Some(only), true) => DocumentOperations::Single(only),
            (Some(operation), false) => return Err(not_alone(operation.pos)),
            (None, true) => return Err(syntax("it has no operation", self.at)),
            (None, false) => DocumentOperations::Multiple(read.operations),
        };
        Ok(ExecutableDocument { operations, fragments: read.fragments })
    }

    fn definition(&mut self, read: &mut Definitions) -> Result<(), ServerError> {
        let at = self.at;
        if self.token == Token::Punctuator(b'{') {
            let operation = self.operation(OperationType::Query)?;
            return read.anonymous(Positioned::new(operation, at));
        }
        self.description()?;
        let Some(ty) = self.operation_type() else {
            let (name, fragment) = self.fragment()?;
            let known = read.fragments.insert(name.node, Positioned::new(fragment, at));
            return twice(known.is_none(), "fragments", name.pos);
        };
        self.advance()?;
        let name = self.name_if_any()?;
        let operation = Positioned::new(self.operation(ty)?, at);
        match name {
            None => read.anonymous(operation),
            Some(name) => {
                let known = read.operations.insert(name.node, operation);
                twice(known.is_none(), "operations", name.pos)
            }
        }
    }

    fn operation_type(&self) -> Option<OperationType> {
        match self.token {
            Token::Name("query") => Some(OperationType::Query),
            Token::Name("mutation") => Some(OperationType::Mutation),
            Token::Name("subscription") => Some(OperationType::Subscription),
            _ => None,
        }
    }

    fn operation(&mut self, ty: OperationType) -> Result<OperationDefinition, ServerError> {
        let mut variable_definitions = Vec::new();
        if self.take(b'(')? {
            loop {
                variable_definitions.push(self.variable_definition()?);
                if self.take(b')')? {
                    break;
                }
            }
        }
        let directives = self.directives(false)?;
        let selection_set = self.selection_set()?;
        Ok(OperationDefinition { ty, variable_definitions, directives, selection_set })
    }

    fn variable_definition(&mut self) -> Result<Positioned<VariableDefinition>, ServerError> {
        self.description()?;
        let at = self.at;
        let name = self.variable()?;
        self.expect(b':', "\":\"")?;
        let type_at = self.at;
        let var_type = Positioned::new(self.type_()?, type_at);
        let default_value = if self.take(b'=')? { Some(self.constant()?) } else { None };
        let directives = self.directives(true)?;
        Ok(Positioned::new(VariableDefinition { name, var_type, directives, default_value }, at))
    }

    fn fragment(&mut self) -> Result<(Positioned<Name>, FragmentDefinition), ServerError> {
        if self.token != Token::Name("fragment") {
            return Err(self.unexpected("an operation or a fragment"));
        }
        self.advance()?;
        if self.token == Token::Name("on") {
            return Err(self.unexpected("the name of a fragment"));
        }
        let name = self.name()?;
        let Some(type_condition) = self.type_condition()? else {
            return Err(self.unexpected("\"on\""));
        };
        let directives = self.directives(false)?;
        let selection_set = self.selection_set()?;
        Ok((name, FragmentDefinition { type_condition, directives, selection_set }))
    }

    fn type_condition(&mut self) -> Result<Option<Positioned<TypeCondition>>, ServerError> {
        if self.token != Token::Name("on") {
            return Ok(None);
        }
        self.advance()?;
        let on = self.name()?;
        let at = on.pos;
        Ok(Some(Positioned::new(TypeCondition { on }, at)))
    }

    fn selection_set(&mut self) -> Result<Positioned<SelectionSet>, ServerError> {
        let at = self.at;
        self.descend()?;
        self.expect(b'{', "\"{\"")?;
        let mut items = Vec::new();
        loop {
            let at = self.at;
            items.push(Positioned::new(self.selection()?, at));
            if self.take(b'}')? {
                break;
            }
        }
        self.ascend();
        Ok(Positioned::new(SelectionSet { items }, at))
    }

    fn selection(&mut self) -> Result<Selection, ServerError> {
        let at = self.at;
        if self.token != Token::Spread {
            return Ok(Selection::Field(Positioned::new(self.field()?, at)));
        }
        self.advance()?;
        let type_condition = self.type_condition()?;
        if type_condition.is_none() && matches!(self.token, Token::Name(_)) {
            let fragment_name = self.name()?;
            let directives = self.directives(false)?;
            let spread = FragmentSpread { fragment_name, directives };
            return Ok(Selection::FragmentSpread(Positioned::new(spread, at)));
        }
        let directives = self.directives(false)?;
        let selection_set = self.selection_set()?;
        let inline = InlineFragment { type_condition, directives, selection_set };
        Ok(Selection::InlineFragment(Positioned::new(inline, at)))
    }

    fn field(&mut self) -> Result<Field, ServerError> {
        let first = self.name()?;
        let (alias, name) =
            if self.take(b':')? { (Some(first), self.name()?) } else { (None, first) };
        let arguments = self.arguments(false)?;
        let directives = self.directives(false)?;
        let selection_set = if self.token == Token::Punctuator(b'{') {
            self.selection_set()?
        } else {
            Positioned::default()
        };
        Ok(Field { alias, name, arguments, directives, selection_set })
    }

    /// A string before a definition says what it is for; nothing depends on it.
    fn description(&mut self) -> Result<(), ServerError> {
        if matches!(self.token, Token::Text(_)) { self.advance() } else { Ok(()) }
    }

    /// `$name`.
    pub(super) fn variable(&mut self) -> Result<Positioned<Name>, ServerError> {
        self.expect(b'$', "a variable")?;
        self.name()
    }

    pub(super) fn name(&mut self) -> Result<Positioned<Name>, ServerError> {
        match self.name_if_any()? {
            Some(name) => Ok(name),
            None => Err(self.unexpected("a name")),
        }
    }

    fn name_if_any(&mut self) -> Result<Option<Positioned<Name>>, ServerError> {
        let Token::Name(name) = self.token else { return Ok(None) };
        let name = Positioned::new(Name::new(name), self.at);
        self.advance()?;
        Ok(Some(name))
    }

    pub(super) fn expect(&mut self, punctuator: u8, what: &str) -> Result<(), ServerError> {
        if self.take(punctuator)? { Ok(()) } else { Err(self.unexpected(what)) }
    }

    /// Reads on if this is what comes next.
    pub(super) fn take(&mut self, punctuator: u8) -> Result<bool, ServerError> {
        let found = self.token == Token::Punctuator(punctuator);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    pub(super) fn advance(&mut self) -> Result<(), ServerError> {
        (self.token, self.at) = self.lexer.next()?;
        Ok(())
    }

    /// One level deeper; the caller ascends when it is read.
    pub(super) fn descend(&mut self) -> Result<(), ServerError> {
        self.depth += 1;
        if self.depth <= DEEPEST {
            return Ok(());
        }
        Err(ErrorCode::TooComplex
            .of_request(format!("The query nests deeper than {DEEPEST} levels as it is written.")))
    }

    pub(super) fn ascend(&mut self) {
        self.depth -= 1;
    }

    pub(super) fn unexpected(&self, wanted: &str) -> ServerError {
        syntax(&format!("{wanted} is missing here"), self.at)
    }
}

fn not_alone(at: Pos) -> ServerError {
    syntax("an operation without a name must be the only one", at)
}

fn twice(is_new: bool, what: &str, at: Pos) -> Result<(), ServerError> {
    if is_new { Ok(()) } else { Err(syntax(&format!("two {what} have the same name"), at)) }
}
