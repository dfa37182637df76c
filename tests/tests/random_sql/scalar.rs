//! Random typed expressions and conditions over the columns in scope.

use super::Choices;
use super::table::Table;

/// Types that mean the same in both engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// Small integers.
    Int,
    /// Short ASCII text.
    Text,
    /// Multiples of a quarter.
    Float,
    /// Exact multiples of a quarter, which SQLite holds as floats.
    Decimal,
    /// Dates, which SQLite holds as text.
    Date,
}

const TEXTS: [&str; 12] = [
    "a", "b", "ab", "abc", "B", "", "aa", "ba", "zz", "A_c", "x%", "k7",
];
const PATTERNS: [&str; 8] = ["a%", "%b", "_", "%a%", "ab_", "%", "", "A%"];
const COMPARISONS: [&str; 6] = ["=", "<>", "<", "<=", ">", ">="];

impl Type {
    /// All of them, the usual ones more often.
    pub const ALL: [Type; 8] = [
        Type::Int,
        Type::Int,
        Type::Int,
        Type::Text,
        Type::Text,
        Type::Float,
        Type::Decimal,
        Type::Date,
    ];

    /// The type of a column.
    pub fn declaration(self) -> &'static str {
        match self {
            Type::Int => "INT",
            Type::Text => "VARCHAR(20)",
            Type::Float => "DOUBLE",
            Type::Decimal => "DECIMAL(12,2)",
            Type::Date => "DATE",
        }
    }

    /// A literal, NULL in `nulls` of a hundred.
    pub fn literal(self, r: &mut Choices, nulls: u64) -> String {
        if r.chance(nulls) {
            return String::from("NULL");
        }
        match self {
            Type::Int => r.range(-5, 15).to_string(),
            Type::Text => format!("'{}'", r.pick(&TEXTS)),
            Type::Float => format!("{}e0", r.range(-20, 40) as f64 / 4.0),
            Type::Decimal => format!("{:.2}", r.range(-20, 40) as f64 / 4.0),
            Type::Date => format!("'2024-0{}-1{}'", r.range(1, 4), r.range(0, 5)),
        }
    }
}

/// The columns an expression may name, and the tables a subquery may read.
pub struct Scope<'a> {
    columns: Vec<(String, Type)>,
    tables: &'a [Table],
}

