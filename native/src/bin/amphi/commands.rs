//! The commands that start with a dot.

use crate::{
    export, import,
    output::Mode,
    shell::{Failure, Flow, Shell, plural},
};
use amphi::{BackupReport, PersistenceOptions, Result};
use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

/// A command.
pub struct Command {
    /// Its name, without the dot.
    pub name: &'static str,
    arguments: &'static str,
    meaning: &'static str,
    /// What its arguments may be, for completion; the last says what further ones may be.
    pub words: &'static [Words],
}

/// What an argument may be.
pub enum Words {
    /// The name of a file or directory.
    Files,
    /// A table or view.
    Tables,
    /// One of these.
    Of(&'static [&'static str]),
}

const ON_OFF: &[Words] = &[Words::Of(&["on", "off"])];

/// All commands, by name.
pub const COMMANDS: [Command; 20] = [
    Command {
        name: "backup",
        arguments: "DIRECTORY",
        meaning: "copy the persistent and dual tables into a new database",
        words: &[Words::Files],
    },
    Command {
        name: "check",
        arguments: "",
        meaning: "verify the store, every table and index",
        words: &[],
    },
    Command {
        name: "compact",
        arguments: "",
        meaning: "give unused space of the store's file back",
        words: &[],
    },
    Command {
        name: "dump",
        arguments: "[TABLE]",
        meaning: "print the statements that make everything, or a table, again",
        words: &[Words::Tables],
    },
    Command {
        name: "exit",
        arguments: "",
        meaning: "end the shell",
        words: &[],
    },
    Command {
        name: "explain",
        arguments: "[on|off|QUERY]",
        meaning: "show the plan of a query, or of each query before its result",
        words: &[Words::Of(&["on", "off", "SELECT"])],
    },
    Command {
        name: "export",
        arguments: "[--csv|--tsv|--json|--jsonl] FILE TABLE|QUERY",
        meaning: "write rows into a file, in the format that its name or an option says",
        words: &[Words::Files, Words::Tables],
    },
    Command {
        name: "help",
        arguments: "",
        meaning: "show this list",
        words: &[],
    },
    Command {
        name: "import",
        arguments: "FILE TABLE",
        meaning: "load a CSV file with a header row or a JSON file; makes the table if there is none",
        words: &[Words::Files, Words::Tables],
    },
    Command {
        name: "load",
        arguments: "FILE",
        meaning: "make the whole database of a file that .save has written; this one must be empty",
        words: &[Words::Files],
    },
    Command {
        name: "mode",
        arguments: "[table|tsv|csv|json]",
        meaning: "show or set how results are printed",
        words: &[Words::Of(&["table", "tsv", "csv", "json"])],
    },
    Command {
        name: "persist",
        arguments: "[TABLE [memory|persistent|dual] [sync]]",
        meaning: "show where tables live, or move one",
        words: &[
            Words::Tables,
            Words::Of(&["memory", "persistent", "dual", "sync"]),
        ],
    },
    Command {
        name: "quit",
        arguments: "",
        meaning: "end the shell",
        words: &[],
    },
    Command {
        name: "read",
        arguments: "FILE",
        meaning: "run the statements and commands of a file",
        words: &[Words::Files],
    },
    Command {
        name: "save",
        arguments: "FILE",
        meaning: "write the whole database into one file, tables in memory too",
        words: &[Words::Files],
    },
    Command {
        name: "schema",
        arguments: "[TABLE]",
        meaning: "show the CREATE statements",
        words: &[Words::Tables],
    },
    Command {
        name: "stats",
        arguments: "",
        meaning: "show counters since the database was opened",
        words: &[],
    },
    Command {
        name: "tables",
        arguments: "",
        meaning: "list the tables of the current schema",
        words: &[],
    },
    Command {
        name: "timer",
        arguments: "[on|off]",
        meaning: "show the time each statement takes",
        words: ON_OFF,
    },
    Command {
        name: "version",
        arguments: "",
        meaning: "show the version",
        words: &[],
    },
];

impl Shell {
    /// Runs the command of a line, given without its dot.
    pub fn command(&mut self, line: &str) -> Result<Flow, Failure> {
        let all = words(line)?;
        let words: Vec<&str> = all.iter().map(String::as_str).collect();
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
            ["save", file] => self.save(Path::new(file))?,
            ["load", file] => self.load(Path::new(file))?,
            ["check"] => self.check()?,
            ["compact"] => self.compact()?,
            ["mode"] => writeln!(self.out, "{}", self.mode.name())?,
            ["mode", mode] => self.mode = mode.parse::<Mode>().map_err(Failure::Usage)?,
            ["timer"] => writeln!(self.out, "{}", if self.timer { "on" } else { "off" })?,
            ["timer", "on"] => self.timer = true,
            ["timer", "off"] => self.timer = false,
            ["explain"] => writeln!(self.out, "{}", if self.explain { "on" } else { "off" })?,
            ["explain", "on"] => self.explain = true,
            ["explain", "off"] => self.explain = false,
            ["explain", ..] => self.explain(after_words(line, 1))?,
            ["dump"] => self.dump(None)?,
            ["dump", table] => self.dump(Some(table))?,
            ["export", ..] => self.export(line)?,
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
        // A usage that is longer has its meaning on a line of its own.
        let width = 40;
        for c in &COMMANDS {
            let usage = usage(c.name, c.arguments);
            if usage.len() > width {
                writeln!(self.out, "{usage}\n{:width$}  {}", "", c.meaning)?;
            } else {
                writeln!(self.out, "{usage:width$}  {}", c.meaning)?;
            }
        }
        Ok(())
    }

