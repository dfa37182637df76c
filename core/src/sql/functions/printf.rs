//! PRINTF, and SQLite's FORMAT: C's conversions, and SQLite's %q, %Q and %w.

use super::ArgKind::{Any, Text};
use super::args::{Args, MAX_TEXT, TEXT, function, lenient, too_long, try_texts};
use super::text_writer::TextWriter;
use super::{EvalContext, ScalarFunction};
use crate::types::{Column, DataType, Result};
use alloc::{format, string::String, vec::Vec};

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[function(
    "PRINTF",
    &[],
    (1, usize::MAX),
    &[Text, Any],
    TEXT,
    "A format with the values in place of %d, %s, %5.2f, %x, %q, …: of NULL 0 or nothing.",
    print,
)
.sees_null()];

/// The arguments in the forms that conversions ask for.
struct Values {
    /// Those that are whole numbers.
    ints: Vec<Option<[Column; 1]>>,
    floats: Vec<[Column; 1]>,
    texts: Vec<[Column; 1]>,
}

impl Values {
    fn int(&self, k: usize, i: usize) -> i64 {
        match self.ints.get(k) {
            Some(Some(c)) if c.null(0, i) => 0,
            Some(Some(c)) => c.int(0, i),
            // What is too big becomes the largest that there is, as in SQLite.
            _ => self.float(k, i) as i64,
        }
    }

    fn float(&self, k: usize, i: usize) -> f64 {
        let column = self.floats.get(k).filter(|c| !c.null(0, i));
        column.map_or(0.0, |c| c.float(0, i))
    }

    fn text(&self, k: usize, i: usize) -> Option<&str> {
        let column = self.texts.get(k).filter(|c| !c.null(0, i));
        column.map(|c| c.text(0, i))
    }
}

fn print(cx: &EvalContext<'_>, a: &[Column], t: &[DataType], _: &DataType, n: usize) -> Result<Column> {
    let mut values = Values {
        ints: Vec::with_capacity(a.len()),
        floats: Vec::with_capacity(a.len()),
        texts: Vec::with_capacity(a.len()),
    };
    for (k, (column, ty)) in a.iter().zip(t).enumerate().skip(1) {
        let whole = matches!(ty, DataType::Bool | DataType::Int(_));
        values.ints.push(whole.then(|| [column.clone()]));
        values.floats.push([match ty.is_numeric() || ty.is_text() {
            true => lenient(a, t, k, &DataType::Double)?,
            false => Column::nulls(DataType::Double.physical(), 1),
        }]);
        values.texts.push([lenient(a, t, k, &DataType::TEXT)?]);
    }
    try_texts(cx, n, |i, out| match a.null(0, i) {
        true => Ok(None),
        false => row(a.text(0, i), &values, i, out).map(Some),
    })
}

/// What stands between `%` and the letter.
#[derive(Default)]
struct Flags {
    left: bool,
    plus: bool,
    space: bool,
    zero: bool,
    alternate: bool,
    commas: bool,
    /// `!`: characters, not bytes; digits as they are needed.
    wide: bool,
    width: usize,
    precision: Option<usize>,
}

