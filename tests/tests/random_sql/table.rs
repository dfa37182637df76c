//! Random tables and what changes them.

use super::Choices;
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

/// A foreign key to the first column of another table.
#[derive(Debug, Clone)]
struct Parent {
    column: usize,
    table: String,
    key: String,
    actions: String,
}

/// A table.
#[derive(Debug, Clone)]
pub struct Table {
    /// Name.
    pub name: String,
    /// Columns; the first is the key if there is one.
    pub columns: Vec<Column>,
    keyed: bool,
    parent: Option<Parent>,
}

const ACTIONS: [&str; 4] = ["", " CASCADE", " SET NULL", " NO ACTION"];

impl Table {
    /// Table number `number`, with two to five columns, maybe a child of one of `others`.
    pub fn generate(r: &mut Choices, number: i64, others: &[Table]) -> Table {
        let letter = ["a", "b", "c"][number as usize];
        let column = |i: i64, r: &mut Choices| Column {
            name: format!("{letter}{i}"),
            ty: *r.pick(&Type::ALL),
            unique: r.chance(8),
        };
        let mut table = Table {
            name: format!("t{number}"),
            columns: (0..r.range(2, 6)).map(|i| column(i, r)).collect(),
            keyed: r.chance(70),
            parent: None,
        };
        if table.keyed && !matches!(table.columns[0].ty, Type::Int | Type::Text) {
            table.columns[0].ty = Type::Int;
        }
        table
            .columns
            .iter_mut()
            .filter(|c| !matches!(c.ty, Type::Int | Type::Text))
            .for_each(|c| c.unique = false);
        if let Some(parent) = others.first().filter(|t| t.keyed)
            && r.chance(40)
        {
            let mut actions = String::new();
            for event in [" ON DELETE", " ON UPDATE"] {
                let action = *r.pick(&ACTIONS);
                if !action.is_empty() {
                    actions.push_str(event);
                    actions.push_str(action);
                }
            }
            table.columns.push(Column {
                name: format!("{letter}p"),
                ty: parent.columns[0].ty,
                unique: false,
            });
            table.parent = Some(Parent {
                column: table.columns.len() - 1,
                table: parent.name.clone(),
                key: parent.columns[0].name.clone(),
                actions,
            });
        }
        table
    }

    /// CREATE TABLE.
    pub fn create(&self) -> String {
        let column = |(i, c): (usize, &Column)| {
            let key = match (self.keyed && i == 0, c.unique) {
                (true, _) => " NOT NULL PRIMARY KEY",
                (false, true) => " UNIQUE",
                (false, false) => "",
            };
            format!("{} {}{key}", c.name, c.ty.declaration())
        };
        let mut parts: Vec<String> = self.columns.iter().enumerate().map(column).collect();
        if let Some(p) = &self.parent {
            let child = &self.columns[p.column].name;
            parts.push(format!(
                "FOREIGN KEY ({child}) REFERENCES {} ({}){}",
                p.table, p.key, p.actions
            ));
        }
        format!("CREATE TABLE {} ({})", self.name, parts.join(", "))
    }

    /// CREATE INDEX.
    pub fn index(&self, r: &mut Choices) -> String {
        let mut columns: Vec<String> = Vec::new();
        for _ in 0..r.range(1, 4) {
            let name = &r.pick(&self.columns).name;
            if !columns.iter().any(|c| c.starts_with(name.as_str())) {
                columns.push(format!("{name}{}", if r.chance(30) { " DESC" } else { "" }));
            }
        }
        let name = r.range(0, 1_000_000_007);
        format!("CREATE INDEX i{name} ON {} ({})", self.name, columns.join(", "))
    }

    /// A value for column `i` of row `n` of an INSERT.
    fn inserted(&self, r: &mut Choices, i: usize, n: i64, start: i64) -> String {
        let column = &self.columns[i];
        if let Some(p) = self.parent.as_ref().filter(|p| p.column == i) {
            return match r.range(0, 3) {
                0 => String::from("NULL"),
                1 => format!("(SELECT MIN({}) FROM {})", p.key, p.table),
                _ => format!(
                    "(SELECT MAX({}) FROM {} WHERE {} < {})",
                    p.key,
                    p.table,
                    p.key,
                    p_bound(column.ty, r)
                ),
            };
        }
        if !(self.keyed && i == 0 || column.unique) {
            return column.ty.literal(r, 20);
        }
        let n = start + n * 3 % 31;
        match column.ty {
            Type::Text => format!("'k{n}'"),
            _ => n.to_string(),
        }
    }

    /// INSERT of several rows; a duplicate key is possible and refused by both engines.
    pub fn insert(&self, r: &mut Choices) -> String {
        let rows = if r.chance(60) {
            r.range(8, 25)
        } else {
            r.range(1, 4)
        };
        let start = r.range(-20, 200);
        let row = |n: i64, r: &mut Choices| {
            let value = |i: usize| self.inserted(r, i, n, start);
            format!(
                "({})",
                (0..self.columns.len()).map(value).collect::<Vec<_>>().join(", ")
            )
        };
        let rows: Vec<String> = (0..rows).map(|n| row(n, r)).collect();
        let verb = match r.range(0, 8) {
            0 => "INSERT OR IGNORE",
            // The rows of the first table may be parents; a replaced parent keeps its children here.
            1 if self.name != "t0" => "REPLACE",
            _ => "INSERT",
        };
        format!(
            "{verb} INTO {} VALUES {}{}",
            self.name,
            rows.join(", "),
            self.upsert(r, verb)
        )
    }

