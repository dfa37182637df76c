//! Random tables and what changes them.

use super::Random;
use super::scalar::{Scope, Type};

/// A column.
#[derive(Debug, Clone)]
pub struct Column {
    /// Name, unique over all tables.
    pub name: String,
    /// Type.
    pub ty: Type,
    unique: bool,
}

/// A table.
#[derive(Debug, Clone)]
pub struct Table {
    /// Name.
    pub name: String,
    /// Columns; the first is the key if there is one.
    pub columns: Vec<Column>,
    keyed: bool,
}

impl Table {
    /// Table number `number`, with two to five columns.
    pub fn generate(r: &mut Random, number: i64) -> Table {
        let keyed = r.chance(70);
        let column = |i: i64, r: &mut Random| Column {
            name: format!("{}{i}", ["a", "b", "c"][number as usize]),
            ty: *r.pick(&[Type::Int, Type::Int, Type::Text, Type::Float]),
            unique: r.chance(8),
        };
        let mut columns: Vec<Column> = (0..r.range(2, 6)).map(|i| column(i, r)).collect();
        if keyed && columns[0].ty == Type::Float {
            columns[0].ty = Type::Int;
        }
        Table {
            name: format!("t{number}"),
            columns,
            keyed,
        }
    }

    /// CREATE TABLE.
    pub fn create(&self) -> String {
        let column = |(i, c): (usize, &Column)| {
            let ty = match c.ty {
                Type::Int => "INT",
                Type::Text => "VARCHAR(20)",
                Type::Float => "DOUBLE",
            };
            let key = match (self.keyed && i == 0, c.unique) {
                (true, _) => " NOT NULL PRIMARY KEY",
                (false, true) => " UNIQUE",
                (false, false) => "",
            };
            format!("{} {ty}{key}", c.name)
        };
        let columns: Vec<String> = self.columns.iter().enumerate().map(column).collect();
        format!("CREATE TABLE {} ({})", self.name, columns.join(", "))
    }

    /// One or two CREATE INDEX.
    pub fn indexes(&self, r: &mut Random) -> Vec<String> {
        (0..r.range(1, 3))
            .map(|_| {
                let mut columns = Vec::new();
                for _ in 0..r.range(1, 3) {
                    let name = &r.pick(&self.columns).name;
                    if !columns.iter().any(|c: &String| c.starts_with(name.as_str())) {
                        columns.push(format!("{name}{}", if r.chance(30) { " DESC" } else { "" }));
                    }
                }
                let name = r.next() % 1_000_000_007;
                format!("CREATE INDEX i{name} ON {} ({})", self.name, columns.join(", "))
            })
            .collect()
    }

    /// INSERT of several rows; a duplicate key is possible and refused by both engines.
    pub fn insert(&self, r: &mut Random) -> String {
        let constrained = self.keyed || self.columns.iter().any(|c| c.unique);
        let rows = if r.chance(60) {
            r.range(8, 25)
        } else {
            r.range(1, 4)
        };
        let start = r.range(-20, 200);
        let row = |n: i64, r: &mut Random| {
            let value = |(i, c): (usize, &Column), r: &mut Random| {
                let key = self.keyed && i == 0;
                if (key || c.unique) && constrained {
                    let n = start + n * 3 % 31;
                    match c.ty {
                        Type::Text => format!("'k{n}'"),
                        _ => n.to_string(),
                    }
                } else {
                    c.ty.literal(r, 20)
                }
            };
            let values: Vec<String> = self.columns.iter().enumerate().map(|c| value(c, r)).collect();
            format!("({})", values.join(", "))
        };
        let rows: Vec<String> = (0..rows).map(|n| row(n, r)).collect();
        format!("INSERT INTO {} VALUES {}", self.name, rows.join(", "))
    }

    fn scope(&self) -> Scope<'_> {
        Scope::of(self.columns.iter().map(|c| (c.name.clone(), c.ty)).collect(), &[])
    }

    /// DELETE by a random condition.
    pub fn delete(&self, r: &mut Random) -> String {
        format!("DELETE FROM {} WHERE {}", self.name, self.scope().condition(r, 2))
    }

    /// UPDATE of columns that are in no key.
    pub fn update(&self, r: &mut Random) -> String {
        let free: Vec<&Column> = self
            .columns
            .iter()
            .enumerate()
            .filter(|(i, c)| !c.unique && !(self.keyed && *i == 0))
            .map(|(_, c)| c)
            .collect();
        if free.is_empty() {
            return self.delete(r);
        }
        let column = *r.pick(&free);
        let scope = self.scope();
        let value = match column.ty {
            // Short enough for the column, however often it is repeated.
            Type::Text => column.ty.literal(r, 10),
            _ => scope.value(r, column.ty, 1),
        };
        format!(
            "UPDATE {} SET {} = {value} WHERE {}",
            self.name,
            column.name,
            scope.condition(r, 2)
        )
    }

    /// All rows in one order.
    pub fn dump(&self) -> String {
        let order: Vec<String> = (1..=self.columns.len()).map(|i| i.to_string()).collect();
        format!("SELECT * FROM {} ORDER BY {}", self.name, order.join(", "))
    }
}
