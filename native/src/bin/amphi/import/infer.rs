//! Types of columns, from all of their values.
//!
//! A type is chosen only if every value means exactly the same in it: `007` and `2^64` of a CSV file stay text,
//! and what is here a number and there a text in a JSON file stays JSON.

use super::field::Field;
use amphi::core::types::{DataType, Date, DateTime, Decimal};

/// What the values of one column have been so far. Empty fields are NULL and say nothing.
#[derive(Debug, Clone)]
pub struct Inference {
    seen: bool,
    boolean: bool,
    integer: bool,
    double: bool,
    decimal: bool,
    /// Most digits before and after the point, while `decimal` holds.
    whole_digits: usize,
    fraction_digits: usize,
    date: bool,
    date_time: bool,
    /// Kinds of values that have kinds.
    kinds: Kinds,
}

/// What values of JSON were.
#[derive(Debug, Clone, Copy, Default)]
struct Kinds {
    boolean: bool,
    number: bool,
    text: bool,
    nested: bool,
}

impl Inference {
    /// Nothing seen yet.
    pub fn new() -> Inference {
        Inference {
            seen: false,
            boolean: true,
            integer: true,
            double: true,
            decimal: true,
            whole_digits: 1,
            fraction_digits: 0,
            date: true,
            date_time: true,
            kinds: Kinds::default(),
        }
    }

    /// Takes one field into account.
    pub fn see_field(&mut self, field: &Field<'_>) {
        match field {
            Field::Null => {}
            Field::Plain(text) => self.see(text),
            Field::Bool(_) => self.kinds.boolean = true,
            Field::Number(digits) => {
                self.kinds.number = true;
                self.see(digits);
            }
            Field::Text(text) => {
                self.kinds.text = true;
                self.date = self.date && is_date(text);
                self.date_time = self.date_time && is_date_time(text);
            }
            Field::Json(_) => self.kinds.nested = true,
        }
    }

    /// Takes a text of any meaning into account.
    fn see(&mut self, field: &str) {
        if field.is_empty() {
            return;
        }
        self.seen = true;
        self.boolean = self.boolean && is_boolean(field);
        self.date = self.date && is_date(field);
        self.date_time = self.date_time && is_date_time(field);
        if !(self.integer || self.double || self.decimal) {
            return;
        }
        match Number::read(field) {
            None => (self.integer, self.double, self.decimal) = (false, false, false),
            Some(number) => {
                self.integer = self.integer && number.integer && field.parse::<i64>().is_ok();
                self.double = self.double && number.exact_as_double(field);
                self.whole_digits = self.whole_digits.max(number.whole);
                self.fraction_digits = self.fraction_digits.max(number.fraction);
                let digits = self.whole_digits + self.fraction_digits;
                self.decimal =
                    self.decimal && !number.exponent && digits <= usize::from(Decimal::MAX_PRECISION);
            }
        }
    }

    /// The narrowest type that holds every value seen; TEXT if there was none.
    pub fn data_type(&self) -> DataType {
        let kinds = self.kinds;
        match (kinds.boolean, kinds.number, kinds.text, kinds.nested) {
            (false, false, false, false) => self.type_of_texts(),
            (true, false, false, false) => DataType::Bool,
            // A number that no type holds stays as it is.
            (false, true, false, false) => match self.type_of_texts() {
                DataType::Text { .. } => DataType::Json,
                ty => ty,
            },
            (false, false, true, false) if self.date => DataType::Date,
            (false, false, true, false) if self.date_time => DataType::DateTime { fsp: 6 },
            (false, false, true, false) => DataType::TEXT,
            _ => DataType::Json,
        }
    }

    fn type_of_texts(&self) -> DataType {
        if !self.seen {
            DataType::TEXT
        } else if self.boolean {
            DataType::Bool
        } else if self.integer {
            DataType::BIGINT
        } else if self.double {
            DataType::Double
        } else if self.decimal && self.fraction_digits <= 30 {
            DataType::Decimal {
                precision: Decimal::MAX_PRECISION,
                scale: self.fraction_digits as u8,
                unsigned: false,
            }
        } else if self.date {
            DataType::Date
        } else if self.date_time {
            DataType::DateTime { fsp: 6 }
        } else {
            DataType::TEXT
        }
    }
}

/// The shape of a number: `[-](0|1-9…)[.digits][e[+-]digits]`, without leading zeros.
struct Number {
    integer: bool,
    exponent: bool,
    whole: usize,
    fraction: usize,
}

impl Number {
    fn read(field: &str) -> Option<Number> {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let unsigned = field.strip_prefix('-').unwrap_or(field);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
            None => (unsigned, None),
        };
        if let Some(exponent) = exponent
            && !digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))
        {
            return None;
        }
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (mantissa, None),
        };
        let leading_zero = whole.len() > 1 && whole.starts_with('0');
        // "-0" as an integer would lose its sign.
        let negative_zero = field.starts_with('-') && whole == "0" && fraction.is_none();
        if !digits(whole) || leading_zero || negative_zero || fraction.is_some_and(|f| !digits(f)) {
            return None;
        }
        Some(Number {
            integer: exponent.is_none() && fraction.is_none(),
            exponent: exponent.is_some(),
            whole: whole.len(),
            fraction: fraction.map_or(0, str::len),
        })
    }

    /// Whether a double has the number's value to the last digit: 15 digits always survive.
    fn exact_as_double(&self, field: &str) -> bool {
        self.whole + self.fraction <= 15 && field.parse::<f64>().is_ok_and(f64::is_finite)
    }
}

