//! How deep a statement may nest, decided on its tokens before a tree exists.
//!
//! Two dangers. The parser descends by recursion, with frames of tens of KiB for a subquery in a debug
//! build, so counting levels alone is no guard: [`Depth`] adds up the stack they will take. And the
//! parser builds chains (`1 + 1 + 1 …`, `a AND b AND …`, `x IS NULL IS NULL …`) in a loop; a tree thousands
//! of levels deep would then be dropped, printed and walked by recursion. [`Depth`] bounds both from
//! above: it may overestimate, never underestimate.
//!
//! The figures were measured on a debug build, where a thread of 1 MiB must suffice.

use alloc::vec::Vec;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::Token;

/// Levels of recursion the parser itself counts; [`MAX_STACK`] comes first in practice.
pub(super) const MAX_RECURSION: usize = 250;

/// Operators in one chain, all enclosing chains included.
pub(super) const MAX_CHAIN: usize = 800;

/// KiB of stack for the parser's recursion, besides about 90 for its entry.
const MAX_STACK: usize = 800;

/// KiB of stack per construct.
mod cost {
    pub(super) const OPERAND: usize = 6;
    pub(super) const PARENTHESIS: usize = 6;
    pub(super) const CASE: usize = 8;
    pub(super) const CALL: usize = 19;
    pub(super) const NESTED_JOIN: usize = 21;
    pub(super) const SUBQUERY: usize = 37;
    pub(super) const DERIVED_TABLE: usize = 49;
}

/// How tightly operators bind, as far as it matters here.
mod binding {
    pub(super) const OR: u8 = 5;
    pub(super) const AND: u8 = 10;
    pub(super) const NOT: u8 = 15;
    pub(super) const COMPARE: u8 = 20;
    pub(super) const BIT: u8 = 23;
    pub(super) const SUM: u8 = 30;
    pub(super) const PRODUCT: u8 = 40;
    pub(super) const TIGHT: u8 = 50;
}

/// Chains and recursion at one level of parentheses, CASE or brackets.
#[derive(Debug, Default, Clone, Copy)]
struct Level {
    case: bool,
    /// Just opened: the next token shows whether it is a subquery.
    fresh: bool,
    /// Between FROM and WHERE, where a parenthesis is a table.
    tables: bool,
    /// KiB its opening takes.
    cost: usize,
    /// Where its operators start in [`Depth::pending`].
    pending: usize,
    /// UNION and other suffixes of a whole query or table.
    sets: usize,
    or: usize,
    and: usize,
    and_max: usize,
    other: usize,
    other_max: usize,
    inner_max: usize,
}

impl Level {
    fn depth(&self) -> usize {
        1 + self.sets + self.or + self.and_max + self.other_max + self.inner_max
    }
}

/// The depth of the tree that a token stream may give, tracked token by token.
#[derive(Debug, Default)]
pub(super) struct Depth {
    levels: Vec<Level>,
    current: Level,
    /// Sum of the depths of `levels`.
    below: usize,
    /// Sum of the costs of all levels, KiB.
    stack: usize,
    /// The binding of operators whose right operand is being parsed.
    pending: Vec<u8>,
    /// Whether the last token could end an operand; after one, a clause keyword is no name.
    after_operand: bool,
    /// Whether the last token was a word, as before the parenthesis of a call.
    after_word: bool,
}

impl Depth {
    /// At the start of a statement.
    pub(super) fn new() -> Depth {
        Depth::default()
    }

    fn push(&mut self, case: bool, cost: usize) {
        self.below += self.current.depth();
        self.stack += cost;
        let tables = self.current.tables && !case;
        self.levels.push(self.current);
        self.current = Level {
            case,
            fresh: !case,
            tables,
            cost,
            pending: self.pending.len(),
            ..Level::default()
        };
    }

    fn pop(&mut self) {
        if let Some(outer) = self.levels.pop() {
            let inner = self.current.depth();
            self.stack -= self.current.cost;
            self.pending.truncate(self.current.pending);
            self.current = outer;
            self.below -= outer.depth();
            self.current.inner_max = self.current.inner_max.max(inner);
        }
    }

    /// A new expression starts at this level.
    fn restart(&mut self) {
        self.pending.truncate(self.current.pending);
        let old = self.current;
        self.current = Level {
            case: old.case,
            tables: old.tables,
            cost: old.cost,
            pending: old.pending,
            sets: old.sets,
            ..Level::default()
        };
    }

    /// An operator between operands, or before one.
    fn operator(&mut self, binding: u8) {
        if self.after_operand {
            while self.pending.len() > self.current.pending
                && self.pending.last().is_some_and(|p| *p >= binding)
            {
                self.pending.pop();
            }
        }
        self.pending.push(binding);
        let l = &mut self.current;
        match binding {
            binding::OR => {
                l.or += 1;
                l.and = 0;
                l.other = 0;
            }
            binding::AND => {
                l.and += 1;
                l.and_max = l.and_max.max(l.and);
                l.other = 0;
            }
            _ => {
                l.other += 1;
                l.other_max = l.other_max.max(l.other);
            }
        }
    }

