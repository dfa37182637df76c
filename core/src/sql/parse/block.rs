//! Which semicolons end a statement: those inside the body of a CREATE TRIGGER do not.
//!
//! A statement that starts with CREATE [DEFINER = user] TRIGGER is followed word by word: BEGIN, IF, CASE, WHILE, LOOP and REPEAT open a block,
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
    /// Of an expression.
    Case,
    CaseStatement,
    While,
    /// LOOP and REPEAT.
    Loop,
}

/// What came right before.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Before {
    #[default]
    Other,
    /// Something a statement of the body may follow.
    Statement,
    /// A word there that starts none: a label, if a colon follows.
    Label,
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

    /// Whether the word before may be a label, so that a colon ends it.
    pub(super) fn is_label(&self) -> bool {
        self.head == Head::Trigger && self.before == Before::Label
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
        let ended = ["IF", "CASE", "WHILE", "LOOP", "REPEAT"];
        if self.before == Before::End && ended.iter().any(|w| is(w)) {
            // END IF, END CASE, …
            self.before = Before::Other;
            return;
        }
        self.before = if starts { Before::Label } else { Before::Other };
        if is("BEGIN") && (starts || outside) {
            self.open.push(Block::Begin);
            self.before = Before::Statement;
        } else if is("IF") && starts && !in_case {
            self.open.push(Block::If);
            self.before = Before::Other;
        } else if is("CASE") {
            let statement = starts && !in_case;
            self.open.push(if statement {
                Block::CaseStatement
            } else {
                Block::Case
            });
            self.before = Before::Other;
        } else if is("WHILE") && starts {
            self.open.push(Block::While);
            self.before = Before::Other;
        } else if (is("LOOP") || is("REPEAT")) && starts {
            self.open.push(Block::Loop);
            self.before = Before::Statement;
        } else if is("DO") && !starts && self.open.last() == Some(&Block::While) {
            self.before = Before::Statement;
        } else if is("END") {
            self.open.pop();
            self.before = Before::End;
        } else if (is("THEN") || is("ELSE")) && !in_case || is("ROW") && outside {
            self.before = Before::Statement;
        }
    }

    /// Anything else but a semicolon, that begins with this character.
    pub(super) fn other(&mut self, first: u8) {
        self.before = match (first, self.before) {
            (b')', _) => Before::Paren,
            (b':', Before::Label) => Before::Statement,
            _ => Before::Other,
        };
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
            Token::RParen => self.other(b')'),
            Token::Colon => self.other(b':'),
            _ => self.other(0),
        }
    }
}