/// Whether a field is `true` or `false`.
pub fn is_boolean(field: &str) -> bool {
    field.eq_ignore_ascii_case("true") || field.eq_ignore_ascii_case("false")
}

/// `YYYY-MM-DD`, a day that exists.
fn is_date(field: &str) -> bool {
    let shape = field.len() == 10 && has_shape(field, b"dddd-dd-dd");
    shape && Date::parse(field).is_some()
}

/// `YYYY-MM-DD hh:mm:ss[.ffffff]` or with a `T`, without a time zone.
fn is_date_time(field: &str) -> bool {
    let (moment, fraction) = match field.split_once('.') {
        Some((moment, fraction)) => (moment, Some(fraction)),
        None => (field, None),
    };
    let fraction_fits = |f: &str| (1..=6).contains(&f.len()) && f.bytes().all(|b| b.is_ascii_digit());
    has_shape(&moment.replacen('T', " ", 1), b"dddd-dd-dd dd:dd:dd")
        && fraction.is_none_or(fraction_fits)
        && DateTime::parse(field).is_some()
}

fn has_shape(field: &str, shape: &[u8]) -> bool {
    field.len() == shape.len()
        && field.bytes().zip(shape).all(|(b, s)| match s {
            b'd' => b.is_ascii_digit(),
            other => b == *other,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn infer(fields: &[&str]) -> DataType {
        let mut inference = Inference::new();
        fields.iter().for_each(|f| inference.see(f));
        inference.data_type()
    }

    #[test]
    fn what_would_change_stays_text() {
        for fields in [
            &["007"][..],
            &["1", "007"],
            &["+1"],
            &["-0"],
            &["1", "x"],
            &["1.", "2"],
            &["1e400"],
            &["nan"],
            &["2024-02-30"],
            &["2024-2-3"],
            &["2024-01-01 00:00:00Z"],
            &["yes", "no"],
            &["", ""],
            &["true", "1"],
            &["2024-01-01", "2024-01-01 00:00:00"],
            &["12345678901234567890e5"],
        ] {
            assert_eq!(infer(fields), DataType::TEXT, "{fields:?}");
        }
    }

    #[test]
    fn the_narrowest_fitting_type_wins() {
        assert_eq!(infer(&["1", "", "-20", "0"]), DataType::BIGINT);
        assert_eq!(infer(&["9223372036854775807"]), DataType::BIGINT);
        assert_eq!(infer(&["1", "2.5", "1e-3", "-0.0"]), DataType::Double);
        assert_eq!(infer(&["TRUE", "false", ""]), DataType::Bool);
        assert_eq!(infer(&["2024-02-29"]), DataType::Date);
        let moments = ["2024-02-29T01:02:03", "2024-02-29 01:02:03.25"];
        assert_eq!(infer(&moments), DataType::DateTime { fsp: 6 });
    }

    #[test]
    fn values_of_json_keep_their_kind() {
        let infer = |fields: &[Field<'_>]| {
            let mut inference = Inference::new();
            fields.iter().for_each(|f| inference.see_field(f));
            inference.data_type()
        };
        let text = |t: &'static str| Field::Text(t.into());
        assert_eq!(infer(&[Field::Number("1"), Field::Null]), DataType::BIGINT);
        assert_eq!(
            infer(&[Field::Number("1"), Field::Number("1.5")]),
            DataType::Double
        );
        assert_eq!(infer(&[Field::Number("1e400")]), DataType::Json);
        assert_eq!(infer(&[Field::Bool(true)]), DataType::Bool);
        assert_eq!(infer(&[text("1"), text("2")]), DataType::TEXT);
        assert_eq!(infer(&[text("2024-02-29")]), DataType::Date);
        assert_eq!(infer(&[text("2024-02-29"), text("")]), DataType::TEXT);
        assert_eq!(infer(&[text("1"), Field::Number("1")]), DataType::Json);
        assert_eq!(infer(&[text("[]"), Field::Json("[]")]), DataType::Json);
        assert_eq!(infer(&[Field::Null]), DataType::TEXT);
    }

    #[test]
    fn digits_beyond_a_double_become_a_decimal() {
        let decimal = |scale| DataType::Decimal {
            precision: 38,
            scale,
            unsigned: false,
        };
        assert_eq!(infer(&["9223372036854775808"]), decimal(0));
        assert_eq!(infer(&["0.1234567890123456789", "1"]), decimal(19));
        assert_eq!(infer(&[&"9".repeat(39)]), DataType::TEXT);
    }
}
