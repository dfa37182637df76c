//! The rows every engine gets: (id INTEGER PRIMARY KEY, a INTEGER, b DOUBLE, c TEXT of 20 to 100
//! bytes), the same in every run.

use amphi_tests::random::Random;

/// What a text column is searched for; about one row in three hundred has it.
pub const NEEDLE: &str = "xyz";
/// Values of `a` where it is grouped by.
pub const GROUPS: usize = 100;
/// Rows of one value of `a` where it is looked up or joined by.
pub const ROWS_PER_KEY: usize = 10;

/// One row.
pub struct Row {
    pub id: i64,
    pub a: i64,
    pub b: f64,
    pub c: String,
}

/// `n` rows with the ids from 0 in order and `distinct` values of `a` in random order.
pub fn rows(n: usize, distinct: usize) -> Vec<Row> {
    let mut random = Random::new(n as u64);
    (0..n)
        .map(|id| {
            let length = 20 + random.below(81) as usize;
            let mut c = String::with_capacity(length);
            while c.len() < length {
                // Letters, and blanks between words.
                let letter = random.below(30) as u8;
                c.push(if letter < 26 {
                    char::from(b'a' + letter)
                } else {
                    ' '
                });
            }
            Row {
                id: id as i64,
                a: random.below(distinct as u64) as i64,
                b: random.below(1 << 40) as f64 / 1024.0,
                c,
            }
        })
        .collect()
}

/// An endless walk through the ids below `n` in an order that no cache can foresee.
pub struct Ids {
    random: Random,
    n: u64,
}

impl Ids {
    pub fn new(n: usize) -> Ids {
        Ids {
            random: Random::new(42),
            n: n as u64,
        }
    }

    pub fn next_id(&mut self) -> i64 {
        self.random.below(self.n) as i64
    }
}

/// `count` different numbers below `n`, in random order.
pub fn different(count: usize, n: usize) -> Vec<i64> {
    let mut all: Vec<i64> = (0..n as i64).collect();
    let mut random = Random::new(7);
    for i in 0..count.min(n) {
        let j = i + random.below((n - i) as u64) as usize;
        all.swap(i, j);
    }
    all.truncate(count);
    all
}
