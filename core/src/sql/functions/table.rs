//! The table of all scalar functions, and finding one by name.

use super::ScalarFunction;
/// The families by title, in the order of the reference.
static FAMILIES: &[(&str, &[&[ScalarFunction]])] = &[
    (
        "Text",
        &[
            super::string::FUNCTIONS,
            super::string_edit::FUNCTIONS,
            super::string_parts::FUNCTIONS,
            super::printf::FUNCTIONS,
            super::quoting::FUNCTIONS,
        ],
    ),
    ("Searching text", &[super::search::FUNCTIONS]),
    ("Regular expressions", &[super::regexp::FUNCTIONS]),
    ("Similarity", &[super::similarity::FUNCTIONS]),
    (
        "Numbers",
        &[
            super::math::FUNCTIONS,
            super::hyperbolic::FUNCTIONS,
            super::integers::FUNCTIONS,
            super::more_math::FUNCTIONS,
            super::rounding::FUNCTIONS,
            super::number_pattern::FUNCTIONS,
        ],
    ),
    ("Annuities", &[super::financial::FUNCTIONS]),
    (
        "Dates and times",
        &[
            super::date_parts::FUNCTIONS,
            super::interval::FUNCTIONS,
            super::date_format::FUNCTIONS,
            super::date_trunc::FUNCTIONS,
            super::date_bin::FUNCTIONS,
            super::age::FUNCTIONS,
            super::date_pattern::FUNCTIONS,
            super::sqlite_time::FUNCTIONS,
            super::time_zone::FUNCTIONS,
            super::clock::FUNCTIONS,
        ],
    ),
    ("Bits and bytes", &[super::binary::FUNCTIONS]),
    (
        "Digests and encodings",
        &[
            super::digest::FUNCTIONS,
            super::encoding::FUNCTIONS,
            super::cipher::FUNCTIONS,
            super::compression::FUNCTIONS,
        ],
    ),
    ("Network addresses and UUIDs", &[super::network::FUNCTIONS]),
    (
        "JSON",
        &[
            super::json::FUNCTIONS,
            super::json_edit::FUNCTIONS,
            super::json_forms::FUNCTIONS,
            super::json_of_postgres::FUNCTIONS,
            super::json_returning::FUNCTIONS,
            super::json_schema::FUNCTIONS,
        ],
    ),
    ("Vectors", &[super::vector::FUNCTIONS]),
    ("Geometries", &super::spatial::FUNCTIONS),
    ("Sequences", &[super::sequence::FUNCTIONS]),
    (
        "System",
        &[
            super::system::FUNCTIONS,
            super::waiting::FUNCTIONS,
            super::locks::FUNCTIONS,
        ],
    ),
];

/// The families of scalar functions: title and functions.
pub fn families() -> impl Iterator<Item = (&'static str, impl Iterator<Item = &'static ScalarFunction>)> {
    FAMILIES
        .iter()
        .map(|(title, family)| (*title, family.iter().copied().flatten()))
}

/// All scalar functions.
pub fn functions() -> impl Iterator<Item = &'static ScalarFunction> {
    families().flat_map(|(_, family)| family)
}

