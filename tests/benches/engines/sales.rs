//! A small warehouse in the manner of TPC-H: customers of nations order parts of suppliers, the same data in
//! every run. Keys are dense; dates are text in ISO form or DATE, as an engine has it.

use crate::engine::Engine;
use amphi_tests::random::Random;
use std::fmt::Write;

/// Rows that one INSERT carries.
const BATCH: usize = 500;
const NATIONS: u64 = 25;
const SEGMENTS: [&str; 5] = ["AUTOMOBILE", "BUILDING", "FURNITURE", "HOUSEHOLD", "MACHINERY"];
const PRIORITIES: [&str; 5] = ["1-URGENT", "2-HIGH", "3-MEDIUM", "4-NOT SPECIFIED", "5-LOW"];
const MODES: [&str; 7] = ["AIR", "FOB", "MAIL", "RAIL", "REG AIR", "SHIP", "TRUCK"];
const TYPES: [&str; 5] = ["ECONOMY", "LARGE", "MEDIUM", "PROMO", "STANDARD"];

/// The tables, in an order that references allow.
const TABLES: [&str; 8] = [
    "CREATE TABLE nation (n_id INTEGER PRIMARY KEY, n_name TEXT NOT NULL, n_region INTEGER NOT NULL)",
    "CREATE TABLE supplier (s_id INTEGER PRIMARY KEY, s_nation INTEGER NOT NULL, s_balance DOUBLE NOT NULL)",
    "CREATE TABLE part (p_id INTEGER PRIMARY KEY, p_type TEXT NOT NULL, p_size INTEGER NOT NULL, \
     p_whole INTEGER)",
    "CREATE TABLE customer (c_id INTEGER PRIMARY KEY, c_nation INTEGER NOT NULL, c_segment TEXT NOT NULL, \
     c_balance DOUBLE NOT NULL)",
    "CREATE TABLE orders (o_id INTEGER PRIMARY KEY, o_customer INTEGER NOT NULL, o_date DATE NOT NULL, \
     o_priority TEXT NOT NULL, o_total DOUBLE NOT NULL)",
    "CREATE TABLE line (l_id INTEGER PRIMARY KEY, l_order INTEGER NOT NULL, l_part INTEGER NOT NULL, \
     l_supplier INTEGER NOT NULL, l_quantity INTEGER NOT NULL, l_price DOUBLE NOT NULL, \
     l_discount DOUBLE NOT NULL, l_tax DOUBLE NOT NULL, l_flag TEXT NOT NULL, l_status TEXT NOT NULL, \
     l_ship DATE NOT NULL, l_commit DATE NOT NULL, l_receipt DATE NOT NULL, l_mode TEXT NOT NULL)",
    "CREATE INDEX line_order ON line (l_order)",
    "CREATE INDEX part_whole ON part (p_whole)",
];

/// Day `n` of seven years from 1992 on, as text.
fn date(n: u64) -> String {
    let (year, day) = (1992 + n / 365, n % 365);
    let (month, day) = (day / 31 + 1, day % 28 + 1);
    format!("{year}-{month:02}-{day:02}")
}

/// Inserts the rows that `row` writes, many at a time.
fn fill(engine: &dyn Engine, table: &str, rows: usize, mut row: impl FnMut(usize, &mut String)) {
    engine.begin();
    for from in (0..rows).step_by(BATCH) {
        let mut sql = format!("INSERT INTO {table} VALUES ");
        for i in from..rows.min(from + BATCH) {
            sql.push_str(if i == from { "(" } else { ", (" });
            row(i, &mut sql);
            sql.push(')');
        }
        engine.run(&sql);
    }
    engine.commit();
}

/// Fills a database with `lines` lines of orders, and what goes with them.
pub fn load(engine: &dyn Engine, lines: usize) {
    for table in TABLES {
        engine.run(table);
    }
    let mut random = Random::new(lines as u64);
    let (orders, customers, parts, suppliers) = (
        lines.div_ceil(4),
        lines.div_ceil(40),
        lines.div_ceil(30),
        lines.div_ceil(600).max(10),
    );
    let pick = |random: &mut Random, from: &[&'static str]| from[random.below(from.len() as u64) as usize];
    fill(engine, "nation", NATIONS as usize, |i, sql| {
        let _ = write!(sql, "{i}, 'NATION {i}', {}", i % 5);
    });
    fill(engine, "supplier", suppliers, |i, sql| {
        let (nation, balance) = (random.below(NATIONS), random.below(1_000_000));
        let _ = write!(sql, "{i}, {nation}, {}", balance as f64 / 100.0);
    });
    fill(engine, "part", parts, |i, sql| {
        let (ty, size) = (pick(&mut random, &TYPES), random.below(50) + 1);
        // A tree of three parts in each.
        let whole = i
            .checked_sub(1)
            .map_or("NULL".to_owned(), |i| (i / 3).to_string());
        let _ = write!(sql, "{i}, '{ty}', {size}, {whole}");
    });
    fill(engine, "customer", customers, |i, sql| {
        let (nation, segment) = (random.below(NATIONS), pick(&mut random, &SEGMENTS));
        let balance = random.below(1_000_000) as f64 / 100.0;
        let _ = write!(sql, "{i}, {nation}, '{segment}', {balance}");
    });
    let mut ordered = Vec::with_capacity(orders);
    fill(engine, "orders", orders, |i, sql| {
        // A third of the customers never orders.
        let customer = random.below(customers as u64) / 3 * 3 + random.below(2);
        let customer = customer.min(customers as u64 - 1);
        let (day, priority) = (random.below(7 * 365 - 150), pick(&mut random, &PRIORITIES));
        let total = random.below(50_000_000) as f64 / 100.0;
        ordered.push(day);
        let _ = write!(sql, "{i}, {customer}, '{}', '{priority}', {total}", date(day));
    });
    fill(engine, "line", lines, |i, sql| {
        let order = i * orders / lines;
        let ordered = ordered[order];
        let (ship, commit) = (ordered + random.below(120) + 1, ordered + random.below(60) + 30);
        let receipt = ship + random.below(30) + 1;
        let flag = ["A", "N", "R"][random.below(3) as usize];
        let status = if ship > 1260 { "O" } else { "F" };
        let _ = write!(
            sql,
            "{i}, {order}, {}, {}, {}, {}, {}, {}, '{flag}', '{status}', '{}', '{}', '{}', '{}'",
            random.below(parts as u64),
            random.below(suppliers as u64),
            random.below(50) + 1,
            random.below(10_000_000) as f64 / 100.0,
            random.below(11) as f64 / 100.0,
            random.below(9) as f64 / 100.0,
            date(ship),
            date(commit),
            date(receipt),
            pick(&mut random, &MODES),
        );
    });
    engine.flush();
}