    fn dump(&mut self, table: Option<&str>) -> Result<(), Failure> {
        self.session.dump(table, |sql| {
            self.cancel.check()?;
            Ok(writeln!(self.out, "{sql};")?)
        })
    }

    /// `.export [--FORMAT] FILE TABLE|QUERY`.
    fn export(&mut self, line: &str) -> Result<(), Failure> {
        let words = words(line)?;
        let mut files = words.iter().skip(1);
        let mut file = files.next().ok_or_else(|| misused("export"))?;
        let mut before = 2;
        let mut format = None;
        if let Some(name) = file.strip_prefix("--") {
            format = Some(name.parse::<export::Format>().map_err(Failure::Usage)?);
            file = files.next().ok_or_else(|| misused("export"))?;
            before = 3;
        }
        let what = after_words(line, before);
        if what.is_empty() {
            return Err(misused("export"));
        }
        let path = Path::new(file);
        let format = match format {
            Some(format) => format,
            None => export::Format::of(path).map_err(Failure::Usage)?,
        };
        let table = match &words[..] {
            [.., table] if words.len() == before + 1 => Some(table.as_str()),
            _ => None,
        };
        let rows = export::export(&self.session, path, format, table.ok_or(what), &self.cancel)?;
        if self.interactive {
            writeln!(self.out, "{rows} {} exported", plural(rows, "row"))?;
        }
        Ok(())
    }

    fn import(&mut self, file: &Path, table: &str) -> Result<(), Failure> {
        let imported = import::import(&self.session, file, table, &self.cancel)?;
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
        for row in self.session.query("SHOW TRIGGERS", ())? {
            let row = row?;
            if row.get::<String>("table")?.eq_ignore_ascii_case(table) {
                let name: String = row.get("trigger")?;
                let sql = format!("SHOW CREATE TRIGGER {}", import::quoted_name(&name));
                let text: String = self.session.query_row(&sql, ())?.get(1)?;
                writeln!(self.out, "{text};")?;
            }
        }
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
        self.copied(report)
    }

    /// A file that exists is not overwritten; one that could not be written whole is removed.
    fn save(&mut self, path: &Path) -> Result<(), Failure> {
        let failed = |e: io::Error| Failure::Usage(format!("{}: {e}", path.display()));
        let mut file = File::create_new(path).map_err(failed)?;
        let saved = self.db.export(&mut file);
        match saved
            .map_err(Failure::from)
            .and_then(|r| file.sync_all().map_err(failed).map(|()| r))
        {
            Ok(report) => self.copied(report),
            Err(e) => {
                let _ = fs::remove_file(path);
                Err(e)
            }
        }
    }

    fn load(&mut self, path: &Path) -> Result<(), Failure> {
        let file = File::open(path).map_err(|e| Failure::Usage(format!("{}: {e}", path.display())))?;
        Ok(self.db.import(file)?)
    }

    fn copied(&mut self, report: BackupReport) -> Result<(), Failure> {
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
    if let Some(command) = COMMANDS.iter().find(|c| c.name == name) {
        let usage = format!("usage: .{name} {}", command.arguments);
        return Failure::Usage(usage.trim_end().to_owned());
    }
    let hint = match amphi::nearest(name, COMMANDS.iter().map(|c| c.name)) {
        Some(nearest) => format!("did you mean .{nearest}?"),
        None => ".help lists the commands".to_owned(),
    };
    Failure::Usage(format!("unknown command .{name}; {hint}"))
}

/// The first word of a command line, and what follows it; quotes of either kind hold words with spaces together.
fn first_word(line: &str) -> Result<Option<(&str, &str)>, Failure> {
    let line = line.trim();
    let Some(first) = line.chars().next() else {
        return Ok(None);
    };
    let (word, after) = if first == '"' || first == '\'' {
        line.get(1..)
            .and_then(|quoted| quoted.split_once(first))
            .ok_or_else(|| Failure::Usage(format!("a quote {first} is not closed")))?
    } else {
        line.split_once(char::is_whitespace).unwrap_or((line, ""))
    };
    Ok(Some((word, after.trim_start())))
}

/// The words of a command line.
fn words(line: &str) -> Result<Vec<String>, Failure> {
    let mut words = Vec::new();
    let mut rest = line;
    while let Some((word, after)) = first_word(rest)? {
        words.push(word.to_owned());
        rest = after;
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

/// What follows so many words of a command line, as it is written: a statement.
fn after_words(line: &str, count: usize) -> &str {
    let skip = |rest, _| match first_word(rest) {
        Ok(Some((_, after))) => after,
        _ => "",
    };
    (0..count).fold(line, skip).trim().trim_end_matches(';')
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