/// The function of that name or alias, without regard to case.
pub fn lookup(name: &str) -> Option<&'static ScalarFunction> {
    functions()
        .find(|f| f.name.eq_ignore_ascii_case(name) || f.aliases.iter().any(|a| a.eq_ignore_ascii_case(name)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::host::Host;
    use crate::sql::functions::{ArgKind, EvalContext};
    use crate::sql::memory::{Memory, Scratch};
    use crate::types::{Column, DataType, Decimal, Value};
    use alloc::{format, string::String, vec::Vec};

    struct Fixed;
    impl Host for Fixed {
        fn unix_micros(&self) -> i64 {
            1_714_979_289_123_456
        }
        fn monotonic_micros(&self) -> u64 {
            0
        }
        fn random(&self) -> u64 {
            u64::MAX
        }
    }

    /// Calls a function as a statement would: arguments converted, constants known. `ERROR` if it fails.
    fn call(name: &str, args: &[Value]) -> String {
        let f = lookup(name).unwrap_or_else(|| panic!("no {name}"));
        assert!((f.min_args..=f.max_args).contains(&args.len()), "{name}");
        let same = args
            .iter()
            .map(Value::data_type)
            .find(|t| *t != DataType::Null)
            .unwrap_or(DataType::Null);
        let (mut columns, mut types) = (Vec::new(), Vec::new());
        for (i, v) in args.iter().enumerate() {
            let from = v.data_type();
            let to = match f.arg_kind(i) {
                ArgKind::Int => DataType::BIGINT,
                ArgKind::Double => DataType::Double,
                ArgKind::Text | ArgKind::Bytes => DataType::TEXT,
                ArgKind::Bool => DataType::Bool,
                ArgKind::Date => DataType::Date,
                ArgKind::DateTime => DataType::DateTime { fsp: 6 },
                ArgKind::Geometry => DataType::Geometry,
                ArgKind::Number | ArgKind::Exact if from.is_text() => DataType::Double,
                ArgKind::Same => same.clone(),
                ArgKind::Any | ArgKind::Number | ArgKind::Exact => from.clone(),
            };
            let mut c = Column::new(from.physical());
            c.push_value(v, &from).unwrap();
            match c.convert(&from, &to, false) {
                Ok(c) => columns.push(c),
                Err(_) => return String::from("ERROR"),
            }
            types.push(to);
        }
        let constants: Vec<Option<Value>> = args.iter().cloned().map(Some).collect();
        let ty = f.result_type(&types, &constants);
        if f.strict && columns.iter().any(|c| c.is_null(0)) {
            return String::from("NULL");
        }
        let memory = Memory::new(1 << 20);
        let cx = EvalContext {
            now: Fixed.unix_micros(),
            host: &Fixed,
            schema: "main",
            last_insert_id: 42,
            row_count: 3,
            sequences: None,
            interrupt: None,
            scratch: Scratch::new(&memory),
        };
        match (f.eval)(&cx, &columns, &types, &ty, 1) {
            Ok(c) => {
                assert_eq!((c.len(), c.physical()), (1, ty.physical()), "{name}");
                let mut text = String::new();
                c.write_text(0, &ty, &mut text);
                text
            }
            Err(_) => String::from("ERROR"),
        }
    }

    macro_rules! check {
        ($($name:ident($($arg:expr),* $(,)?) => $want:expr),* $(,)?) => {
            $(assert_eq!(call(stringify!($name), &[$(Value::from($arg)),*]), $want, "{}", stringify!($name($($arg),*)));)*
        };
    }

    const NULL: Option<i64> = None;

    fn dec(s: &str) -> Decimal {
        Decimal::parse(s).unwrap()
    }

    #[test]
    fn names_are_unique_and_functions_described() {
        let mut names: Vec<&str> = functions()
            .flat_map(|f| core::iter::once(f.name).chain(f.aliases.iter().copied()))
            .collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        assert!(functions().all(|f| !f.doc.is_empty()
            && f.min_args <= f.max_args
            && (f.max_args == 0 || !f.args.is_empty())));
    }

    #[test]
    fn no_argument_makes_a_function_panic() {
        let hostile = [
            Value::Null,
            Value::from(i64::MIN),
            Value::from(i64::MAX),
            Value::from(-1),
            Value::from(f64::MAX),
            Value::Decimal(Decimal::new(10i128.pow(38) - 1, 0)),
            Value::Decimal(Decimal::new(1 - 10i128.pow(38), 38)),
            Value::from(""),
            Value::from("äöü%"),
            Value::from("9999-12-31 23:59:59.999999"),
            Value::from("-838:59:59"),
            Value::from("0000-01-01"),
            Value::from("year"),
            Value::from("second_microsecond"),
            Value::from("%Y%j%D%f%r"),
        ];
        for f in functions() {
            for n in f.min_args..=f.max_args.min(f.min_args.max(3)) {
                // Four arguments are enough of a product; further ones repeat them.
                let mut choice = alloc::vec![0; n.min(4)];
                loop {
                    let arg = |i: usize| hostile[choice[i % 4]].clone();
                    let args: Vec<Value> = (0..n).map(arg).collect();
                    call(f.name, &args);
                    let Some(k) = choice.iter().position(|c| c + 1 < hostile.len()) else {
                        break;
                    };
                    choice[k] += 1;
                    choice[..k].fill(0);
                }
                if n >= 4 {
                    break;
                }
            }
        }
    }

    #[test]
    fn strings() {
        check! {
            LENGTH("Grüße") => "7",
            CHAR_LENGTH("Grüße") => "5",
            ASCII("A") => "65",
            ASCII("") => "0",
            CHR(72, 105) => "Hi",
            UPPER("äöü") => "ÄÖÜ",
            LCASE("ÄX") => "äx",
            CONCAT("a", 1, dec("2.5")) => "a12.5",
            CONCAT("a", NULL) => "NULL",
            CONCAT_WS("-", "a", NULL, "b") => "a-b",
            SUBSTR("abcdef", 2, 3) => "bcd",
            SUBSTR("abcdef", -2) => "ef",
            SUBSTR("abcdef", 0) => "",
            SUBSTR("äbc", -9, 2) => "",
            LEFT("abcdef", 2) => "ab",
            RIGHT("äöü", 2) => "öü",
            RIGHT("ab", 9) => "ab",
            TRIM("  a ") => "a",
            TRIM("xxaxx", "x") => "a",
            LTRIM("xyxya", "xy") => "a",
            LPAD("7", 3, "0") => "007",
            RPAD("ab", 5, "xy") => "abxyx",
            LPAD("abc", 2, "-") => "ab",
            LPAD("abc", 5, "") => "NULL",
            REPEAT("ab", 3) => "ababab",
            REPEAT("ab", -1) => "",
            REPEAT("ab", 1i64 << 40) => "ERROR",
            REPLACE("banana", "an", "AN") => "bANANa",
            REPLACE("banana", "", "x") => "banana",
            REVERSE("äb") => "bä",
            INSERT("Quadratic", 3, 4, "What") => "QuWhattic",
            INSERT("Quadratic", -1, 4, "What") => "Quadratic",
            TRANSLATE("12345", "143", "ax") => "a2x5",
            SUBSTRING_INDEX("a.b.c", ".", 2) => "a.b",
            SUBSTRING_INDEX("a.b.c", ".", -1) => "c",
            QUOTE("it's") => "'it\\'s'",
            FORMAT(dec("1234567.891"), 2) => "1,234,567.89",
            FORMAT(-1234.5, 0) => "-1,235",
            FORMAT(12, 3) => "12.000",
            ELT(2, "x", "y") => "y",
            ELT(3, "x", "y") => "NULL",
            INSTR("foobar", "bar") => "4",
            LOCATE("b", "abcb", 3) => "4",
            LOCATE("ü", "äöü") => "3",
            LOCATE("x", "abc") => "0",
            CONTAINS("abc", "bc") => "1",
            STARTS_WITH("abc", "b") => "0",
            ENDS_WITH("abc", "bc") => "1",
            STRCMP("a", "b") => "-1",
            FIELD("b", "a", "b", "c") => "2",
            FIELD("q", "a") => "0",
            FIND_IN_SET("b", "a,b,c") => "2",
        }
    }

    #[test]
    fn bits_and_bytes() {
        check! {
            HEX("abc") => "616263",
            HEX(255) => "FF",
            HEX(-1) => "FFFFFFFFFFFFFFFF",
            UNHEX("616263") => "X'616263'",
            UNHEX("xyz") => "NULL",
            BIN(12) => "1100",
            CONV("a", 16, 2) => "1010",
            CONV("6E", 18, 8) => "172",
            CONV(-17, 10, -18) => "-H",
            CRC32("abc") => "891568578",
            BIT_COUNT(7) => "3",
            BITWISE_XOR(12, 10) => "6",
            LSHIFT(1, 64) => "0",
            URL_ENCODE("a b&ü") => "a%20b%26%C3%BC",
            URL_DECODE("a%20b+%C3%BC") => "a b ü",
            URL_DECODE("%zz") => "NULL",
        }
    }

    #[test]
    fn mathematics() {
        check! {
            CEIL(dec("1.2")) => "2",
            CEILING(dec("-1.2")) => "-1",
            FLOOR(dec("-1.2")) => "-2",
            FLOOR(-1.2) => "-2",
            ROUND(dec("2.5")) => "3",
            ROUND(dec("-1.298"), 1) => "-1.3",
            ROUND(dec("23.298"), -1) => "20",
            ROUND(150, -2) => "200",
            ROUND(2.5) => "2",
            ROUND(1e300, 300) => "1e300",
            TRUNCATE(dec("1.999"), 1) => "1.9",
            TRUNCATE(122, -2) => "100",
            ABS(dec("-1.50")) => "1.50",
            ABS(i64::MIN) => "ERROR",
            SIGN(-3.5) => "-1",
            MOD(-7, 3) => "-1",
            MOD(dec("34.5"), 3) => "1.5",
            MOD(5, 0) => "NULL",
            POW(2, 10) => "1024",
            POW(10, 400) => "ERROR",
            SQRT(16) => "4",
            SQRT(-1) => "NULL",
            LN(0) => "NULL",
            LOG(2, 8) => "3",
            LOG10(1000) => "3",
            ACOS(2) => "NULL",
            DEGREES(core::f64::consts::PI) => "180",
            GREATEST(1, 3, 2) => "3",
            LEAST("b", "a") => "a",
            GREATEST(1, NULL) => "NULL",
            RAND(1) => "0.40540353712197724",
            RAND(3) => "0.9057697559760601",
        }
    }

    #[test]
    fn dates_and_times() {
        check! {
            YEAR("2024-05-06") => "2024",
            YEAR("garbage") => "NULL",
            DAYOFWEEK("2024-05-06") => "2",
            WEEKDAY("2024-05-06") => "0",
            DAYOFYEAR("2024-05-06") => "127",
            WEEK("2024-05-06", 3) => "19",
            YEARWEEK("1987-01-01") => "198652",
            HOUR("2024-05-06 07:08:09") => "7",
            HOUR("272:59:59") => "272",
            SECOND("07:08:09") => "9",
            MICROSECOND("12:00:00.12") => "120000",
            MONTHNAME("2008-02-03") => "February",
            LAST_DAY("2024-02-10") => "2024-02-29",
            DATE("2024-05-06 07:08:09") => "2024-05-06",
            TIME("2024-05-06 07:08:09") => "07:08:09",
            SEC_TO_TIME(3661) => "01:01:01",
            TIME_TO_SEC("01:01:01") => "3661",
            MAKEDATE(2024, 60) => "2024-02-29",
            FROM_DAYS(739252) => "2024-01-02",
            TO_DAYS("2007-10-07") => "733321",
            TIMEDIFF("2000-01-01 00:00:00", "2000-01-01 00:00:00.000001") => "-00:00:00.000001",
            ADDTIME("01:00:00", "00:30:00") => "01:30:00",
            DATEDIFF("2007-12-31 23:59:59", "2007-12-30") => "1",
            PERIOD_ADD(202411, 3) => "202502",
            PERIOD_DIFF(202405, 202401) => "4",
        }
    }

    #[test]
    fn intervals() {
        check! {
            DATE_ADD("2024-01-31", 1, "month") => "2024-02-29",
            DATE_SUB("2024-03-31", 1, "MONTH") => "2024-02-29",
            DATE_ADD("2024-02-28", 1, "day") => "2024-02-29",
            DATE_ADD("2024-01-01 00:00:00", 90, "minute") => "2024-01-01 01:30:00",
            DATE_ADD("2024-01-01 00:00:00", "1:30", "hour_minute") => "2024-01-01 01:30:00",
            DATE_ADD("2024-01-01", 1, "quarter") => "2024-04-01",
            DATE_ADD("2018-12-31 23:59:59", 1, "SECOND") => "2019-01-01 00:00:00",
            DATE_SUB("2025-01-01 00:00:00", "1 1:1:1", "DAY_SECOND") => "2024-12-30 22:58:59",
            DATE_ADD("1900-01-01 00:00:00", "-1 10", "DAY_HOUR") => "1899-12-30 14:00:00",
            DATE_ADD("1992-12-31 23:59:59.000002", "1.999999", "SECOND_MICROSECOND") => "1993-01-01 00:00:01.000001",
            DATE_ADD(crate::types::Date::parse("2024-05-06").unwrap(), 1, "HOUR") => "2024-05-06 01:00:00",
            DATE_ADD(crate::types::Date::parse("9999-12-31").unwrap(), 1, "DAY") => "NULL",
            DATE_ADD("2024-01-01", 1, "fortnight") => "ERROR",
            TIMESTAMPDIFF("month", "2024-01-15", "2024-03-14") => "1",
            TIMESTAMPDIFF("second", "2024-01-01", "2024-01-02") => "86400",
            TIMESTAMPDIFF("year", "2000-02-29", "2024-02-28") => "23",
            TIMESTAMPDIFF("MONTH", "2024-03-31", "2024-02-29") => "-1",
            EXTRACT("year_month", "2024-05-06") => "202405",
            EXTRACT("day", "2024-05-06 07:08:09") => "6",
            EXTRACT("DAY_MINUTE", "2019-07-02 01:02:03") => "20102",
        }
    }

    #[test]
    fn formats_and_clocks() {
        check! {
            DATE_FORMAT("2009-10-04 22:23:00", "%W %M %Y") => "Sunday October 2009",
            DATE_FORMAT("1900-10-04 22:23:00", "%D %y %a %d %m %b %j") => "4th 00 Thu 04 10 Oct 277",
            DATE_FORMAT("1997-10-04 22:23:00", "%H %k %I %r %T %S %w") => "22 22 10 10:23:00 PM 22:23:00 00 6",
            DATE_FORMAT("1999-01-01", "%X %V") => "1998 52",
            STR_TO_DATE("06.05.2024", "%d.%m.%Y") => "2024-05-06",
            STR_TO_DATE("2024-05-06 07:08:09", "%Y-%m-%d %H:%i:%s") => "2024-05-06 07:08:09",
            STR_TO_DATE("May 1, 2013", "%M %d,%Y") => "2013-05-01",
            STR_TO_DATE("a09:30:17", "a%h:%i:%s") => "09:30:17",
            STR_TO_DATE("31.02.2024", "%d.%m.%Y") => "NULL",
            STR_TO_DATE("abc", "%Y") => "NULL",
            NOW() => "2024-05-06 07:08:09",
            NOW(3) => "2024-05-06 07:08:09.123",
            CURDATE() => "2024-05-06",
            UNIX_TIMESTAMP() => "1714979289",
            UNIX_TIMESTAMP("2015-11-13 10:20:19") => "1447410019",
            UNIX_TIMESTAMP("2015-11-13 10:20:19.012") => "1447410019.012000",
            FROM_UNIXTIME(1447410019) => "2015-11-13 10:20:19",
            FROM_UNIXTIME(0, "%Y") => "1970",
        }
    }

    #[test]
    fn the_session() {
        check! {
            DATABASE() => "main",
            LAST_INSERT_ID() => "42",
            TYPEOF(1) => "integer",
            TYPEOF(NULL) => "null",
            COLUMN_TYPE(dec("1.50")) => "DECIMAL(3,2)",
            UUID() => "ffffffff-ffff-4fff-bfff-ffffffffffff",
        }
        assert!(lookup("no_such_function").is_none());
        assert_eq!(format!("{:?}", lookup("ucase").unwrap()), "UPPER");
    }
}
