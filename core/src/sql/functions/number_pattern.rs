//! PostgreSQL's template patterns for numbers: TO_CHAR of numbers, TO_NUMBER.
//!
//! A pattern is read into its parts and what they say together ([`Pattern`]); a number is rounded to the digits that
//! these leave behind the point, and then goes through the parts, which write blanks, its digits and its sign. The texts of a
//! locale are those of C: point, comma, no currency.

use super::ArgKind::{Any, Text};
use super::args::{Args, function, lenient, try_texts};
use super::text_writer::TextWriter;
use super::{EvalContext, ReturnKind, ScalarFunction};
use crate::types::{Column, DataType, Decimal, Error, Physical, Result, Value};
use alloc::{format, string::String, vec::Vec};
use core::fmt::Write;

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[function(
    "TO_NUMBER",
    &[],
    (1, 2),
    &[Any, Text],
    ReturnKind::OfConstants(number_type),
    "The number that a text says by PostgreSQL's pattern: TO_NUMBER('-12,454.8', 'S99G999D9').",
    |_, a, t, ty, n| {
        let texts = [lenient(a, t, 0, &DataType::TEXT)?];
        let mut out = Column::with_capacity(Physical::Decimal, n);
        let mut last = Pattern::default();
        for i in 0..n {
            if texts.null(0, i) || (a.has(1) && a.null(1, i)) {
                out.push_null();
                continue;
            }
            let text = texts.text(0, i);
            let number = match a.has(1) {
                true => {
                    last.read(a.text(1, i))?;
                    last.number(text)
                }
                false => Decimal::parse(text.trim_ascii()),
            };
            let number = number.and_then(|n| n.rescale(ty.scale()));
            out.push_decimal(
                number
                    .ok_or_else(|| Error::Data {
                        message: format!("'{text}' is no number by that pattern"),
                        position: None,
                    })?
                    .unscaled,
            );
        }
        Ok(out)
    },
)];

/// Digits behind the point of a pattern that is not known beforehand.
const UNKNOWN_SCALE: u8 = 10;
/// The longest pattern, in digits.
const MAX_DIGITS: usize = 100;

fn number_type(_: &[DataType], constants: &[Option<Value>]) -> DataType {
    let mut pattern = Pattern::default();
    let scale = match constants.get(1) {
        Some(Some(Value::Text(text))) if pattern.read(text).is_ok() => pattern.post.min(30) as u8,
        _ => UNKNOWN_SCALE,
    };
    DataType::Decimal {
        precision: Decimal::MAX_PRECISION,
        scale,
        unsigned: false,
    }
}

/// TO_CHAR of a column of numbers, of this type.
pub(super) fn to_char(cx: &EvalContext<'_>, a: &[Column], ty: &DataType, rows: usize) -> Result<Column> {
    let mut last = Pattern::default();
    let is_float = matches!(ty, DataType::Double | DataType::Float);
    let texts = [a.first().map_or_else(
        || Ok(Column::nulls(Physical::Bytes, 1)),
        |c| c.convert(ty, &DataType::TEXT, false),
    )?];
    try_texts(cx, rows, |i, out| {
        if texts.null(0, i) || a.null(1, i) {
            return Ok(None);
        }
        last.read(a.text(1, i))?;
        let float = is_float.then(|| a.float(0, i));
        last.write(texts.text(0, i), float, out);
        Ok(Some(()))
    })
}

/// One part of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Nine,
    Zero,
    Point,
    Comma,
    Currency,
    Minus,
    Plus,
    Sign,
    Ordinal(bool),
    Roman(bool),
    /// S, PR, V, B, FM, EEEE: they say something of the whole only.
    Whole,
    Literal(char),
}

/// Where the S of a pattern is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Anchored {
    Before,
    Behind,
}

/// A pattern: its parts, and what they say together.
#[derive(Debug, Default)]
struct Pattern {
    text: String,
    parts: Vec<Part>,
    /// Digits before and behind the point, and those that V moves.
    pre: usize,
    post: usize,
    multi: usize,
    /// Digits before the first 0, if there is one before the point; and up to the last 0.
    zero_from: Option<usize>,
    zero_end: usize,
    has_point: bool,
    fill: bool,
    anchored: Option<(Anchored, usize)>,
    brackets: bool,
    minus: bool,
    plus: bool,
    roman: Option<bool>,
    scientific: bool,
    shifts: bool,
}

