//! Random tables, changes and queries that mean the same here and in SQLite.
//!
//! Expressions are typed; floats and decimals are multiples of a quarter, so that sums are exact in both
//! engines; every query orders by all its columns, so that its answer is one list. Keys change by steps
//! so big that no row is in another's way: SQLite checks uniqueness row by row.

mod query;
mod scalar;
mod table;

use amphi_tests::random::Random;
use table::Table;

/// One statement of a case.
#[derive(Debug, Clone)]
pub enum Step {
    /// Changes something; both engines must accept or refuse it.
    Change(String),
    /// Answers rows.
    Query(String),
}

/// A sequence of statements on its own database.
pub struct Case {
    /// In order.
    pub steps: Vec<Step>,
}

impl Case {
    /// The case of a seed.
    pub fn generate(seed: u64) -> Case {
        // Neighbouring seeds must not give neighbouring sequences.
        let mut random = Choices(Random::new(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
        let mut builder = Builder {
            r: &mut random,
            tables: Vec::new(),
            steps: Vec::new(),
            changes: 0,
        };
        builder.build();
        Case { steps: builder.steps }
    }
}

struct Builder<'r> {
    r: &'r mut Choices,
    tables: Vec<Table>,
    steps: Vec<Step>,
    changes: i64,
}

impl Builder<'_> {
    fn push(&mut self, sql: impl Into<String>) {
        self.steps.push(Step::Change(sql.into()));
    }

    fn build(&mut self) {
        for number in 0..self.r.range(1, 4) {
            let table = Table::generate(self.r, number, &self.tables);
            self.push(table.create());
            if self.r.chance(50) {
                let sql = table.index(self.r);
                self.push(sql);
            }
            for _ in 0..self.r.range(1, 3) {
                let sql = table.insert(self.r);
                self.push(sql);
            }
            self.tables.push(table);
        }
        for _ in 0..self.r.range(4, 9) {
            match self.r.range(0, 10) {
                0 | 1 => self.change(),
                2 => self.transaction(),
                _ => {
                    let sql = query::select(self.r, &self.tables);
                    self.steps.push(Step::Query(sql));
                }
            }
        }
        self.dump();
    }

    fn dump(&mut self) {
        let dumps: Vec<Step> = self.tables.iter().map(|t| Step::Query(t.dump())).collect();
        self.steps.extend(dumps);
    }

    /// A change of one table.
    fn change(&mut self) {
        let at = self.r.range(0, self.tables.len() as i64) as usize;
        self.changes = (self.changes + 1) % 16;
        let (table, r) = (&mut self.tables[at], &mut *self.r);
        let sql = match r.range(0, 12) {
            0..=2 => table.insert(r),
            3 | 4 => table.delete(r),
            5 => table.index(r),
            6 => table.insert_select(r, self.changes),
            7 => table.update_key(r, self.changes),
            8 => table.add_column(r),
            _ => table.update(r),
        };
        self.push(sql);
        self.dump();
    }

    /// Changes in a transaction, with savepoints, committed or not.
    fn transaction(&mut self) {
        let before = self.tables.clone();
        self.push("BEGIN");
        for _ in 0..self.r.range(1, 3) {
            self.change();
        }
        if self.r.chance(50) {
            let saved = self.tables.clone();
            self.push("SAVEPOINT s");
            for _ in 0..self.r.range(1, 3) {
                self.change();
            }
            if self.r.chance(70) {
                self.push("ROLLBACK TO s");
                self.tables = saved;
                self.dump();
                self.change();
            }
        }
        if self.r.chance(50) {
            self.push("COMMIT");
        } else {
            self.push("ROLLBACK");
            self.tables = before;
        }
        self.dump();
    }
}

/// Choices by a seed.
pub struct Choices(Random);

impl Choices {
    /// From `low` to below `high`.
    fn range(&mut self, low: i64, high: i64) -> i64 {
        low + self.0.below((high - low).max(1) as u64) as i64
    }

    /// True in `percent` of a hundred.
    fn chance(&mut self, percent: u64) -> bool {
        self.0.chance(percent)
    }

    /// One of the items, of which there is one at least.
    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        self.0.pick(from).expect("something to choose from")
    }
}
