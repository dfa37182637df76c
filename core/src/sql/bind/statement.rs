//! Which file binds which statement.

use super::BindContext;
use super::binder::Binder;
use super::query::changed_by;
use super::refuse::refuse_at;
use super::template::Slots;
use super::transaction::{begin, set, set_transaction, transaction};
use super::trigger::with_triggers;
use super::view::{Views, with_views};
use crate::catalog::ViewKey;
use crate::sql::parse::{Ast, Parsed};
use crate::sql::plan::{ExplainFormat, Show, Statement, TransactionControl};
use crate::types::{Error, Result};
use alloc::{boxed::Box, format, sync::Arc};
use sqlparser::ast;

/// Binds a parsed statement.
///
/// Errors: [`Error::Unsupported`] for what is not offered, [`Error::Unknown`] and
/// [`Error::AmbiguousColumn`] for names, [`Error::Invalid`] for what makes no sense,
/// [`Error::Parameter`] if there is not one type per parameter.
pub fn bind(parsed: &Parsed, cx: &BindContext<'_>) -> Result<Statement> {
    bind_naming_views(parsed, cx).map(|(statement, _)| statement)
}

/// As [`bind`]; says too whose texts are part of the statement.
pub fn bind_naming_views(parsed: &Parsed, cx: &BindContext<'_>) -> Result<(Statement, Arc<[ViewKey]>)> {
    let (wanted, given) = (parsed.value_count(), cx.params.len());
    if wanted != given {
        return Err(Error::Parameter {
            message: format!("the statement has {wanted} parameters, {given} values were given"),
        });
    }
    with_views(cx, |views| {
        let statement = bind_ast(parsed, parsed.ast(), cx, views)?;
        Ok((statement, views.keys()))
    })
}

/// Binds a statement with a binder made for it, and returns what became of the literals taken out.
pub(super) fn bind_with<'a>(
    parsed: &'a Parsed,
    mut binder: Binder<'a>,
) -> Result<(Statement, Option<Slots<'a>>)> {
    let Ast::Sql(s) = parsed.ast() else {
        return Err(parsed.unsupported());
    };
    let statement = bind_sql(parsed, s, &mut binder)?;
    Ok((statement, binder.slots))
}

fn bind_ast<'a>(
    parsed: &'a Parsed,
    ast: &'a Ast,
    cx: &'a BindContext<'a>,
    views: &'a Views,
) -> Result<Statement> {
    let mut binder = views.binder(cx);
    let at = parsed.position();
    match ast {
        Ast::Sql(s) => bind_sql(parsed, s, &mut binder),
        Ast::AlterTable(s, conditions) => match s.as_ref() {
            ast::Statement::AlterTable(a) => binder.alter_table(a, conditions),
            other => bind_sql(parsed, other, &mut binder),
        },
        Ast::CommentOnPart(part, name, table) => binder.comment_on_part(part, name, table),
        Ast::RenameExisting(renames) => binder.rename_table(renames, true),
        Ast::ReplaceIndex(c) => binder.create_index(c, true),
        Ast::Explain {
            analyze,
            json,
            statement,
        } => {
            let statement = bind_ast(parsed, statement, cx, views)?;
            Ok(Statement::Explain {
                statement: Box::new(statement),
                analyze: *analyze,
                format: match json {
                    true => ExplainFormat::Json,
                    false => ExplainFormat::Text,
                },
            })
        }
        Ast::View {
            statement,
            text,
            check,
        } => binder.define_view(parsed, statement, (text, *check)),
        Ast::Session(s) => binder.session_statement(parsed, s),
        Ast::Analyze(names) => binder.analyze(names),
        Ast::LockTables(tables) => {
            for (name, _) in tables {
                binder.table_id(name)?;
            }
            let read_only = tables.iter().all(|(_, write)| !write);
            Ok(Statement::Transaction(TransactionControl::LockTables {
                read_only,
            }))
        }
        Ast::UnlockTables => Ok(Statement::Transaction(TransactionControl::UnlockTables)),
        // Indexes are kept up with every row, as with MySQL's InnoDB.
        Ast::TableKeys(name) => binder.table_id(name).map(|_| Statement::Nothing),
        Ast::Nothing => Ok(Statement::Nothing),
        Ast::Sequence(s) => binder.sequence_statement(s),
        Ast::ShowWarnings => Ok(Statement::Show(Show::Warnings)),
        Ast::ShowCreateSchema(name) => {
            let schema = binder.schema_named(name)?;
            Ok(Statement::Show(Show::CreateSchema(schema)))
        }
        Ast::Describe(table) => binder.describe(table),
        Ast::ShowPersistence(table) => binder.show_persistence(table.as_ref()),
        Ast::CreateTrigger(t) => binder.create_trigger(t),
        Ast::DropTrigger {
            if_exists,
            name,
            table,
        } => binder.drop_trigger(name, table.as_ref(), *if_exists),
        Ast::ShowTriggers(schema, filter) => binder.show_triggers(schema.as_ref(), filter.as_ref()),
        Ast::ShowCreateTrigger(name) => binder.show_create_trigger(name),
        Ast::ShowStats => Ok(Statement::Show(Show::Stats)),
        Ast::ShowIndexes(table, schema, filter) => {
            binder.show_indexes(table, schema.as_ref(), filter.as_ref())
        }
        Ast::SetConstraints(names, deferred) => binder.set_constraints(names, *deferred),
        Ast::SetTransaction(modes, session) => set_transaction(modes, *session, at),
        Ast::StartTransaction(modes) => begin(modes, at),
    }
}