    fn upsert(&self, r: &mut Choices, verb: &str) -> String {
        let Some(free) = self
            .free_column(r)
            .filter(|_| verb == "INSERT" && self.keyed && r.chance(25))
        else {
            return String::new();
        };
        let key = &self.columns[0].name;
        match r.range(0, 4) {
            0 => String::from(" ON CONFLICT DO NOTHING"),
            1 => format!(" ON CONFLICT ({key}) DO NOTHING"),
            2 => format!(" ON CONFLICT ({key}) DO UPDATE SET {free} = excluded.{free}"),
            _ => format!(
                " ON CONFLICT ({key}) DO UPDATE SET {free} = COALESCE(excluded.{free}, {}.{free}) WHERE excluded.{key} <> {}",
                self.name,
                self.columns[0].ty.literal(r, 0)
            ),
        }
    }

    /// INSERT of the table's own rows under other keys.
    pub fn insert_select(&self, r: &mut Choices, step: i64) -> String {
        let key = |c: &Column| match c.ty {
            Type::Text => format!("'{}' || {}", ["x", "y", "z"][step as usize % 3], c.name),
            _ => format!("{} + {}", c.name, 1000 << step),
        };
        let value = |(i, c): (usize, &Column)| {
            if self.keyed && i == 0 || c.unique {
                key(c)
            } else {
                c.name.clone()
            }
        };
        let values: Vec<String> = self.columns.iter().enumerate().map(value).collect();
        let filter = self.scope().condition(r, 2);
        format!(
            "INSERT INTO {} SELECT {} FROM {} WHERE {filter}",
            self.name,
            values.join(", "),
            self.name
        )
    }

    fn scope(&self) -> Scope<'_> {
        Scope::of(
            self.columns.iter().map(|c| (c.name.clone(), c.ty)).collect(),
            std::slice::from_ref(self),
        )
    }

    /// DELETE by a random condition.
    pub fn delete(&self, r: &mut Choices) -> String {
        format!("DELETE FROM {} WHERE {}", self.name, self.scope().condition(r, 2))
    }

    fn free_column(&self, r: &mut Choices) -> Option<String> {
        let free: Vec<&Column> = self
            .columns
            .iter()
            .enumerate()
            .filter(|(i, c)| !(c.unique || self.keyed && *i == 0))
            .map(|(_, c)| c)
            .collect();
        (!free.is_empty()).then(|| r.pick(&free).name.clone())
    }

    /// UPDATE of columns that are in no key.
    pub fn update(&self, r: &mut Choices) -> String {
        let Some(name) = self.free_column(r) else {
            return self.delete(r);
        };
        let ty = self
            .columns
            .iter()
            .find(|c| c.name == name)
            .map_or(Type::Int, |c| c.ty);
        let scope = self.scope();
        let value = match ty {
            // Short enough for the column, however often it is repeated.
            Type::Text => ty.literal(r, 10),
            _ => scope.value(r, ty, 1),
        };
        format!(
            "UPDATE {} SET {name} = {value} WHERE {}",
            self.name,
            scope.condition(r, 2)
        )
    }

    /// UPDATE of the key, so far that no row is in another's way.
    pub fn update_key(&self, r: &mut Choices, step: i64) -> String {
        let key = &self.columns[0];
        if !self.keyed || key.ty != Type::Int {
            return self.update(r);
        }
        let filter = self.scope().condition(r, 1);
        format!(
            "UPDATE {} SET {} = {} + {} WHERE {filter}",
            self.name,
            key.name,
            key.name,
            1000 << step
        )
    }

    /// ALTER TABLE ADD COLUMN.
    pub fn add_column(&mut self, r: &mut Choices) -> String {
        let ty = *r.pick(&Type::ALL);
        let first: String = self.columns[0].name.chars().take(1).collect();
        let name = format!("{first}{}", 10 + self.columns.len());
        let default = match r.chance(60) {
            true => format!(" DEFAULT {}", ty.literal(r, 0)),
            false => String::new(),
        };
        self.columns.push(Column {
            name: name.clone(),
            ty,
            unique: false,
        });
        format!(
            "ALTER TABLE {} ADD COLUMN {name} {}{default}",
            self.name,
            ty.declaration()
        )
    }

    /// All rows in one order.
    pub fn dump(&self) -> String {
        let order: Vec<String> = (1..=self.columns.len()).map(|i| i.to_string()).collect();
        format!("SELECT * FROM {} ORDER BY {}", self.name, order.join(", "))
    }
}

fn p_bound(ty: Type, r: &mut Choices) -> String {
    let n = r.range(-20, 220);
    if ty == Type::Text {
        format!("'k{n}'")
    } else {
        n.to_string()
    }
}