    fn keyword(&mut self, keyword: Keyword) -> bool {
        match keyword {
            Keyword::OR | Keyword::XOR => self.operator(binding::OR),
            Keyword::AND => self.operator(binding::AND),
            Keyword::NOT => self.operator(binding::NOT),
            Keyword::CASE => self.push(true, cost::CASE),
            Keyword::END => {
                if self.current.case {
                    self.pop();
                }
                return true;
            }
            Keyword::UNION
            | Keyword::INTERSECT
            | Keyword::EXCEPT
            | Keyword::MINUS
            | Keyword::PIVOT
            | Keyword::UNPIVOT
            | Keyword::MATCH_RECOGNIZE => self.current.sets += 1,
            Keyword::IS
            | Keyword::IN
            | Keyword::BETWEEN
            | Keyword::LIKE
            | Keyword::ILIKE
            | Keyword::RLIKE
            | Keyword::REGEXP
            | Keyword::GLOB
            | Keyword::MATCH
            | Keyword::SIMILAR
            | Keyword::ESCAPE
            | Keyword::MEMBER
            | Keyword::OVERLAPS
            | Keyword::OPERATOR => self.operator(binding::COMPARE),
            Keyword::DIV | Keyword::MOD => self.operator(binding::PRODUCT),
            Keyword::COLLATE | Keyword::NOTNULL | Keyword::AT | Keyword::ARRAY => {
                self.operator(binding::TIGHT)
            }
            Keyword::INTERVAL | Keyword::PRIOR | Keyword::BINARY => self.operator(binding::NOT),
            Keyword::SELECT
            | Keyword::FROM
            | Keyword::WHERE
            | Keyword::ON
            | Keyword::USING
            | Keyword::JOIN
            | Keyword::GROUP
            | Keyword::ORDER
            | Keyword::HAVING
            | Keyword::LIMIT
            | Keyword::SET
            | Keyword::VALUES
            | Keyword::RETURNING
            | Keyword::WHEN
            | Keyword::THEN
            | Keyword::ELSE => {
                // After an operator these are names: `1 + values + 1` is one chain.
                if self.after_operand {
                    self.restart();
                }
                self.current.tables = matches!(keyword, Keyword::FROM | Keyword::JOIN)
                    || (self.current.tables && matches!(keyword, Keyword::ON | Keyword::USING));
            }
            _ => return true,
        }
        false
    }

    /// Takes one token (no white space). Error: the statement is too deep, and the limit in levels.
    pub(super) fn accept(&mut self, token: &Token) -> Result<(), usize> {
        if self.current.fresh {
            self.current.fresh = false;
            if let Token::Word(w) = token
                && matches!(w.keyword, Keyword::SELECT | Keyword::WITH | Keyword::VALUES)
            {
                let cost = if self.current.tables {
                    cost::DERIVED_TABLE
                } else {
                    cost::SUBQUERY
                };
                self.stack += cost.saturating_sub(self.current.cost);
                self.current.cost = self.current.cost.max(cost);
            }
        }
        let mut operand = false;
        let mut word = false;
        match token {
            Token::LParen => {
                let cost = if self.after_word {
                    cost::CALL
                } else if self.current.tables {
                    cost::NESTED_JOIN
                } else {
                    cost::PARENTHESIS
                };
                self.push(false, cost);
            }
            Token::LBracket | Token::LBrace => {
                self.operator(binding::TIGHT);
                self.push(false, cost::CALL);
            }
            Token::RParen | Token::RBracket | Token::RBrace => {
                while self.current.case && !self.levels.is_empty() {
                    self.pop();
                }
                self.pop();
                operand = true;
            }
            Token::Comma => self.restart(),
            Token::Period => {}
            Token::Word(w) if w.quote_style.is_none() => {
                operand = self.keyword(w.keyword);
                word = operand || matches!(w.keyword, Keyword::VALUES);
            }
            Token::Word(_) => {
                operand = true;
                word = true;
            }
            Token::Number(..)
            | Token::Placeholder(_)
            | Token::SingleQuotedString(_)
            | Token::NationalStringLiteral(_)
            | Token::HexStringLiteral(_) => operand = true,
            Token::Overlap => self.operator(binding::AND),
            Token::Plus | Token::Minus => self.operator(if self.after_operand {
                binding::SUM
            } else {
                binding::PRODUCT
            }),
            Token::Mul | Token::Div | Token::Mod | Token::StringConcat => self.operator(binding::PRODUCT),
            Token::Pipe | Token::Ampersand | Token::ShiftLeft | Token::ShiftRight => {
                self.operator(binding::BIT)
            }
            Token::Caret | Token::DoubleColon | Token::Tilde | Token::ExclamationMark => {
                self.operator(binding::TIGHT)
            }
            _ => self.operator(binding::COMPARE),
        }
        self.after_operand = operand;
        self.after_word = word;
        if self.below + self.current.depth() > MAX_CHAIN {
            Err(MAX_CHAIN)
        } else if self.stack + self.pending.len() * cost::OPERAND > MAX_STACK {
            Err((self.levels.len() + self.pending.len()).saturating_sub(1))
        } else {
            Ok(())
        }
    }
}