fn row(format: &str, values: &Values, i: usize, out: &mut TextWriter) -> Result<()> {
    let mut next = 0;
    let mut take = || {
        next += 1;
        next - 1
    };
    let int = |k: usize| values.int(k, i);
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut flags = Flags::default();
        while let Some(c) = chars.next_if(|c| "-+ 0#,!".contains(*c)) {
            match c {
                '-' => flags.left = true,
                '+' => flags.plus = true,
                ' ' => flags.space = true,
                '0' => flags.zero = true,
                '#' => flags.alternate = true,
                ',' => flags.commas = true,
                _ => flags.wide = true,
            }
        }
        let mut number = |chars: &mut core::iter::Peekable<core::str::Chars<'_>>| {
            if chars.next_if_eq(&'*').is_some() {
                return int(take());
            }
            let mut n = 0i64;
            while let Some(d) = chars.peek().and_then(|c| c.to_digit(10)) {
                chars.next();
                n = n.saturating_mul(10).saturating_add(i64::from(d));
            }
            n
        };
        let width = number(&mut chars);
        flags.left |= width < 0;
        flags.width = usize::try_from(width.unsigned_abs()).unwrap_or(usize::MAX);
        if chars.next_if_eq(&'.').is_some() {
            let precision = number(&mut chars).unsigned_abs();
            flags.precision = Some(usize::try_from(precision).unwrap_or(usize::MAX));
        }
        if flags.width.max(flags.precision.unwrap_or(0)) > MAX_TEXT {
            return Err(too_long());
        }
        while chars.next_if_eq(&'l').is_some() {}
        let text = |k: usize| values.text(k, i);
        let float = |k: usize| values.float(k, i);
        match chars.next() {
            None => break,
            Some('%') => out.push('%'),
            Some('d' | 'i') => {
                let n = int(take());
                let digits = format!("{}", n.unsigned_abs());
                write_number(n < 0, &digits, "", &flags, out);
            }
            Some('u') => write_number(false, &format!("{}", int(take()) as u64), "", &flags, out),
            Some(c @ ('x' | 'X' | 'o')) => {
                let n = int(take());
                let (digits, prefix) = match c {
                    'x' => (format!("{n:x}"), "0x"),
                    'X' => (format!("{n:X}"), "0X"),
                    _ => (format!("{n:o}"), "0"),
                };
                let prefix = if flags.alternate && n != 0 { prefix } else { "" };
                let plain = Flags {
                    plus: false,
                    space: false,
                    ..flags
                };
                write_number(false, &digits, prefix, &plain, out);
            }
            Some(c @ ('f' | 'F' | 'e' | 'E' | 'g' | 'G')) => write_float(float(take()), c, &flags, out),
            Some('c') => {
                let first = text(take()).and_then(|t| t.chars().next());
                let count = flags.precision.unwrap_or(1).max(1);
                let written: String = first
                    .into_iter()
                    .flat_map(|c| core::iter::repeat_n(c, count))
                    .collect();
                pad(&written, &flags, out);
            }
            Some('s' | 'z') => {
                let text = text(take()).unwrap_or("");
                pad(cut(text, &flags), &flags, out);
            }
            Some(c @ ('q' | 'Q' | 'w')) => {
                let quote = if c == 'w' { '"' } else { '\'' };
                let written = match (text(take()), c) {
                    (None, 'Q') => String::from("NULL"),
                    (None, _) => String::from("(NULL)"),
                    (Some(t), _) => {
                        let doubled = cut(t, &flags).replace(quote, if c == 'w' { "\"\"" } else { "''" });
                        if c == 'Q' { format!("'{doubled}'") } else { doubled }
                    }
                };
                pad(&written, &flags, out);
            }
            // SQLite ends here too.
            Some(_) => break,
        }
    }
    Ok(())
}

fn cut<'t>(text: &'t str, flags: &Flags) -> &'t str {
    let most = flags.precision.unwrap_or(usize::MAX);
    match text.char_indices().nth(most) {
        Some((end, _)) => text.get(..end).unwrap_or(text),
        None => text,
    }
}

fn pad(text: &str, flags: &Flags, out: &mut TextWriter) {
    let missing = flags.width.saturating_sub(text.chars().count());
    let spaces = |out: &mut TextWriter| out.extend(core::iter::repeat_n(' ', missing));
    if !flags.left {
        spaces(out);
    }
    out.push_str(text);
    if flags.left {
        spaces(out);
    }
}

