//! The options of a table: where it lives (`WITH (persistent = …)`, `SET (…)`, `ENGINE = …`), and what MySQL has
//! beside that (COMMENT, AUTO_INCREMENT, character set and collation).
//!
//! The names of MySQL's own stores mean the default placement; options that only tune such a store (ROW_FORMAT and
//! the like) are read and mean nothing. All others are refused by name.

use super::names::nearest;
use super::refuse::{Place, invalid, unsupported, unsupported_at};
use crate::sql::parse::{start, unescape};
use crate::sql::plan::PersistenceChange;
use crate::types::{Collation, Error, Position, Result};
use alloc::{format, string::String};
use sqlparser::ast::{self, CreateTableOptions, Ident, NamedParenthesizedList, SqlOption, Value as AstValue};

/// The settings that an engine's name stands for. InnoDB and its like are in every MySQL dump: they mean the default.
fn engine(name: &str, at: Option<Position>) -> Result<PersistenceChange> {
    let settings = |persistent, cache_in_memory| {
        Ok(PersistenceChange {
            persistent,
            sync_on_write: None,
            cache_in_memory,
        })
    };
    match name.to_ascii_lowercase().as_str() {
        "memory" => settings(Some(false), None),
        "persistent" => settings(Some(true), Some(false)),
        "dual" => settings(Some(true), Some(true)),
        "innodb" | "myisam" | "aria" => settings(None, None),
        _ => Err(unsupported_at(
            format!("ENGINE = {name} (use memory, persistent or dual)"),
            at,
        )),
    }
}

fn boolean(key: &Ident, value: &ast::Expr) -> Result<bool> {
    let word = match value {
        ast::Expr::Value(v) => match &v.value {
            AstValue::Boolean(b) => return Ok(*b),
            AstValue::Number(n, false) => n.clone(),
            AstValue::SingleQuotedString(s) => unescape(s).into_owned(),
            _ => String::new(),
        },
        ast::Expr::Identifier(i) => i.value.clone(),
        _ => String::new(),
    };
    match word.to_ascii_lowercase().as_str() {
        "1" | "true" | "on" | "yes" => Ok(true),
        "0" | "false" | "off" | "no" => Ok(false),
        _ => Err(Error::Config {
            option: key.value.clone(),
            message: format!("{value} is neither true nor false"),
        }),
    }
}

const OPTIONS: [&str; 8] = [
    "persistent",
    "sync_on_write",
    "cache_in_memory",
    "engine",
    "comment",
    "auto_increment",
    "charset",
    "collate",
];

/// Options that tune the stores of MySQL. Rows and results do not depend on them.
const TUNING: [&str; 14] = [
    "ROW_FORMAT",
    "KEY_BLOCK_SIZE",
    "PACK_KEYS",
    "STATS_AUTO_RECALC",
    "STATS_PERSISTENT",
    "STATS_SAMPLE_PAGES",
    "DELAY_KEY_WRITE",
    "CHECKSUM",
    "MAX_ROWS",
    "MIN_ROWS",
    "AVG_ROW_LENGTH",
    "AUTOEXTEND_SIZE",
    "COMPRESSION",
    "ENCRYPTION",
];

/// What the options of a table say.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct TableOptions {
    pub(super) persistence: PersistenceChange,
    pub(super) comment: Option<String>,
    /// AUTO_INCREMENT: the first value to hand out.
    pub(super) auto_increment: Option<i64>,
    /// COLLATE: of text columns that have none of their own.
    pub(super) collation: Option<Collation>,
}

impl TableOptions {
    /// The options in a list, of either kind.
    pub(super) fn of(options: &[SqlOption]) -> Result<TableOptions> {
        let mut all = TableOptions::default();
        for o in options {
            all.read(o)?;
        }
        Ok(all)
    }

    /// The options after a CREATE TABLE.
    pub(super) fn of_new_table(options: &CreateTableOptions) -> Result<TableOptions> {
        match options {
            CreateTableOptions::None => Ok(TableOptions::default()),
            CreateTableOptions::With(options) | CreateTableOptions::Plain(options) => {
                TableOptions::of(options)
            }
            CreateTableOptions::Options(_) => Err(unsupported("OPTIONS (…)", options)),
            CreateTableOptions::TableProperties(_) => Err(unsupported("TBLPROPERTIES", options)),
        }
    }

    fn read(&mut self, o: &SqlOption) -> Result<()> {
        let at = o.place();
        match o {
            SqlOption::NamedParenthesizedList(NamedParenthesizedList {
                key,
                name: Some(name),
                values,
            }) if key.value == "ENGINE" && values.is_empty() => {
                self.engine(&name.value, start(name.span))?;
            }
            SqlOption::Comment(ast::CommentDef::WithEq(text) | ast::CommentDef::WithoutEq(text)) => {
                self.comment = Some(unescape(text).into_owned());
            }
            SqlOption::KeyValue { key, value } => self.key_value(key, value, at)?,
            other => return Err(unsupported_at(format!("table option {other}"), at)),
        }
        Ok(())
    }

    fn engine(&mut self, name: &str, at: Option<Position>) -> Result<()> {
        let set = engine(name, at)?;
        self.persistence.persistent = set.persistent.or(self.persistence.persistent);
        self.persistence.cache_in_memory = set.cache_in_memory.or(self.persistence.cache_in_memory);
        Ok(())
    }

    fn key_value(&mut self, key: &Ident, value: &ast::Expr, at: Option<Position>) -> Result<()> {
        let text = format!("{value}");
        let name = key.value.to_ascii_uppercase();
        match name.strip_prefix("DEFAULT ").unwrap_or(&name) {
            "PERSISTENT" => self.persistence.persistent = Some(boolean(key, value)?),
            "SYNC_ON_WRITE" => self.persistence.sync_on_write = Some(boolean(key, value)?),
            "CACHE_IN_MEMORY" => self.persistence.cache_in_memory = Some(boolean(key, value)?),
            "ENGINE" => self.engine(text.trim_matches(['\'', '`', '"']), value.place())?,
            "COMMENT" => match value {
                ast::Expr::Value(ast::ValueWithSpan {
                    value: AstValue::SingleQuotedString(s),
                    ..
                }) => self.comment = Some(unescape(s).into_owned()),
                _ => return Err(invalid("COMMENT takes a string", value)),
            },
            "AUTO_INCREMENT" => match text.parse::<i64>() {
                Ok(first) if first >= 0 => self.auto_increment = Some(first.max(1)),
                _ => {
                    return Err(Error::Invalid {
                        message: format!("AUTO_INCREMENT = {text}: it takes a positive BIGINT"),
                        position: at,
                    });
                }
            },
            "CHARSET" | "CHARACTER SET" => super::data_type::charset(&text, at)?,
            "COLLATE" => {
                let name = ast::ObjectName::from(alloc::vec![Ident::new(text.trim_matches('\''))]);
                self.collation = Some(super::data_type::collation(&name, at)?);
            }
            name if TUNING.contains(&name) => {}
            name if key.quote_style.is_none() && key.span == sqlparser::tokenizer::Span::empty() => {
                return Err(unsupported_at(format!("table option {name}"), at));
            }
            _ => {
                return Err(Error::Unknown {
                    kind: "option",
                    nearest: nearest(&key.value, OPTIONS),
                    name: key.value.clone(),
                    position: start(key.span),
                });
            }
        }
        Ok(())
    }
}
