//! Which semicolons end a statement: those inside the body of a CREATE TRIGGER do not.
//!
//! A statement that starts with CREATE [DEFINER = user] TRIGGER is followed word by word: BEGIN, IF and CASE open a block,
//! END closes one. Every other statement ends at the first semicolon.

use alloc::vec::Vec;
use sqlparser::tokenizer::Token;

/// How far the first words of the statement have come.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Head {
    #[default]
    Start,
    /// After CREATE.
    Create,
    /// In the user of a DEFINER, or behind it.
    Definer,
    /// In a CREATE TRIGGER.
    Trigger,
    /// In any other statement.
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Block {
    Begin,
    If,
    Case,
}

/// What came right before.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Before {
    #[default]
    Other,
    /// Something a statement of the body may follow.
    Statement,
    /// A closing parenthesis.
    Paren,
    /// END.
    End,
}

/// The blocks that are open at a place of a statement.
#[derive(Debug, Default, Clone)]
pub(super) struct Blocks {
    head: Head,
    open: Vec<Block>,
    before: Before,
}

impl Blocks {
    /// At the start of a statement of a trigger's body.
    pub(super) fn of_body() -> Blocks {
        Blocks {
            head: Head::Trigger,
            open: Vec::new(),
            before: Before::Statement,
        }
    }

    /// How many are open.
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// Whether words matter in this statement.
    pub(super) fn looks_at_words(&self) -> bool {
        self.head != Head::Other
    }

    /// A word that is not quoted.
    pub(super) fn word(&mut self, word: &str) {
        let is = |w: &str| word.eq_ignore_ascii_case(w);
        match self.head {
            Head::Start if is("CREATE") => self.head = Head::Create,
            Head::Create | Head::Definer if is("TRIGGER") => self.head = Head::Trigger,
            Head::Create if is("DEFINER") => self.head = Head::Definer,
            Head::Definer if ["VIEW", "SQL"].iter().any(|w| is(w)) => self.head = Head::Other,
            Head::Definer => {}
            Head::Create if ["OR", "REPLACE", "TEMP", "TEMPORARY"].iter().any(|w| is(w)) => {}
            Head::Start | Head::Create => self.head = Head::Other,
            Head::Other => {}
            Head::Trigger => self.body_word(is),
        }
    }

    fn body_word(&mut self, is: impl Fn(&str) -> bool) {
        let outside = self.open.is_empty();
        let in_case = self.open.last() == Some(&Block::Case);
        let starts = self.before == Before::Statement || (self.before == Before::Paren && outside);
        if self.before == Before::End && (is("IF") || is("CASE")) {
            // END IF, END CASE.
            self.before = Before::Other;
            return;
        }
        self.before = Before::Other;
        if is("BEGIN") && (starts || outside) {
            self.open.push(Block::Begin);
            self.before = Before::Statement;
        } else if is("IF") && starts && !in_case {
            self.open.push(Block::If);
        } else if is("CASE") {
            self.open.push(Block::Case);
        } else if is("END") {
            self.open.pop();
            self.before = Before::End;
        } else if (is("THEN") || is("ELSE")) && !in_case || is("ROW") && outside {
            self.before = Before::Statement;
        }
    }

    /// Anything else but a semicolon; `closing`: a closing parenthesis.
    pub(super) fn other(&mut self, closing: bool) {
        self.before = if closing { Before::Paren } else { Before::Other };
        if self.head != Head::Trigger && self.head != Head::Definer {
            self.head = Head::Other;
        }
    }

    /// A semicolon. Returns whether it ends the statement; what follows is the next one then.
    pub(super) fn semicolon(&mut self) -> bool {
        let ends = self.open.is_empty();
        if ends {
            *self = Blocks::default();
        }
        self.before = Before::Statement;
        ends
    }

    /// A token that is no white space and no semicolon.
    pub(super) fn token(&mut self, token: &Token) {
        match token {
            Token::Word(w) if w.quote_style.is_none() => self.word(&w.value),
            Token::RParen => self.other(true),
            _ => self.other(false),
        }
    }
}
