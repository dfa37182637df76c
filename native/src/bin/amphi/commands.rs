//! The commands that start with a dot.

use crate::{
    import,
    output::Mode,
    shell::{Failure, Flow, Shell, plural},
};
use amphi::{PersistenceOptions, Result};
use std::{io::Write, path::Path};

/// Name, arguments and meaning of every command.
const COMMANDS: [(&str, &str, &str); 15] = [
    (
        "backup",
        "DIRECTORY",
        "copy the persistent and dual tables into a new database",
    ),
    ("check", "", "verify the store, every table and index"),
    ("compact", "", "give unused space of the store's file back"),
    ("exit", "", "end the shell"),
    ("help", "", "show this list"),
    (
        "import",
        "FILE TABLE",
        "load a CSV file with a header row; makes the table if there is none",
    ),
    (
        "mode",
        "[table|tsv|csv|json]",
        "show or set how results are printed",
    ),
    (
        "persist",
        "[TABLE [memory|persistent|dual] [sync]]",
        "show where tables live, or move one",
    ),
    ("quit", "", "end the shell"),
    ("read", "FILE", "run the statements and commands of a file"),
    ("schema", "[TABLE]", "show the CREATE TABLE statements"),
    ("stats", "", "show counters since the database was opened"),
    ("tables", "", "list the tables of the current schema"),
    ("timer", "[on|off]", "show the time each statement takes"),
    ("version", "", "show the version"),
];

impl Shell {
    /// Runs the command of a line, given without its dot.
    pub fn command(&mut self, line: &str) -> Result<Flow, Failure> {
        let words = words(line)?;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words[..] {
            ["quit" | "exit"] => return Ok(Flow::Quit),
            ["help"] => self.help()?,
            ["version"] => writeln!(self.out, "amphi {}", env!("CARGO_PKG_VERSION"))?,
            ["read", file] => return self.run_file(Path::new(file)),
            ["import", file, table] => self.import(Path::new(file), table)?,
            ["tables"] => {
                for name in self.tables()? {
                    writeln!(self.out, "{name}")?;
                }
            }
            ["schema"] => {
                for name in self.tables()? {
                    self.schema(&name)?;
                }
            }
            ["schema", table] => self.schema(table)?,
            ["persist"] => self.statement("SHOW PERSISTENCE")?,
            ["persist", table] => self.persist(table, "persistent", false)?,
            ["persist", table, "sync"] => self.persist(table, "persistent", true)?,
            ["persist", table, placement] => self.persist(table, placement, false)?,
            ["persist", table, placement, "sync"] => self.persist(table, placement, true)?,
            ["stats"] => self.statement("SHOW STATS")?,
            ["backup", directory] => self.backup(Path::new(directory))?,
            ["check"] => self.check()?,
            ["compact"] => self.compact()?,
            ["mode"] => writeln!(self.out, "{}", self.mode.name())?,
            ["mode", mode] => self.mode = mode.parse::<Mode>().map_err(Failure::Usage)?,
            ["timer"] => writeln!(self.out, "{}", if self.timer { "on" } else { "off" })?,
            ["timer", "on"] => self.timer = true,
            ["timer", "off"] => self.timer = false,
            [] => {
                return Err(Failure::Usage(
                    "a command is missing; .help lists them".to_owned(),
                ));
            }
            [name, ..] => return Err(misused(name)),
        }
        Ok(Flow::Next)
    }

    fn help(&mut self) -> Result<(), Failure> {
        let usage = |name: &str, arguments: &str| format!(".{name} {arguments}");
        let width = COMMANDS.iter().map(|(n, a, _)| usage(n, a).len()).max();
        let width = width.unwrap_or(0);
        for (name, arguments, meaning) in COMMANDS {
            writeln!(self.out, "{:width$}  {meaning}", usage(name, arguments))?;
        }
        Ok(())
    }

    fn import(&mut self, file: &Path, table: &str) -> Result<(), Failure> {
        let imported = import::import(&self.session, file, table)?;
        if self.interactive {
            let rows = imported.rows;
            let done = if imported.created {
                "created"
            } else {
                "appended to"
            };
            writeln!(
                self.out,
                "{rows} {} imported; {done} {table}",
                plural(rows, "row")
            )?;
        }
        Ok(())
    }

