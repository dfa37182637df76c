//! Random tables, changes and queries that mean the same here and in SQLite.
//!
//! Expressions are typed; floats are multiples of a quarter, so that sums are exact; every query
//! orders by all its columns, so that its answer is one list.

mod query;
mod scalar;
mod table;

use table::Table;

/// One statement of a case.
#[derive(Debug, Clone)]
pub enum Step {
    /// Changes something; both engines must accept or refuse it.
    Change(String),
    /// Answers rows.
    Query(String),
}

impl Step {
    /// Its text.
    pub fn sql(&self) -> &str {
        match self {
            Step::Change(sql) | Step::Query(sql) => sql,
        }
    }
}

/// A sequence of statements on its own database.
pub struct Case {
    /// In order.
    pub steps: Vec<Step>,
}

impl Case {
    /// The case of a seed.
    pub fn generate(seed: u64) -> Case {
        let mut random = Random::new(seed);
        let r = &mut random;
        let tables: Vec<Table> = (0..r.range(1, 3)).map(|i| Table::generate(r, i)).collect();
        let mut steps = Vec::new();
        for table in &tables {
            steps.push(Step::Change(table.create()));
            if r.chance(50) {
                table
                    .indexes(r)
                    .into_iter()
                    .for_each(|sql| steps.push(Step::Change(sql)));
            }
            for _ in 0..r.range(1, 3) {
                steps.push(Step::Change(table.insert(r)));
            }
        }
        for _ in 0..r.range(4, 9) {
            if r.chance(25) {
                let table = r.pick(&tables);
                let change = match r.range(0, 4) {
                    0 => table.insert(r),
                    1 => table.delete(r),
                    2 => table.indexes(r).pop().unwrap_or_else(|| table.update(r)),
                    _ => table.update(r),
                };
                steps.push(Step::Change(change));
                steps.push(Step::Query(table.dump()));
            } else {
                steps.push(Step::Query(query::select(r, &tables)));
            }
        }
        Case { steps }
    }
}

/// splitmix64: small, and the same everywhere.
pub struct Random(u64);

impl Random {
    fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From `low` to below `high`.
    fn range(&mut self, low: i64, high: i64) -> i64 {
        low + (self.next() % (high - low).max(1) as u64) as i64
    }

    /// True in `percent` of a hundred.
    fn chance(&mut self, percent: i64) -> bool {
        self.range(0, 100) < percent
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.range(0, from.len() as i64) as usize]
    }
}