/// The parts by how they are written, longer ones first; they are found in any case, and EEEE, RN and TH remember theirs.
const KEYWORDS: [(&str, Part); 17] = [
    ("EEEE", Part::Whole),
    ("FM", Part::Whole),
    ("MI", Part::Minus),
    ("PL", Part::Plus),
    ("PR", Part::Whole),
    ("RN", Part::Roman(true)),
    ("SG", Part::Sign),
    ("TH", Part::Ordinal(true)),
    (",", Part::Comma),
    (".", Part::Point),
    ("0", Part::Zero),
    ("9", Part::Nine),
    ("D", Part::Point),
    ("G", Part::Comma),
    ("L", Part::Currency),
    ("S", Part::Whole),
    ("V", Part::Whole),
];

fn wrong(pattern: &str, why: &str) -> Error {
    Error::invalid(format!("the pattern '{pattern}' of a number {why}"))
}

impl Pattern {
    /// Reads a pattern, unless it is the one that was read last.
    fn read(&mut self, text: &str) -> Result<()> {
        if self.text == text && !self.parts.is_empty() {
            return Ok(());
        }
        *self = Pattern {
            text: String::from(text),
            ..Pattern::default()
        };
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if c == '"' {
                rest = self.quoted(rest.get(1..).unwrap_or(""));
                continue;
            }
            let starts = |word: &str| {
                rest.get(..word.len())
                    .is_some_and(|w| w.eq_ignore_ascii_case(word))
            };
            match KEYWORDS.iter().find(|(word, _)| starts(word)) {
                Some((word, part)) => {
                    let written = rest.get(..word.len()).unwrap_or("");
                    self.add(*part, word, written)?;
                    rest = rest.get(word.len()..).unwrap_or("");
                }
                None => {
                    self.parts.push(Part::Literal(c));
                    rest = rest.get(c.len_utf8()..).unwrap_or("");
                }
            }
        }
        // A sign before nothing but the digits' end stands behind them.
        if let Some((anchored @ Anchored::Before, before)) = &mut self.anchored
            && *before == self.pre
        {
            *anchored = Anchored::Behind;
        }
        match self.pre + self.post + self.multi > MAX_DIGITS {
            true => Err(wrong(text, "has too many digits")),
            false => Ok(()),
        }
    }

    /// Takes a text in quotes, given without its first one, and returns what follows.
    fn quoted<'a>(&mut self, text: &'a str) -> &'a str {
        let mut chars = text.char_indices();
        while let Some((i, c)) = chars.next() {
            match c {
                '"' => return text.get(i + 1..).unwrap_or(""),
                '\\' => {
                    if let Some((_, c)) = chars.next() {
                        self.parts.push(Part::Literal(c));
                    }
                }
                c => self.parts.push(Part::Literal(c)),
            }
        }
        ""
    }

    fn add(&mut self, part: Part, word: &str, written: &str) -> Result<()> {
        let refuse = |why: &str| Err(wrong(&self.text, why));
        let is_upper = written.starts_with(|c: char| c.is_ascii_uppercase());
        let mut part = part;
        match (part, word) {
            (Part::Nine | Part::Zero, _) if self.brackets => return refuse("has digits behind PR"),
            (Part::Nine, _) if self.shifts => self.multi += 1,
            (Part::Nine, _) if self.has_point => self.post += 1,
            (Part::Nine, _) => self.pre += 1,
            (Part::Zero, _) => {
                if self.has_point {
                    self.post += 1;
                } else {
                    self.zero_from.get_or_insert(self.pre);
                    self.pre += 1;
                }
                self.zero_end = self.pre + self.post;
            }
            (Part::Point, _) if self.has_point => return refuse("has two points"),
            (Part::Point, _) if self.shifts => return refuse("has a point and V"),
            (Part::Point, _) => self.has_point = true,
            (_, "S") if self.anchored.is_some() => return refuse("has S twice"),
            (_, "S") if self.plus || self.minus || self.brackets => return refuse("has S and another sign"),
            (_, "S") => {
                let anchored = if self.has_point {
                    Anchored::Behind
                } else {
                    Anchored::Before
                };
                self.anchored = Some((anchored, self.pre));
            }
            (Part::Minus | Part::Plus | Part::Sign, _) if self.anchored.is_some() => {
                return refuse("has S and another sign");
            }
            (Part::Minus, _) => self.minus = true,
            (Part::Plus, _) => self.plus = true,
            (Part::Sign, _) => (self.minus, self.plus) = (true, true),
            (_, "PR") if self.anchored.is_some() || self.plus || self.minus => {
                return refuse("has PR and another sign");
            }
            (_, "PR") => self.brackets = true,
            (_, "FM") => self.fill = true,
            (_, "V") if self.has_point => return refuse("has a point and V"),
            (_, "V") => self.shifts = true,
            (_, "EEEE") => {
                if self.fill
                    || self.anchored.is_some()
                    || self.brackets
                    || self.plus
                    || self.minus
                    || self.shifts
                {
                    return refuse("has EEEE and what it does not go with");
                }
                self.scientific = true;
            }
            (Part::Roman(_), _) => {
                self.roman = Some(is_upper);
                part = Part::Roman(is_upper);
            }
            (Part::Ordinal(_), _) => part = Part::Ordinal(is_upper),
            _ => {}
        }
        self.parts.push(part);
        Ok(())
    }

    /// The number, as text and, of DOUBLE, as it is, written into `out`.
    fn write(&self, text: &str, float: Option<f64>, out: &mut TextWriter) {
        let exact = Decimal::parse(text);
        let value = float.or_else(|| exact.map(Decimal::to_f64)).unwrap_or(0.0);
        if let Some(upper) = self.roman {
            return self.write_roman(value, upper, out);
        }
        if self.scientific {
            return self.write_scientific(exact.filter(|_| float.is_none()), value, out);
        }
        let digits = match (float, exact) {
            (Some(f), _) if f.is_finite() => {
                let f = if self.multi > 0 {
                    f * libm::pow(10.0, self.multi as f64)
                } else {
                    f
                };
                format!("{f:.*}", self.post)
            }
            (None, Some(d)) => {
                let scale = d.scale.saturating_sub(self.multi as u8);
                let zeros = self.multi.saturating_sub(usize::from(d.scale));
                // Ten to a small power is no more than more digits in front of the point.
                let moved = Decimal::new(d.unscaled, scale);
                let rounded = moved.rescale((self.post as u8).min(scale)).unwrap_or(moved);
                let mut digits = format!("{rounded}");
                if rounded.unscaled != 0 {
                    (0..zeros).for_each(|_| digits.push('0'));
                }
                let behind = digits.split_once('.').map_or(0, |(_, behind)| behind.len());
                if self.post > behind {
                    if behind == 0 {
                        digits.push('.');
                    }
                    (behind..self.post).for_each(|_| digits.push('0'));
                }
                digits
            }
            _ => String::new(),
        };
        let (negative, digits) = match digits.strip_prefix('-') {
            // What is rounded to nothing has no sign.
            Some(rest) => (
                rest.bytes().any(|b| (b'1'..=b'9').contains(&b)) || float.is_some(),
                rest,
            ),
            None => (false, digits.as_str()),
        };
        let before = digits.split('.').next().unwrap_or("").len();
        let pre = self.pre + self.multi;
        let mut number: Vec<u8> = digits.as_bytes().to_vec();
        if before > pre || digits.is_empty() {
            // No room: as many signs as there are digits.
            number = alloc::vec![b'#'; pre + self.post + 1];
            if let Some(point) = number.get_mut(pre) {
                *point = b'.';
            }
        }
        Writing::new(self, &number, pre.saturating_sub(before), negative).run(out);
    }

    fn write_roman(&self, value: f64, upper: bool, out: &mut TextWriter) {
        const ROMAN: [(u32, &str); 13] = [
            (1000, "M"),
            (900, "CM"),
            (500, "D"),
            (400, "CD"),
            (100, "C"),
            (90, "XC"),
            (50, "L"),
            (40, "XL"),
            (10, "X"),
            (9, "IX"),
            (5, "V"),
            (4, "IV"),
            (1, "I"),
        ];
        let rounded = libm::round(value);
        let mut text = String::new();
        if (1.0..=3999.0).contains(&rounded) {
            let mut left = rounded as u32;
            for (worth, letters) in ROMAN {
                while left >= worth {
                    text.push_str(letters);
                    left -= worth;
                }
            }
        } else {
            text.push_str("###############");
        }
        if !upper {
            text.make_ascii_lowercase();
        }
        // Writing to the text does not fail otherwise than by what it notes itself.
        let _ = match self.fill {
            true => write!(out, "{text}"),
            false => write!(out, "{text:>15}"),
        };
    }

    fn write_scientific(&self, exact: Option<Decimal>, value: f64, out: &mut TextWriter) {
        let text = match exact {
            Some(d) => scientific(d, self.post),
            None => format!("{value:.*e}", self.post),
        };
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, digits) = match exponent.strip_prefix('-') {
            Some(digits) => ('-', digits),
            None => ('+', exponent),
        };
        let blank = if mantissa.starts_with('-') { "" } else { " " };
        let _ = write!(out, "{blank}{mantissa}e{sign}{digits:0>2}");
    }

    /// The number that a text says.
    fn number(&self, text: &str) -> Option<Decimal> {
        let mut chars = text.trim_ascii().chars().peekable();
        let mut digits = String::new();
        let mut negative = false;
        let mut behind = false;
        for part in &self.parts {
            while let Some(c) = chars.next_if(|c| matches!(c, '-' | '+' | '<' | '>' | ' ')) {
                negative |= c == '-' || c == '<';
            }
            match part {
                Part::Nine | Part::Zero => {
                    if let Some(c) = chars.next_if(char::is_ascii_digit) {
                        digits.push(c);
                    } else if !behind && chars.next_if_eq(&'.').is_some() {
                        // Fewer digits before the point than the pattern has room for.
                        behind = true;
                        digits.push('.');
                        digits.extend(chars.next_if(char::is_ascii_digit));
                    }
                }
                Part::Point => {
                    if !behind && chars.next_if_eq(&'.').is_some() {
                        behind = true;
                        digits.push('.');
                    }
                }
                Part::Comma => {
                    chars.next_if_eq(&',');
                }
                Part::Ordinal(_) => {
                    chars.next_if(char::is_ascii_alphabetic);
                    chars.next_if(char::is_ascii_alphabetic);
                }
                Part::Currency => {
                    chars.next_if(|c| !c.is_ascii_digit() && *c != '.');
                }
                Part::Literal(_) => {
                    chars.next_if(|c| !c.is_ascii_digit() && !matches!(c, '.' | ',' | '-' | '+'));
                }
                Part::Minus | Part::Plus | Part::Sign | Part::Roman(_) | Part::Whole => {}
            }
        }
        negative |= chars.any(|c| c == '-');
        let number = Decimal::parse(digits.trim_end_matches('.'))?;
        Some(Decimal::new(
            if negative {
                -number.unscaled
            } else {
                number.unscaled
            },
            number.scale,
        ))
    }
}