/// Digits with their sign, prefix and padding.
fn write_number(negative: bool, digits: &str, prefix: &str, flags: &Flags, out: &mut TextWriter) {
    let sign = match (negative, flags.plus, flags.space) {
        (true, ..) => "-",
        (false, true, _) => "+",
        (false, false, true) => " ",
        _ => "",
    };
    let mut body = String::new();
    let least = match (flags.precision, flags.zero && !flags.left) {
        (Some(n), _) => n,
        (None, true) => flags.width.saturating_sub(sign.len() + prefix.len()),
        (None, false) => 0,
    };
    body.extend(core::iter::repeat_n('0', least.saturating_sub(digits.len())));
    body.push_str(digits);
    if flags.commas {
        body = with_commas(&body);
    }
    pad(&format!("{sign}{prefix}{body}"), flags, out);
}

fn with_commas(digits: &str) -> String {
    let (whole, rest) = digits
        .split_once('.')
        .map_or((digits, ""), |(w, _)| (w, digits.get(w.len()..).unwrap_or("")));
    let mut out = String::new();
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(c);
    }
    out + rest
}

fn write_float(value: f64, kind: char, flags: &Flags, out: &mut TextWriter) {
    let magnitude = value.abs();
    let plain = Flags {
        precision: None,
        left: flags.left,
        plus: flags.plus,
        space: flags.space,
        zero: flags.zero && value.is_finite(),
        commas: flags.commas,
        width: flags.width,
        ..Flags::default()
    };
    if !value.is_finite() {
        return write_number(
            value < 0.0,
            if value.is_nan() { "NaN" } else { "Inf" },
            "",
            &plain,
            out,
        );
    }
    // More digits than a float has are zeros anyway.
    let precision = flags.precision.unwrap_or(6).min(1100);
    let digits = match kind {
        'f' | 'F' => fixed(magnitude, precision, flags),
        'e' | 'E' => exponential(magnitude, precision, flags),
        _ => {
            let significant = precision.max(1);
            let written = format!("{:.*e}", significant - 1, magnitude);
            let exponent: i32 = written
                .split_once('e')
                .and_then(|(_, e)| e.parse().ok())
                .unwrap_or(0);
            let shown = match exponent < -4 || exponent >= significant as i32 {
                true => exponential(magnitude, significant - 1, flags),
                false => fixed(
                    magnitude,
                    (significant as i32 - 1 - exponent).max(0) as usize,
                    flags,
                ),
            };
            if flags.alternate {
                shown
            } else {
                without_zeros(&shown)
            }
        }
    };
    let digits = if kind.is_ascii_uppercase() {
        digits.to_ascii_uppercase()
    } else {
        digits
    };
    write_number(value.is_sign_negative() && value != 0.0, &digits, "", &plain, out);
}

/// Rounded as it is written in decimal, halves away from zero: SQLite makes 2.3 of 2.25.
fn fixed(value: f64, precision: usize, flags: &Flags) -> String {
    let point = if precision == 0 && flags.alternate {
        "."
    } else {
        ""
    };
    let written = format!("{value}");
    let digit = written
        .split_once('.')
        .and_then(|(_, f)| f.as_bytes().get(precision));
    // The binary number may be just below a half that is written: the next one is not.
    let value = match digit {
        Some(b'5') => libm::nextafter(value, f64::INFINITY),
        _ => value,
    };
    format!("{value:.precision$}{point}")
}

/// C's exponent has a sign and at least two digits.
fn exponential(value: f64, precision: usize, flags: &Flags) -> String {
    let written = format!("{value:.precision$e}");
    let (mantissa, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let point = if precision == 0 && flags.alternate {
        "."
    } else {
        ""
    };
    format!(
        "{mantissa}{point}e{}{:02}",
        if exponent < 0 { '-' } else { '+' },
        exponent.abs()
    )
}

/// Without zeros at the end of the fraction.
fn without_zeros(number: &str) -> String {
    let (mantissa, exponent) = match number.find('e') {
        Some(at) => number.split_at_checked(at).unwrap_or((number, "")),
        None => (number, ""),
    };
    match mantissa.contains('.') {
        true => format!(
            "{}{exponent}",
            mantissa.trim_end_matches('0').trim_end_matches('.')
        ),
        false => String::from(number),
    }
}