impl<'a> Scope<'a> {
    /// Of columns, with tables for subqueries (none: no subqueries).
    pub fn of(columns: Vec<(String, Type)>, tables: &'a [Table]) -> Scope<'a> {
        Scope { columns, tables }
    }

    /// Any column.
    pub fn any(&self, r: &mut Choices) -> (String, Type) {
        r.pick(&self.columns).clone()
    }

    fn column(&self, r: &mut Choices, ty: Type) -> Option<String> {
        let fitting: Vec<&String> = self.columns.iter().filter(|c| c.1 == ty).map(|c| &c.0).collect();
        (!fitting.is_empty()).then(|| (*r.pick(&fitting)).clone())
    }

    fn leaf(&self, r: &mut Choices, ty: Type) -> String {
        match self.column(r, ty) {
            Some(column) if r.chance(75) => column,
            _ => ty.literal(r, 8),
        }
    }

    /// A value of the type.
    pub fn value(&self, r: &mut Choices, ty: Type, depth: u8) -> String {
        if depth == 0 || r.chance(45) {
            return self.leaf(r, ty);
        }
        let d = depth - 1;
        if r.chance(20) {
            let condition = self.condition(r, d);
            let (a, b) = (self.value(r, ty, d), self.value(r, ty, d));
            return match r.range(0, 3) {
                0 => format!("COALESCE({a}, {b})"),
                1 => format!("NULLIF({a}, {b})"),
                _ => format!("CASE WHEN {condition} THEN {a} ELSE {b} END"),
            };
        }
        match ty {
            Type::Int => match r.range(0, 6) {
                0 => format!("({} + {})", self.value(r, ty, d), self.value(r, ty, d)),
                1 => format!("({} - {})", self.value(r, ty, d), self.value(r, ty, d)),
                2 => format!("({} * {})", self.leaf(r, ty), r.range(-3, 4)),
                3 => format!("({} % {})", self.value(r, ty, d), r.range(1, 7)),
                4 => format!("ABS({})", self.value(r, ty, d)),
                _ => format!("LENGTH({})", self.value(r, Type::Text, d)),
            },
            Type::Float => match r.range(0, 4) {
                0 => format!("({} + {})", self.value(r, ty, d), self.value(r, ty, d)),
                1 => format!("({} - {})", self.value(r, ty, d), self.value(r, Type::Int, d)),
                2 => format!("({} / 4)", self.leaf(r, ty)),
                _ => format!("({} * 2e0)", self.leaf(r, Type::Int)),
            },
            Type::Decimal => match r.range(0, 4) {
                0 => format!("({} + {})", self.value(r, ty, d), self.value(r, ty, d)),
                1 => format!("({} - {})", self.value(r, ty, d), self.leaf(r, Type::Int)),
                2 => format!("({} * {})", self.leaf(r, ty), r.range(-3, 4)),
                _ => format!("ABS({})", self.value(r, ty, d)),
            },
            Type::Date => self.leaf(r, ty),
            Type::Text => match r.range(0, 4) {
                0 => format!("({} || {})", self.value(r, ty, d), self.value(r, ty, d)),
                1 => format!("UPPER({})", self.value(r, ty, d)),
                2 => format!(
                    "SUBSTR({}, {}, {})",
                    self.value(r, ty, d),
                    r.range(1, 4),
                    r.range(1, 3)
                ),
                _ => format!("REPLACE({}, 'a', 'xy')", self.value(r, ty, d)),
            },
        }
    }

    /// A condition.
    pub fn condition(&self, r: &mut Choices, depth: u8) -> String {
        if depth > 0 && r.chance(40) {
            let (a, b) = (self.condition(r, depth - 1), self.condition(r, depth - 1));
            return match r.range(0, 5) {
                0 | 1 => format!("({a} AND {b})"),
                2 | 3 => format!("({a} OR {b})"),
                _ => format!("NOT ({a})"),
            };
        }
        let d = depth.saturating_sub(1);
        let ty = self.any(r).1;
        let a = self.value(r, ty, d);
        let not = if r.chance(30) { "NOT " } else { "" };
        match r.range(0, 12) {
            0..=3 => format!("{a} {} {}", r.pick(&COMPARISONS), self.value(r, ty, d)),
            4 => format!(
                "{} {} {}",
                self.leaf(r, ty),
                r.pick(&COMPARISONS),
                ty.literal(r, 3)
            ),
            5 => format!("{a} IS {not}NULL"),
            6 => format!("{a} {not}BETWEEN {} AND {}", self.leaf(r, ty), self.leaf(r, ty)),
            7 => {
                let items: Vec<String> = (0..r.range(1, 5)).map(|_| ty.literal(r, 10)).collect();
                format!("{a} {not}IN ({})", items.join(", "))
            }
            8 => {
                let text = self.value(r, Type::Text, d);
                format!("{text} {not}LIKE '{}'", r.pick(&PATTERNS))
            }
            9 => format!("({a} = {}) IS {not}TRUE", self.leaf(r, ty)),
            _ => self.subquery(r, &a, ty, not),
        }
    }

    /// IN, EXISTS or a scalar subquery, correlated or not.
    fn subquery(&self, r: &mut Choices, value: &str, ty: Type, not: &str) -> String {
        if self.tables.is_empty() {
            return format!("{value} IS {not}NULL");
        }
        let table = r.pick(self.tables);
        let columns = table.columns.iter().map(|c| (format!("s.{}", c.name), c.ty));
        let inner = Scope::of(columns.collect(), &[]);
        let mut filter = inner.condition(r, 1);
        let (column, column_type) = inner.any(r);
        if r.chance(50)
            && let Some(outer) = self.column(r, column_type)
        {
            let op = if r.chance(80) { "=" } else { *r.pick(&COMPARISONS) };
            filter = format!("({filter}) AND {column} {op} {outer}");
            if r.chance(40) {
                filter = format!("{column} {op} {outer}");
            }
        }
        let from = format!("FROM {} s WHERE {filter}", table.name);
        match inner.column(r, ty) {
            Some(column) if r.chance(40) => format!("{value} {not}IN (SELECT {column} {from})"),
            Some(column) if r.chance(60) => {
                format!("{value} {} (SELECT MAX({column}) {from})", r.pick(&COMPARISONS))
            }
            _ => format!("{not}EXISTS (SELECT 1 {from})"),
        }
    }
}