    fn tables(&self) -> Result<Vec<String>> {
        self.session
            .query("SHOW TABLES", ())?
            .map(|row| row?.get(0))
            .collect()
    }

    fn schema(&mut self, table: &str) -> Result<(), Failure> {
        let sql = format!("SHOW CREATE TABLE {}", import::quoted(table));
        let text: String = self.session.query_row(&sql, ())?.get(1)?;
        writeln!(self.out, "{text};")?;
        Ok(())
    }

    fn persist(&mut self, table: &str, placement: &str, sync_on_write: bool) -> Result<(), Failure> {
        let options = |cache_in_memory| PersistenceOptions {
            sync_on_write,
            cache_in_memory,
        };
        // The database takes a bare name for one of its first schema; here the current one is meant.
        let table = match table.contains('.') {
            true => table.to_owned(),
            false => format!("{}.{table}", self.session.schema()),
        };
        match placement {
            "persistent" => self.db.enable_persistence(&table, options(false))?,
            "dual" => self.db.enable_persistence(&table, options(true))?,
            "memory" if !sync_on_write => self.db.disable_persistence(&table)?,
            _ => return Err(misused("persist")),
        }
        Ok(())
    }

    fn backup(&mut self, directory: &Path) -> Result<(), Failure> {
        let report = self.db.backup(directory)?;
        if self.interactive {
            let (tables, rows) = (report.tables, report.rows);
            writeln!(
                self.out,
                "{tables} {} with {rows} {} copied",
                plural(tables, "table"),
                plural(rows, "row")
            )?;
        }
        Ok(())
    }

    fn compact(&mut self) -> Result<(), Failure> {
        let report = self.db.compact()?;
        writeln!(self.out, "{} bytes before, {} after", report.before, report.after)?;
        Ok(())
    }

    fn check(&mut self) -> Result<(), Failure> {
        let report = self.db.check()?;
        if report.is_empty() && !self.interactive {
            writeln!(self.out, "ok")?;
        } else {
            writeln!(self.out, "{report}")?;
        }
        if report.is_empty() {
            return Ok(());
        }
        let count = report.problems.len() as u64;
        Err(Failure::Usage(format!(
            "{count} {} found",
            plural(count, "problem")
        )))
    }
}

/// Why a command cannot be meant: its arguments are wrong, or there is none of that name.
fn misused(name: &str) -> Failure {
    if let Some((name, arguments, _)) = COMMANDS.iter().find(|(n, ..)| *n == name) {
        return Failure::Usage(format!("usage: .{name} {arguments}").trim_end().to_owned());
    }
    let hint = match amphi::nearest(name, COMMANDS.iter().map(|(n, ..)| *n)) {
        Some(nearest) => format!("did you mean .{nearest}?"),
        None => ".help lists the commands".to_owned(),
    };
    Failure::Usage(format!("unknown command .{name}; {hint}"))
}

/// The words of a command line; quotes of either kind hold words with spaces together.
fn words(line: &str) -> Result<Vec<String>, Failure> {
    let mut words = Vec::new();
    let mut rest = line.trim();
    while let Some(first) = rest.chars().next() {
        let (word, after) = if first == '"' || first == '\'' {
            rest.get(1..)
                .and_then(|quoted| quoted.split_once(first))
                .ok_or_else(|| Failure::Usage(format!("a quote {first} is not closed")))?
        } else {
            rest.split_once(char::is_whitespace).unwrap_or((rest, ""))
        };
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    // People end commands like statements.
    if let Some(last) = words.last_mut()
        && last.len() > 1
        && last.ends_with(';')
    {
        last.pop();
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_may_be_quoted() {
        let words = |line| words(line).map_err(|e| format!("{e:?}"));
        let expected = ["read", "my file.sql", "x"].map(str::to_owned);
        assert_eq!(words("read  'my file.sql' x"), Ok(expected.to_vec()));
        assert_eq!(words("tables;"), Ok(vec!["tables".to_owned()]));
        assert!(words("read 'x").is_err());
    }

    #[test]
    fn an_unknown_command_names_the_nearest() {
        let Failure::Usage(message) = misused("tabels") else {
            panic!("not a usage error")
        };
        assert!(message.contains(".tables"), "{message}");
        let Failure::Usage(message) = misused("import") else {
            panic!("not a usage error")
        };
        assert!(message.contains("FILE TABLE"), "{message}");
    }
}
