//! Transactions, and SET.

use super::refuse::{refuse_at, unsupported_at};
use crate::sql::parse::unescape;
use crate::sql::plan::{Isolation, Statement, TransactionControl};
use crate::types::{Error, Position, Result};
use alloc::{format, string::String, vec::Vec};
use sqlparser::ast::{
    self, ContextModifier, Set, TransactionAccessMode, TransactionIsolationLevel, TransactionMode,
    TransactionModifier, Value as AstValue,
};

fn isolation(level: &TransactionIsolationLevel) -> Isolation {
    match level {
        TransactionIsolationLevel::ReadUncommitted | TransactionIsolationLevel::ReadCommitted => {
            Isolation::ReadCommitted
        }
        TransactionIsolationLevel::RepeatableRead | TransactionIsolationLevel::Snapshot => {
            Isolation::RepeatableRead
        }
        TransactionIsolationLevel::Serializable => Isolation::Serializable,
    }
}

/// Isolation level and READ ONLY; each at most once.
fn modes(modes: &[TransactionMode], at: Option<Position>) -> Result<(Option<Isolation>, Option<bool>)> {
    let mut level = None;
    let mut read_only = None;
    for mode in modes {
        let twice = match mode {
            TransactionMode::IsolationLevel(l) => level.replace(isolation(l)).is_some(),
            TransactionMode::AccessMode(a) => read_only
                .replace(matches!(a, TransactionAccessMode::ReadOnly))
                .is_some(),
        };
        if twice {
            return Err(Error::Invalid {
                message: format!("{mode}: this was said already"),
                position: at,
            });
        }
    }
    Ok((level, read_only))
}

/// START TRANSACTION, BEGIN.
pub(super) fn begin(given: &[TransactionMode], at: Option<Position>) -> Result<Statement> {
    let (isolation, read_only) = modes(given, at)?;
    Ok(Statement::Transaction(TransactionControl::Begin {
        isolation,
        read_only,
    }))
}

/// SET TRANSACTION.
pub(super) fn set_transaction(
    given: &[TransactionMode],
    session: bool,
    at: Option<Position>,
) -> Result<Statement> {
    let (isolation, read_only) = modes(given, at)?;
    Ok(Statement::Transaction(TransactionControl::SetModes {
        isolation,
        read_only,
        session,
    }))
}

/// Transaction statements as `sqlparser` knows them; `None` for anything else.
pub(super) fn transaction(s: &ast::Statement, at: Option<Position>) -> Result<Option<Statement>> {
    let control = match s {
        ast::Statement::StartTransaction {
            modes,
            begin: _,
            transaction: _,
            modifier,
            statements,
            exception,
            has_end_keyword,
        } => {
            refuse_at(
                !statements.is_empty() || exception.is_some() || *has_end_keyword,
                "a BEGIN … END block",
                at,
            )?;
            match modifier {
                // A transaction writes nothing before it is committed: DEFERRED is what it is.
                None | Some(TransactionModifier::Deferred) => {}
                // SQLite's locks: others wait for nothing here, and whoever commits first wins.
                Some(TransactionModifier::Immediate | TransactionModifier::Exclusive) => {}
                Some(other) => return Err(unsupported_at(format!("BEGIN {other}"), at)),
            }
            return begin(modes, at).map(Some);
        }
        ast::Statement::Commit {
            chain,
            end: _,
            modifier,
        } => {
            refuse_at(modifier.is_some(), "END TRY or CATCH", at)?;
            TransactionControl::Commit { chain: *chain }
        }
        ast::Statement::Rollback { chain, savepoint } => match savepoint {
            None => TransactionControl::Rollback { chain: *chain },
            Some(name) => {
                refuse_at(*chain, "ROLLBACK TO a savepoint AND CHAIN", at)?;
                TransactionControl::RollbackTo(name.value.clone())
            }
        },
        ast::Statement::Savepoint { name } => TransactionControl::Savepoint(name.value.clone()),
        ast::Statement::ReleaseSavepoint { name } => TransactionControl::Release(name.value.clone()),
        _ => return Ok(None),
    };
    Ok(Some(Statement::Transaction(control)))
}

/// The word or number a variable is set to.
fn setting(value: &ast::Expr) -> String {
    match value {
        ast::Expr::Value(v) => match &v.value {
            AstValue::SingleQuotedString(s) => unescape(s).into_owned(),
            AstValue::Boolean(b) => String::from(if *b { "1" } else { "0" }),
            other => format!("{other}"),
        },
        ast::Expr::Identifier(i) => i.value.clone(),
        other => format!("{other}"),
    }
}

/// `SET variable = value`: the session knows its variables; character sets are known here.
fn assignment(
    name: &ast::ObjectName,
    value: &ast::Expr,
    at: Option<Position>,
) -> Result<Option<(String, String)>> {
    let name = format!("{name}").to_ascii_lowercase();
    let value = setting(value);
    let charsets = [
        "character_set_client",
        "character_set_results",
        "character_set_connection",
    ];
    if charsets.contains(&name.as_str()) {
        // NULL: results as they are, which is UTF-8.
        if value.eq_ignore_ascii_case("null") || value.eq_ignore_ascii_case("default") {
            return Ok(None);
        }
        super::data_type::charset(&value.to_ascii_lowercase(), at)?;
        return Ok(None);
    }
    Ok(Some((name, value)))
}

/// SET of the variables among these.
fn set_system(assignments: impl Iterator<Item = Result<Option<(String, String)>>>) -> Result<Statement> {
    let set: Vec<(String, String)> = assignments.filter_map(Result::transpose).collect::<Result<_>>()?;
    Ok(match set.is_empty() {
        true => Statement::Nothing,
        false => Statement::SetSystem(set),
    })
}

/// SET.
pub(super) fn set(s: &Set, at: Option<Position>) -> Result<Statement> {
    match s {
        Set::SetNames {
            charset_name,
            collation_name,
        } => {
            super::data_type::charset(&charset_name.value, at)?;
            // What literals compare like; beside columns these decide, as in MySQL.
            if let Some(name) = collation_name {
                let name = ast::ObjectName::from(alloc::vec![ast::Ident::new(unescape(name).into_owned())]);
                super::data_type::collation(&name, at)?;
            }
            Ok(Statement::Nothing)
        }
        Set::SetNamesDefault {} => Ok(Statement::Nothing),
        Set::MultipleAssignments { assignments } => set_system(assignments.iter().map(|a| {
            refuse_at(matches!(a.scope, Some(ContextModifier::Global)), "SET GLOBAL", at)?;
            assignment(&a.name, &a.value, at)
        })),
        Set::SetTimeZone { local: _, value } => {
            let name = String::from("time_zone");
            set_system(core::iter::once(Ok(Some((name, setting(value))))))
        }
        // The parser makes no others.
        _ => Err(unsupported_at("this SET", at)),
    }
}