/// A decimal with one digit before the point.
fn scientific(d: Decimal, post: usize) -> String {
    let digits = format!("{}", d.unscaled.unsigned_abs());
    let mut exponent = digits.len() as i32 - 1 - i32::from(d.scale);
    let mut mantissa = Decimal::new(
        d.unscaled,
        (digits.len() - 1).min(usize::from(Decimal::MAX_PRECISION)) as u8,
    );
    if d.unscaled == 0 {
        exponent = 0;
    }
    if let Some(rounded) = mantissa.rescale((post as u8).min(mantissa.scale)) {
        mantissa = rounded;
        // 9.99 became 10.0.
        let ten = 10_i128.checked_pow(u32::from(mantissa.scale) + 1);
        if ten.is_some_and(|ten| mantissa.unscaled.abs() >= ten) {
            exponent += 1;
            mantissa.unscaled /= 10;
        }
    }
    let mut text = format!("{mantissa}");
    let behind = text.split_once('.').map_or(0, |(_, behind)| behind.len());
    if post > behind {
        if behind == 0 {
            text.push('.');
        }
        (behind..post).for_each(|_| text.push('0'));
    }
    format!("{text}e{exponent}")
}

/// A number on its way through the parts of a pattern.
struct Writing<'a> {
    pattern: &'a Pattern,
    /// Digits and a point.
    number: &'a [u8],
    /// The next one of them.
    at: usize,
    /// Places before the first digit.
    blanks: usize,
    negative: bool,
    /// With FM: the last digit, or the point, that is shown.
    last: Option<usize>,
    /// Places gone through.
    done: usize,
    /// Places in all, but for the point.
    count: usize,
    sign_done: bool,
    /// Whether a digit was written.
    begun: bool,
    anchored: Option<Anchored>,
}

