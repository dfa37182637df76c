//! A database as statements that make it again.

use crate::Session;
use amphi_core::{Error, session::DumpedTable};

/// Rows of one INSERT.
const ROWS: usize = 500;
/// Bytes of one INSERT, about.
const BYTES: usize = 256 << 10;

impl Session {
    /// Calls `statement` with the statements, without their semicolons, that make all tables with their rows,
    /// views and triggers again, or one table by its name. Temporary tables are left out. All of it is one
    /// state of the database, as the session sees it.
    ///
    /// Foreign keys come last, so that rows may come in any order; those whose parents are gone are left
    /// out. A line end inside a text is written `\\n`: a statement has only lines of its own.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if there is no such table; those of reading the rows, and of `statement`, which end it.
    ///
    /// # Examples
    ///
    /// ```
    /// let db = amphi::Database::memory()?;
    /// db.execute_script("CREATE TABLE t (a INT, b TEXT); INSERT INTO t VALUES (1, 'x'), (2, NULL)")?;
    /// let copy = amphi::Database::memory()?;
    /// db.session().dump(None, |sql| copy.execute(sql, ()).map(|_| ()))?;
    /// let count: i64 = copy.query_row("SELECT COUNT(*) FROM t", ())?.get(0)?;
    /// assert_eq!(count, 2);
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn dump<E: From<Error>>(
        &self,
        only: Option<&str>,
        mut statement: impl FnMut(&str) -> Result<(), E>,
    ) -> Result<(), E> {
        let own = !self.in_transaction();
        if own {
            self.execute("BEGIN", ())?;
        }
        let dumped = self.dump_all(only, &mut statement);
        if own {
            self.execute("ROLLBACK", ())?;
        }
        dumped
    }

    fn dump_all<E: From<Error>>(
        &self,
        only: Option<&str>,
        statement: &mut impl FnMut(&str) -> Result<(), E>,
    ) -> Result<(), E> {
        let dump = self.definitions(only)?;
        for sql in &dump.before {
            statement(sql)?;
        }
        for table in &dump.tables {
            self.dump_rows(table, statement)?;
        }
        for sql in &dump.after {
            statement(sql)?;
        }
        Ok(())
    }

    fn dump_rows<E: From<Error>>(
        &self,
        table: &DumpedTable,
        statement: &mut impl FnMut(&str) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut insert = String::new();
        let mut count = 0;
        for row in self.query(&table.select, ())? {
            let row = row?;
            let values = row.values().take(table.columns);
            let values: Vec<String> = values.map(|v| v.to_sql_literal()).collect();
            match count {
                0 => insert.push_str(&table.insert),
                _ => insert.push(','),
            }
            insert.push_str("\n  (");
            // In a literal only a quoted text holds line ends, and there escapes are read.
            insert.push_str(&values.join(", ").replace('\n', "\\n").replace('\r', "\\r"));
            insert.push(')');
            count += 1;
            if count == ROWS || insert.len() > BYTES {
                statement(&insert)?;
                insert.clear();
                count = 0;
            }
        }
        if count > 0 {
            statement(&insert)?;
        }
        Ok(())
    }
}
