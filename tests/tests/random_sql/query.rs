//! Random SELECTs: joins, filters, groups, DISTINCT, ORDER BY all columns, LIMIT.

use super::Choices;
use super::scalar::{Scope, Type};
use super::table::Table;

struct From {
    sql: String,
    columns: Vec<(String, Type)>,
}

fn columns(table: &Table, alias: &str) -> Vec<(String, Type)> {
    let column = |c: &super::table::Column| (format!("{alias}.{}", c.name), c.ty);
    table.columns.iter().map(column).collect()
}

/// A table, or a derived table over one.
fn source(r: &mut Choices, tables: &[Table], alias: &str) -> From {
    let table = r.pick(tables);
    if !r.chance(15) {
        return From {
            sql: format!("{} {alias}", table.name),
            columns: columns(table, alias),
        };
    }
    let inner = Scope::of(
        table.columns.iter().map(|c| (c.name.clone(), c.ty)).collect(),
        &[],
    );
    let (column, ty) = inner.any(r);
    let grouped = r.chance(50);
    let (second, second_type) = match grouped {
        true => (String::from("COUNT(*)"), Type::Int),
        false => inner.any(r),
    };
    let tail = match (grouped, r.chance(40)) {
        (true, _) => format!(" GROUP BY {column}"),
        (false, true) => format!(" ORDER BY 1, 2 LIMIT {}", r.range(1, 10)),
        (false, false) => String::new(),
    };
    let (name, filter) = (&table.name, inner.condition(r, 1));
    From {
        sql: format!("(SELECT {column} AS d0, {second} AS d1 FROM {name} WHERE {filter}{tail}) {alias}"),
        columns: vec![(format!("{alias}.d0"), ty), (format!("{alias}.d1"), second_type)],
    }
}

fn from(r: &mut Choices, tables: &[Table]) -> From {
    let mut out = source(r, tables, "x0");
    let joins = match r.range(0, 10) {
        0..=4 => 0,
        5..=8 => 1,
        _ => 2,
    };
    for n in 1..=joins {
        let right = source(r, tables, &format!("x{n}"));
        let added = right.columns;
        let kind = *r.pick(&[
            "JOIN",
            "JOIN",
            "LEFT JOIN",
            "LEFT JOIN",
            "RIGHT JOIN",
            "CROSS JOIN",
        ]);
        let pairs: Vec<(&String, &String)> = out
            .columns
            .iter()
            .flat_map(|a| added.iter().map(move |b| (a, b)))
            .filter(|(a, b)| a.1 == b.1)
            .map(|(a, b)| (&a.0, &b.0))
            .collect();
        let mut on = Vec::new();
        if !pairs.is_empty() && r.chance(90) {
            for _ in 0..r.range(1, 3) {
                let (a, b) = *r.pick(&pairs);
                on.push(format!("{a} {} {b}", if r.chance(85) { "=" } else { "<" }));
            }
        }
        let mut all = out.columns.clone();
        all.extend(added);
        if on.is_empty() || r.chance(25) {
            on.push(Scope::of(all.clone(), &[]).condition(r, 1));
        }
        out.sql = match kind {
            "CROSS JOIN" => format!("{} CROSS JOIN {}", out.sql, right.sql),
            _ => format!("{} {kind} {} ON {}", out.sql, right.sql, on.join(" AND ")),
        };
        out.columns = all;
    }
    out
}

/// `ORDER BY` all of `n` columns in a random order and direction, then LIMIT at times.
fn order(r: &mut Choices, n: usize) -> String {
    let mut positions: Vec<usize> = (1..=n).collect();
    for i in (1..positions.len()).rev() {
        positions.swap(i, r.range(0, i as i64 + 1) as usize);
    }
    let key = |p: &usize, r: &mut Choices| format!("{p}{}", *r.pick(&["", " ASC", " DESC"]));
    let keys: Vec<String> = positions.iter().map(|p| key(p, r)).collect();
    let limit = match r.range(0, 6) {
        0 => format!(" LIMIT {}", r.range(0, 12)),
        1 => format!(" LIMIT {} OFFSET {}", r.range(1, 12), r.range(0, 12)),
        _ => String::new(),
    };
    format!(" ORDER BY {}{limit}", keys.join(", "))
}

