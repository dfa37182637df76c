//! Where a table lives, as statements say it: `WITH (persistent = …)`, `SET (…)`, `ENGINE = …`.

use super::names::nearest;
use super::refuse::{Place, unsupported, unsupported_at};
use crate::sql::parse::{start, unescape};
use crate::sql::plan::PersistenceChange;
use crate::types::{Error, Position, Result};
use alloc::{format, string::String};
use sqlparser::ast::{self, CreateTableOptions, Ident, NamedParenthesizedList, SqlOption, Value as AstValue};

/// The settings that an engine's name stands for. InnoDB is in every MySQL dump: it means the default.
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
        "innodb" => settings(None, None),
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

const OPTIONS: [&str; 4] = ["persistent", "sync_on_write", "cache_in_memory", "engine"];

/// `persistent = …`, `sync_on_write = …`, `cache_in_memory = …`, `engine = …`.
fn option(change: &mut PersistenceChange, key: &Ident, value: &ast::Expr) -> Result<()> {
    match key.value.to_ascii_lowercase().as_str() {
        "persistent" => change.persistent = Some(boolean(key, value)?),
        "sync_on_write" => change.sync_on_write = Some(boolean(key, value)?),
        "cache_in_memory" => change.cache_in_memory = Some(boolean(key, value)?),
        "engine" => {
            let name = format!("{value}");
            let set = engine(name.trim_matches(['\'', '`', '"']), value.place())?;
            change.persistent = set.persistent.or(change.persistent);
            change.cache_in_memory = set.cache_in_memory.or(change.cache_in_memory);
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

/// The options of `WITH (…)` and `SET (…)`.
pub(super) fn settings(options: &[SqlOption]) -> Result<PersistenceChange> {
    let mut change = PersistenceChange::default();
    for o in options {
        match o {
            SqlOption::KeyValue { key, value } => option(&mut change, key, value)?,
            other => return Err(unsupported(format!("option {other}"), other)),
        }
    }
    Ok(change)
}

/// The options after a CREATE TABLE.
pub(super) fn table_options(options: &CreateTableOptions) -> Result<PersistenceChange> {
    let plain = match options {
        CreateTableOptions::None => return Ok(PersistenceChange::default()),
        CreateTableOptions::With(with) => return settings(with),
        CreateTableOptions::Plain(plain) => plain,
        CreateTableOptions::Options(_) => return Err(unsupported("OPTIONS (…)", options)),
        CreateTableOptions::TableProperties(_) => return Err(unsupported("TBLPROPERTIES", options)),
    };
    let mut change = PersistenceChange::default();
    for o in plain {
        let at = o.place();
        match o {
            SqlOption::NamedParenthesizedList(NamedParenthesizedList {
                key,
                name: Some(name),
                values,
            }) if key.value == "ENGINE" && values.is_empty() => {
                let set = engine(&name.value, start(name.span))?;
                change.persistent = set.persistent.or(change.persistent);
                change.cache_in_memory = set.cache_in_memory.or(change.cache_in_memory);
            }
            SqlOption::KeyValue { key, value } => {
                let text = format!("{value}");
                match key.value.as_str() {
                    "CHARSET" | "DEFAULT CHARSET" | "CHARACTER SET" | "DEFAULT CHARACTER SET" => {
                        super::data_type::charset(&text, at)?;
                    }
                    "COLLATE" | "DEFAULT COLLATE" => {
                        let name = ast::ObjectName::from(alloc::vec![Ident::new(text.trim_matches('\''))]);
                        if super::data_type::collation(&name, at)? != crate::types::Collation::Binary {
                            return Err(unsupported_at(
                                "COLLATE NOCASE of a whole table (give it to columns)",
                                at,
                            ));
                        }
                    }
                    other => return Err(unsupported_at(format!("table option {other}"), at)),
                }
            }
            SqlOption::Comment(_) => return Err(unsupported_at("COMMENT on a table", at)),
            other => return Err(unsupported_at(format!("table option {other}"), at)),
        }
    }
    Ok(change)
}