/// Binds a statement that changes rows, without the triggers it may fire; `None`: it is none.
pub(super) fn bind_change<'a>(s: &'a ast::Statement, binder: &mut Binder<'a>) -> Result<Option<Statement>> {
    let bound = match s {
        ast::Statement::Insert(i) => binder.insert(i),
        ast::Statement::Update(u) => binder.update(u),
        ast::Statement::Delete(d) => binder.delete(d),
        ast::Statement::Merge(m) => binder.merge(m),
        ast::Statement::Query(q) => {
            let Some(change) = changed_by(q)? else {
                return Ok(None);
            };
            if let Some(with) = &q.with {
                binder.with(with)?;
            }
            return bind_change(change, binder);
        }
        _ => return Ok(None),
    };
    bound.map(Some)
}

fn bind_sql<'a>(parsed: &Parsed, s: &'a ast::Statement, binder: &mut Binder<'a>) -> Result<Statement> {
    let at = parsed.position();
    if let Some(change) = bind_change(s, binder)? {
        refuse_at(
            binder.locks,
            "FOR UPDATE or FOR SHARE in a statement that changes rows",
            at,
        )?;
        return with_triggers(change, binder.cx);
    }
    match s {
        ast::Statement::Query(q) => {
            let query = Arc::new(binder.top_query(q)?);
            Ok(match binder.locks {
                true => Statement::LockingQuery(query),
                false => Statement::Query(query),
            })
        }
        ast::Statement::CreateTable(c) => binder.create_table(c),
        ast::Statement::CreateIndex(c) => binder.create_index(c, false),
        ast::Statement::AlterTable(a) => binder.alter_table(a, &[]),
        ast::Statement::Comment {
            object_type,
            object_name,
            comment,
            if_exists,
        } => binder.comment_on(*object_type, object_name, comment.as_deref(), *if_exists),
        ast::Statement::RenameTable(r) => binder.rename_table(r, false),
        ast::Statement::CreateView(v) => Err(binder.refused_view(v)),
        ast::Statement::Drop { .. } => binder.drop(s),
        ast::Statement::Truncate(t) => binder.truncate(t),
        ast::Statement::CreateSchema { .. } | ast::Statement::CreateDatabase { .. } => {
            binder.create_schema(s)
        }
        ast::Statement::Use(u) => binder.use_schema(u),
        ast::Statement::Set(s) => set(s, at),
        _ => {
            if let Some(control) = transaction(s, at)? {
                return Ok(control);
            }
            binder.show(s, at)?.ok_or_else(|| parsed.unsupported())
        }
    }
}