fn aggregate(r: &mut Choices, scope: &Scope<'_>) -> String {
    let (_, ty) = scope.any(r);
    let value = scope.value(r, ty, 1);
    let number = if matches!(ty, Type::Text | Type::Date) {
        scope.value(r, Type::Int, 1)
    } else {
        value.clone()
    };
    match r.range(0, 9) {
        0 => String::from("COUNT(*)"),
        1 => format!("COUNT({value})"),
        2 => format!("COUNT(DISTINCT {value})"),
        3 | 4 => format!("SUM({number})"),
        5 => format!("AVG({number})"),
        6 => format!("SUM(DISTINCT {number})"),
        7 => format!("MIN({value})"),
        _ => format!("MAX({value})"),
    }
}

/// A window function that gives the same in whatever order equal rows come.
fn window(r: &mut Choices, scope: &Scope<'_>) -> String {
    let function = match r.range(0, 4) {
        0 => String::from("RANK()"),
        1 => String::from("DENSE_RANK()"),
        _ => aggregate(r, scope),
    };
    let (partition, _) = scope.any(r);
    let (key, _) = scope.any(r);
    let order = format!("ORDER BY {key}{}", r.pick(&["", " DESC"]));
    // SQLite takes DISTINCT in no window function.
    let function = function.replace("DISTINCT ", "");
    match r.range(0, 4) {
        0 => format!("{function} OVER ({order})"),
        1 if !function.contains("RANK") => format!("{function} OVER (PARTITION BY {partition})"),
        2 => format!(
            "{function} OVER (PARTITION BY {partition} {order} GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING)"
        ),
        _ => format!("{function} OVER (PARTITION BY {partition} {order})"),
    }
}

/// A SELECT over the tables.
pub fn select(r: &mut Choices, tables: &[Table]) -> String {
    let from = from(r, tables);
    let scope = Scope::of(from.columns.clone(), tables);
    let filter = match r.chance(65) {
        true => format!(" WHERE {}", scope.condition(r, 3)),
        false => String::new(),
    };
    let source = format!("FROM {}{filter}", from.sql);
    match r.range(0, 10) {
        0..=2 => {
            // The same subquery written twice is not recognised as a key.
            let plain = Scope::of(from.columns.clone(), &[]);
            let keys: Vec<String> = (0..r.range(1, 3))
                .map(|_| {
                    let (column, ty) = plain.any(r);
                    if r.chance(25) {
                        plain.value(r, ty, 1)
                    } else {
                        column
                    }
                })
                // A literal as a key would be a position.
                .filter(|k| k.bytes().any(|b| b.is_ascii_lowercase()))
                .collect();
            if keys.is_empty() {
                return format!("SELECT COUNT(*) {source}");
            }
            let mut items: Vec<String> = keys.clone();
            items.extend((0..r.range(1, 4)).map(|_| aggregate(r, &scope)));
            let having = match r.chance(30) {
                true => format!(" HAVING COUNT(*) {} {}", r.pick(&[">", "<", "="]), r.range(1, 4)),
                false => String::new(),
            };
            let order = order(r, items.len());
            format!(
                "SELECT {} {source} GROUP BY {}{having}{order}",
                items.join(", "),
                keys.join(", ")
            )
        }
        3 => {
            let items: Vec<String> = (0..r.range(1, 5)).map(|_| aggregate(r, &scope)).collect();
            format!("SELECT {} {source}", items.join(", "))
        }
        4 => {
            let order = order(r, from.columns.len());
            format!("SELECT * {source}{order}")
        }
        _ => {
            let distinct = if r.chance(20) { "DISTINCT " } else { "" };
            let item = |r: &mut Choices| {
                let (column, ty) = scope.any(r);
                match r.range(0, 10) {
                    0..=4 => column,
                    5 => format!("({})", scope.condition(r, 1)),
                    6 => window(r, &Scope::of(from.columns.clone(), &[])),
                    _ => scope.value(r, ty, 2),
                }
            };
            let items: Vec<String> = (0..r.range(1, 5)).map(|_| item(r)).collect();
            let order = order(r, items.len());
            format!("SELECT {distinct}{} {source}{order}", items.join(", "))
        }
    }
}
