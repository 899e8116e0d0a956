//! From tokens to the list: recursive descent, a function for each line of the grammar.

use super::error::ExpressionError;
use super::functions::{self, NumberComparison};
use super::tokens::{Lexeme, Token, tokens};
use super::{Expression, ListEntry};

/// An expression has at most this many entries: a tape of more cannot be read.
const MOST_ENTRIES: usize = 1000;

/// Brackets, signs and exponents are nested at most this deep.
const DEEPEST: usize = 100;

/// What can follow where an operand is expected.
const OPERAND: &str = "expected a number, a name, a function or `(`";

pub(super) fn parse(text: &str) -> Result<Expression, ExpressionError> {
    let text: Vec<char> = text.chars().collect();
    let tokens = tokens(&text)?;
    let mut parser =
        Parser { text: &text, tokens, next: 0, depth: 0, entries: vec![], names: vec![] };
    let result = parser.program()?;
    Ok(inputs_first(parser.entries, parser.names, result))
}

struct Parser<'a> {
    text: &'a [char],
    tokens: Vec<Token>,
    /// The position of the next token.
    next: usize,
    depth: usize,
    entries: Vec<ListEntry>,
    names: Vec<Option<String>>,
}

type Parsed<T = usize> = Result<T, ExpressionError>;

impl Parser<'_> {
    fn program(&mut self) -> Parsed {
        let mut result = None;
        loop {
            while self.accept(&[";"]).is_some() {}
            if self.peek().kind == Lexeme::End {
                return result.ok_or_else(|| {
                    self.error(format!("the expression is empty; {OPERAND}, as in x*y + sin(x)"))
                });
            }
            result = Some(self.statement()?);
            let is_over = self.peek().kind == Lexeme::End;
            if !is_over && self.accept(&[";"]).is_none() {
                return Err(self.unexpected());
            }
        }
    }

    fn statement(&mut self) -> Parsed {
        let (token, following) = (self.peek().clone(), self.tokens.get(self.next + 1));
        let is_definition = following.is_some_and(|token| token.kind == Lexeme::Symbol("="));
        let Lexeme::Name(name) = token.kind else { return self.sum() };
        if !is_definition {
            return self.sum();
        }
        self.check_definition(&name)?;
        self.next += 2;
        let value = self.sum()?;
        // This comes after the value, because the same name within the value is an input.
        self.check_unread(&name, token.place)?;
        match &self.names[value] {
            None => self.names[value] = Some(name),
            Some(other) => {
                let message = format!(
                    "`{name}` would be a second name of `{other}`; use `{other}` in its place"
                );
                return Err(ExpressionError::at(self.text, token.place, message));
            }
        }
        Ok(value)
    }

    fn check_definition(&self, name: &str) -> Parsed<()> {
        let is_taken = functions::is_function(name) || name == "pi";
        if is_taken {
            let message = format!("`{name}` has a meaning of its own; define another name");
            return Err(self.error(message));
        }
        self.check_unread(name, self.peek().place)
    }

    fn check_unread(&self, name: &str, place: usize) -> Parsed<()> {
        let message = match self.find(name).map(|entry| &self.entries[entry]) {
            None => return Ok(()),
            Some(ListEntry::Input { .. }) => format!(
                "`{name}` was read before this definition, so it is an input; define it before it is \
                 read, or give the input's value outside of the expression"
            ),
            Some(_) => format!("`{name}` is defined twice; give each definition a name of its own"),
        };
        Err(ExpressionError::at(self.text, place, message))
    }

    fn sum(&mut self) -> Parsed {
        let mut left = self.product()?;
        while let Some(symbol) = self.accept(&["+", "-"]) {
            let right = self.product()?;
            left = self.op(if symbol == "+" { "add" } else { "sub" }, &[left, right])?;
        }
        Ok(left)
    }

    fn product(&mut self) -> Parsed {
        let mut left = self.signed()?;
        while let Some(symbol) = self.accept(&["*", "/"]) {
            let right = self.signed()?;
            left = self.op(if symbol == "*" { "mul" } else { "div" }, &[left, right])?;
        }
        Ok(left)
    }

    fn signed(&mut self) -> Parsed {
        if self.accept(&["-"]).is_none() {
            return self.power();
        }
        let before = self.entries.len();
        let operand = self.nested(Self::signed)?;
        // The number −2 is one node, not the negative of another.
        match (&mut self.entries[operand], operand == before) {
            (ListEntry::Number { number }, true) => {
                *number = -*number;
                Ok(operand)
            }
            _ => self.op("neg", &[operand]),
        }
    }

    fn power(&mut self) -> Parsed {
        let base = self.atom()?;
        if self.accept(&["^", "**"]).is_none() {
            return Ok(base);
        }
        let before = self.entries.len();
        let exponent = self.nested(Self::signed)?;
        if let (Some(n), true) = (self.whole_number(exponent), exponent == before) {
            self.entries.pop();
            self.names.pop();
            return self.push(ListEntry::Power { op: "powi", inputs: [base], n });
        }
        self.op("pow", &[base, exponent])
    }

    /// Returns the whole number of an entry, if it is one that `powi` takes.
    fn whole_number(&self, entry: usize) -> Option<i32> {
        match self.entries[entry] {
            ListEntry::Number { number } if number.fract() == 0.0 && number.abs() <= 1e6 => {
                Some(number as i32)
            }
            _ => None,
        }
    }

    fn atom(&mut self) -> Parsed {
        let token = self.peek().clone();
        match token.kind {
            Lexeme::Number(number) => {
                self.next += 1;
                self.push(ListEntry::Number { number })
            }
            Lexeme::Name(name) => self.name(&name, token.place),
            Lexeme::Symbol("(") => {
                self.next += 1;
                let inside = self.nested(Self::sum)?;
                self.expect(")", "to close the bracket")?;
                Ok(inside)
            }
            _ => Err(self.no_operand()),
        }
    }

    fn name(&mut self, name: &str, place: usize) -> Parsed {
        self.next += 1;
        if self.accept(&["("]).is_some() {
            return self.call(name, place);
        }
        if functions::is_function(name) {
            let message =
                format!("`{name}` is a function; expected `(` and its arguments after it");
            return Err(ExpressionError::at(self.text, place, message));
        }
        if let Some(entry) = self.find(name) {
            return Ok(entry);
        }
        if name == "pi" {
            return self.push(ListEntry::Number { number: std::f64::consts::PI });
        }
        let is_input = |entry: &&ListEntry| matches!(entry, ListEntry::Input { .. });
        let input = self.entries.iter().filter(is_input).count();
        let entry = self.push(ListEntry::Input { input })?;
        self.names[entry] = Some(name.to_string());
        Ok(entry)
    }

    fn call(&mut self, name: &str, place: usize) -> Parsed {
        if self.find(name).is_some() {
            let message = format!(
                "`{name}` is not a function, so `(` cannot follow it; write `{name} * (` for a product"
            );
            return Err(ExpressionError::at(self.text, place, message));
        }
        let own = functions::own_name(name);
        if own == "where" {
            return self.where_();
        }
        let expected = match functions::find(own) {
            Some(function) => function.arguments,
            None if own == "minimum" => 2,
            None => return Err(self.unknown(name, place)),
        };
        let arguments = self.arguments()?;
        if arguments.len() != expected {
            let message = format!(
                "{name}() has {} argument{}; expected {expected}",
                arguments.len(),
                if arguments.len() == 1 { "" } else { "s" }
            );
            return Err(ExpressionError::at(self.text, place, message));
        }
        match own {
            "minimum" => self.minimum(arguments[0], arguments[1]),
            own => self.op(own, &arguments),
        }
    }

    fn unknown(&self, name: &str, place: usize) -> ExpressionError {
        let advice = match functions::instead(name) {
            Some(words) => words.to_string(),
            None => format!("choose one of {}", functions::names().join(", ")),
        };
        let message = format!("there is no function `{name}`; {advice}");
        ExpressionError::at(self.text, place, message)
    }

    fn arguments(&mut self) -> Parsed<Vec<usize>> {
        let mut arguments = Vec::new();
        if self.accept(&[")"]).is_some() {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.nested(Self::sum)?);
            if self.accept(&[","]).is_none() {
                self.expect(")", "or a comma, to end the arguments")?;
                return Ok(arguments);
            }
        }
    }

    fn where_(&mut self) -> Parsed {
        let left = self.nested(Self::sum)?;
        let comparison = match &self.peek().kind {
            Lexeme::Symbol(symbol) => NumberComparison::find(symbol),
            _ => None,
        };
        let Some(condition) = comparison else {
            let found = self.found();
            let message = format!(
                "where() has {found} here; expected a comparison (< <= > >= == !=), as in \
                 where(x > 0, x, 0)"
            );
            return Err(self.error(message));
        };
        self.next += 1;
        let right = self.nested(Self::sum)?;
        self.expect(",", "and the value where the condition holds")?;
        let a = self.nested(Self::sum)?;
        self.expect(",", "and the value elsewhere")?;
        let b = self.nested(Self::sum)?;
        self.expect(")", "to end the arguments")?;
        let compared = [left, right];
        self.push(ListEntry::Where { op: "where_", inputs: [a, b], condition, compared })
    }

    /// Records min(a, b) = −max(−a, −b), as `Var::minimum` records it.
    fn minimum(&mut self, a: usize, b: usize) -> Parsed {
        // Rust evaluates the receiver first.
        let a = self.op("neg", &[a])?;
        let b = self.op("neg", &[b])?;
        let most = self.op("maximum", &[a, b])?;
        self.op("neg", &[most])
    }

    fn op(&mut self, name: &str, inputs: &[usize]) -> Parsed {
        let function = functions::find(name).expect("an op of the table");
        self.push(ListEntry::Op { function, inputs: inputs.to_vec() })
    }

    fn push(&mut self, entry: ListEntry) -> Parsed {
        if self.entries.len() == MOST_ENTRIES {
            let message = format!(
                "the expression has more than {MOST_ENTRIES} nodes, too many to read; shorten it"
            );
            return Err(self.error(message));
        }
        self.entries.push(entry);
        self.names.push(None);
        Ok(self.entries.len() - 1)
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|own| own.as_deref() == Some(name))
    }

    fn nested(&mut self, parse: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        if self.depth == DEEPEST {
            let message = format!(
                "the expression is nested more than {DEEPEST} deep; name a part of it, as in \
                 h = x + y; sin(h)"
            );
            return Err(self.error(message));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    fn peek(&self) -> &Token {
        &self.tokens[self.next]
    }

    fn accept(&mut self, symbols: &[&'static str]) -> Option<&'static str> {
        let Lexeme::Symbol(symbol) = self.peek().kind else { return None };
        if !symbols.contains(&symbol) {
            return None;
        }
        self.next += 1;
        Some(symbol)
    }

    fn expect(&mut self, symbol: &'static str, why: &str) -> Parsed<()> {
        match self.accept(&[symbol]) {
            Some(_) => Ok(()),
            None => {
                Err(self.error(format!("{} stands here; expected `{symbol}` {why}", self.found())))
            }
        }
    }

    /// Returns the next token in words.
    fn found(&self) -> String {
        match &self.peek().kind {
            Lexeme::End => "the end".to_string(),
            Lexeme::Number(number) => format!("the number {number}"),
            Lexeme::Name(name) => format!("the name `{name}`"),
            Lexeme::Symbol(";") => "the end of a statement".to_string(),
            Lexeme::Symbol(symbol) => format!("`{symbol}`"),
        }
    }

    /// Returns the error of what follows a whole expression and cannot.
    fn unexpected(&self) -> ExpressionError {
        let found = self.found();
        let advice = match &self.peek().kind {
            Lexeme::Symbol(")") => "no bracket is open: remove it, or open one before it",
            Lexeme::Symbol("=") => "a definition is written name = …, at the start of a statement",
            Lexeme::Symbol(symbol) if NumberComparison::find(symbol).is_some() => {
                "comparisons are written in where(a > b, …, …)"
            }
            Lexeme::Symbol(_) => "remove it",
            _ => "expected an operator, such as * for a product",
        };
        self.error(format!("{found} cannot follow what is before it; {advice}"))
    }

    fn no_operand(&self) -> ExpressionError {
        let after = match self.next.checked_sub(1).map(|before| &self.tokens[before].kind) {
            Some(Lexeme::Symbol(symbol)) if *symbol != ";" => format!(" after `{symbol}`"),
            _ => String::new(),
        };
        self.error(format!("{} stands{after} where an operand should; {OPERAND}", self.found()))
    }

    fn error(&self, message: String) -> ExpressionError {
        ExpressionError::at(self.text, self.peek().place, message)
    }
}

/// Moves the inputs to the beginning of the list. The order of the others stays, so that each still
/// stands below what it reads.
fn inputs_first(entries: Vec<ListEntry>, names: Vec<Option<String>>, result: usize) -> Expression {
    let is_input = |entry: &ListEntry| matches!(entry, ListEntry::Input { .. });
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by_key(|&old| !is_input(&entries[old]));
    let mut new = vec![0; entries.len()];
    for (position, &old) in order.iter().enumerate() {
        new[old] = position;
    }
    let moved = |old: usize| {
        let mut entry = entries[old].clone();
        match &mut entry {
            ListEntry::Input { .. } | ListEntry::Number { .. } => {}
            ListEntry::Op { inputs, .. } => {
                inputs.iter_mut().for_each(|input| *input = new[*input])
            }
            ListEntry::Power { inputs, .. } => inputs[0] = new[inputs[0]],
            ListEntry::Where { inputs, compared, .. } => {
                inputs.iter_mut().chain(compared).for_each(|input| *input = new[*input]);
            }
        }
        entry
    };
    let names: Vec<_> = order.iter().map(|&old| names[old].clone()).collect();
    let count = entries.iter().filter(|entry| is_input(entry)).count();
    Expression {
        entries: order.iter().map(|&old| moved(old)).collect(),
        inputs: names[..count].iter().flatten().cloned().collect(),
        result: new[result],
        names,
    }
}