impl<'a> Writing<'a> {
    fn new(pattern: &'a Pattern, number: &'a [u8], blanks: usize, negative: bool) -> Writing<'a> {
        let point = number.iter().position(|b| *b == b'.');
        let mut last = None;
        if pattern.fill && pattern.has_point {
            last = point.map(|p| number.iter().rposition(|b| *b != b'0').map_or(p, |d| d.max(p)));
            if let Some(shown) = &mut last
                && pattern.zero_end > blanks
            {
                let kept = (pattern.zero_end - blanks).min(number.len().saturating_sub(1));
                *shown = kept.max(*shown);
            }
        }
        let anchored = pattern.anchored.map(|(a, _)| a);
        let sign_done = match (pattern.plus, pattern.minus) {
            (true, false) => false,
            (false, false) => !negative && pattern.fill && anchored.is_none(),
            _ => true,
        };
        let count = pattern.post + pattern.pre + pattern.multi;
        Writing {
            pattern,
            number,
            at: 0,
            blanks,
            negative,
            last,
            done: 0,
            count: (count + usize::from(!sign_done && blanks == 0)).saturating_sub(1),
            sign_done,
            begun: false,
            anchored,
        }
    }

    fn run(mut self, out: &mut TextWriter) {
        let pattern = self.pattern;
        let fill = pattern.fill;
        for part in &pattern.parts {
            match part {
                Part::Nine | Part::Zero | Part::Point => self.place(*part, out),
                Part::Comma => match (self.begun, fill) {
                    (true, _) => out.push(','),
                    (false, true) => {}
                    (false, false) => out.push(' '),
                },
                Part::Currency => out.push(' '),
                Part::Minus => match (self.negative, fill) {
                    (true, _) => out.push('-'),
                    (false, true) => {}
                    (false, false) => out.push(' '),
                },
                Part::Plus => match (self.negative, fill) {
                    (false, _) => out.push('+'),
                    (true, true) => {}
                    (true, false) => out.push(' '),
                },
                Part::Sign => out.push(if self.negative { '-' } else { '+' }),
                Part::Ordinal(upper) => self.ordinal(*upper, out),
                Part::Literal(c) => out.push(*c),
                Part::Roman(_) | Part::Whole => {}
            }
        }
    }

    fn digit(&self) -> u8 {
        self.number.get(self.at).copied().unwrap_or(0)
    }

    /// `0.1` by `9.9`: the 0 before the point is a blank.
    fn is_blank_zero(&self) -> bool {
        self.pattern.zero_from.is_none() && self.at == 0 && self.digit() == b'0' && self.pattern.post != 0
    }

    fn last_is_point(&self) -> bool {
        self.last.and_then(|l| self.number.get(l)) == Some(&b'.')
    }

    /// A place for a digit or the point.
    fn place(&mut self, part: Part, out: &mut TextWriter) {
        let fill = self.pattern.fill;
        let zero_from = self.pattern.zero_from;
        let starts = self.done >= self.blanks || zero_from == Some(self.done);
        if !self.sign_done && starts && (!self.is_blank_zero() || self.last_is_point()) {
            self.sign(out);
        }
        if self.done < self.blanks && zero_from.is_none_or(|zero| zero > self.done) {
            if !fill {
                out.push(' ');
            }
        } else if self.done < self.blanks {
            out.push('0');
            self.begun = true;
        } else {
            let digit = self.digit();
            if digit == b'.' {
                if self.last.is_none() || !self.last_is_point() || fill {
                    out.push('.');
                }
            } else if digit == 0 || (part != Part::Zero && self.last.is_some_and(|last| self.at > last)) {
                // Digits that FM leaves out.
            } else if self.is_blank_zero() {
                if !fill {
                    out.push(' ');
                } else if self.last_is_point() {
                    out.push('0');
                }
            } else {
                out.push(char::from(digit));
                self.begun = true;
            }
            if digit != 0 {
                self.at += 1;
            }
        }
        let mut end = self.count + usize::from(self.blanks > 0) + usize::from(self.pattern.has_point);
        if self.last == Some(self.at) {
            end = self.done;
        }
        if self.done + 1 == end {
            if self.sign_done && self.has_brackets() {
                out.push(if self.negative { '>' } else { ' ' });
            } else if self.anchored == Some(Anchored::Behind) {
                out.push(if self.negative { '-' } else { '+' });
            }
        }
        self.done += 1;
    }

    fn has_brackets(&self) -> bool {
        self.pattern.brackets && (self.negative || !self.pattern.fill)
    }

    /// The sign in front of the first digit.
    fn sign(&mut self, out: &mut TextWriter) {
        match self.anchored {
            Some(Anchored::Before) => {
                out.push(if self.negative { '-' } else { '+' });
                self.sign_done = true;
            }
            Some(Anchored::Behind) => {}
            None => {
                match (self.has_brackets(), self.negative) {
                    (true, negative) => out.push(if negative { '<' } else { ' ' }),
                    (false, true) => out.push('-'),
                    (false, false) if !self.pattern.fill => out.push(' '),
                    (false, false) => {}
                }
                self.sign_done = true;
            }
        }
    }

    fn ordinal(&self, upper: bool, out: &mut TextWriter) {
        if self.pattern.has_point || self.negative || self.number.first() == Some(&b'#') {
            return;
        }
        let ending = match self.number {
            [.., b'1', _] => "th",
            [.., b'1'] => "st",
            [.., b'2'] => "nd",
            [.., b'3'] => "rd",
            _ => "th",
        };
        out.extend(
            ending
                .chars()
                .map(|c| if upper { c.to_ascii_uppercase() } else { c }),
        );
    }
}
