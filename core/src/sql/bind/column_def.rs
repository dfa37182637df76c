//! A column as CREATE TABLE and ALTER TABLE declare it.

use super::binder::Binder;
use super::column_values::{bind_default, is_default};
use super::data_type::{TypePlace, charset, collation, named_type};
use super::names::ident_value;
use super::refuse::{Place, invalid, unsupported_at};
use crate::catalog::{ColumnDef, ColumnDefault, GeneratedDef};
use crate::sql::parse::unescape;
use crate::sql::plan::Expr;
use crate::types::{DataType, Error, MemberKind, Position, Result, Value};
use alloc::{format, string::String, vec::Vec};
use sqlparser::ast::{
    self, CheckConstraint, ColumnOption, ColumnOptionDef, ForeignKeyConstraint, GeneratedExpressionMode,
    Ident, PrimaryKeyConstraint, UniqueConstraint,
};

/// A constraint written with a column, and its name.
pub(super) enum Inline<'a> {
    PrimaryKey(&'a PrimaryKeyConstraint),
    Unique(&'a UniqueConstraint),
    Check(&'a CheckConstraint),
    ForeignKey(&'a ForeignKeyConstraint),
}

/// A column as declared, with the constraints written with it.
pub(super) struct Column<'a> {
    pub(super) def: ColumnDef,
    pub(super) inline: Vec<(Option<&'a Ident>, Inline<'a>)>,
    /// SERIAL: unique even if it is no primary key.
    pub(super) serial: bool,
    /// COLLATE was given.
    pub(super) collated: bool,
    /// The first value of an identity column.
    pub(super) first: Option<i64>,
    pub(super) at: Option<Position>,
}

/// The tokens that `sqlparser` keeps as they are: AUTO_INCREMENT, ASC.
fn dialect_option(
    column: &mut ColumnDef,
    tokens: &[sqlparser::tokenizer::Token],
    at: Option<Position>,
) -> Result<()> {
    let words: Vec<String> = tokens.iter().map(|t| format!("{t}")).collect();
    match words.as_slice() {
        [one] if one == "AUTO_INCREMENT" => {
            column.auto_increment = true;
            Ok(())
        }
        [one] if one == "ASC" => Ok(()),
        _ => Err(unsupported_at(format!("{} on a column", words.join(" ")), at)),
    }
}

impl Binder<'_> {
    /// A column with its options.
    pub(super) fn column<'c>(&self, c: &'c ast::ColumnDef) -> Result<Column<'c>> {
        self.column_options(
            &c.name,
            &c.data_type,
            c.options
                .iter()
                .map(|ColumnOptionDef { name, option }| (name.as_ref(), option)),
        )
    }

    /// A column of a name and type with its options.
    pub(super) fn column_options<'c>(
        &self,
        name: &'c Ident,
        data_type: &'c ast::DataType,
        options: impl Iterator<Item = (Option<&'c Ident>, &'c ColumnOption)>,
    ) -> Result<Column<'c>> {
        let at = name.place();
        let named = named_type(data_type, TypePlace::Column, at)?;
        let mut column = Column {
            def: ColumnDef {
                auto_increment: named.serial,
                ..ColumnDef::new(ident_value(name)?, named.ty, !named.serial)
            },
            inline: Vec::new(),
            serial: named.serial,
            collated: false,
            first: None,
            at,
        };
        let mut default = None;
        let mut null = None;
        for (constraint, option) in options {
            match option {
                ColumnOption::Null => null = Some(true),
                ColumnOption::NotNull => null = Some(false),
                ColumnOption::Default(e) => default = Some(e),
                ColumnOption::PrimaryKey(k) => column.inline.push((constraint, Inline::PrimaryKey(k))),
                ColumnOption::Unique(k) => column.inline.push((constraint, Inline::Unique(k))),
                ColumnOption::Check(k) => column.inline.push((constraint, Inline::Check(k))),
                ColumnOption::ForeignKey(k) => column.inline.push((constraint, Inline::ForeignKey(k))),
                ColumnOption::DialectSpecific(tokens) => dialect_option(&mut column.def, tokens, at)?,
                ColumnOption::OnUpdate(e) => {
                    column.def.on_update = Some(self.on_update_text(e, &column.def)?)
                }
                ColumnOption::Generated {
                    generated_as: _,
                    sequence_options: None,
                    generation_expr: Some(e),
                    generation_expr_mode: mode,
                    generated_keyword: _,
                } => {
                    column.def.generated = Some(GeneratedDef {
                        sql: format!("{e}"),
                        stored: matches!(mode, Some(GeneratedExpressionMode::Stored)),
                    });
                }
                ColumnOption::Generated {
                    generated_as,
                    sequence_options: Some(options),
                    generation_expr: None,
                    ..
                } => {
                    column.def.auto_increment = true;
                    column.def.always = matches!(generated_as, ast::GeneratedAs::Always);
                    column.serial = true;
                    column.first = identity_start(options, at)?;
                }
                ColumnOption::Comment(text) => column.def.comment = unescape(text).into_owned(),
                ColumnOption::CharacterSet(set) => charset(&format!("{set}"), at)?,
                ColumnOption::Collation(collation_name) => match &mut column.def.ty {
                    DataType::Text { collation: c, .. } => {
                        *c = collation(collation_name, at)?;
                        column.collated = true;
                    }
                    DataType::Members(members) => {
                        *members = members.with_collation(collation(collation_name, at)?)?;
                        column.collated = true;
                    }
                    other => {
                        return Err(Error::Invalid {
                            message: format!("COLLATE on column {} of type {other}", name.value),
                            position: at,
                        });
                    }
                },
                other => return Err(unsupported_at(unoffered(other), at)),
            }
        }
        if let Some(nullable) = null {
            column.def.nullable = nullable;
        }
        if column.def.generated.is_some()
            && (default.is_some() || column.def.auto_increment || column.def.on_update.is_some())
        {
            return Err(Error::Invalid {
                message: format!(
                    "generated column {} has no DEFAULT, AUTO_INCREMENT or ON UPDATE",
                    name.value
                ),
                position: at,
            });
        }
        if let Some(e) = default {
            column.def.default = self.default_text(e, &column.def)?;
        }
        // As in MySQL, what ENUM columns without NULL and DEFAULT begin with is their first member.
        if let DataType::Members(members) = &column.def.ty
            && members.kind() == MemberKind::Enum
            && null == Some(false)
            && default.is_none()
            && column.def.generated.is_none()
        {
            let first = Value::Text(members.text(1).into_owned());
            column.def.default = ColumnDefault::Sql(first.to_sql_literal());
        }
        if column.def.auto_increment {
            if !matches!(column.def.ty, DataType::Int(_)) && column.def.ty != DataType::BIGINT_UNSIGNED {
                return Err(Error::Invalid {
                    message: format!("AUTO_INCREMENT column {} is no integer", name.value),
                    position: at,
                });
            }
            if column.def.default != ColumnDefault::None {
                return Err(Error::Invalid {
                    message: format!("AUTO_INCREMENT column {} has a DEFAULT", name.value),
                    position: at,
                });
            }
            column.def.nullable = false;
        }
        Ok(column)
    }

    /// ON UPDATE as text, checked to be the current time.
    fn on_update_text(&self, e: &ast::Expr, column: &ColumnDef) -> Result<String> {
        let mut bound = &bind_default(&format!("{e}"), &DataType::Timestamp { fsp: 6 }, self.cx)?;
        while let Expr::Cast { operand, .. } = bound {
            bound = operand;
        }
        let now = matches!(bound, Expr::Function { function, .. } if function.name == "NOW");
        if !now || !matches!(column.ty, DataType::DateTime { .. } | DataType::Timestamp { .. }) {
            return Err(invalid(
                "ON UPDATE takes CURRENT_TIMESTAMP, on a DATETIME or TIMESTAMP column",
                e,
            ));
        }
        Ok(format!("{e}"))
    }

    /// A DEFAULT as text, checked to be a constant expression of the column's type.
    pub(super) fn default_text(&self, e: &ast::Expr, column: &ColumnDef) -> Result<ColumnDefault> {
        if is_default(e) {
            return Err(invalid("DEFAULT DEFAULT", e));
        }
        let sql = format!("{e}");
        let value = bind_default(&sql, &column.ty, self.cx).map_err(|error| match error {
            Error::Unknown {
                kind: "column", name, ..
            } => invalid(
                format!("DEFAULT of column {}: {name} is no constant", column.name),
                e,
            ),
            other => other,
        })?;
        // A constant that does not fit would only be refused by the first INSERT that needs it.
        if let Expr::Cast { operand, ty, .. } = &value
            && let Expr::Literal { value: constant, .. } = operand.as_ref()
        {
            constant.convert(ty)?;
        }
        let is_null = matches!(
            value,
            Expr::Literal {
                value: Value::Null,
                ..
            }
        );
        if is_null {
            return Ok(ColumnDefault::None);
        }
        Ok(ColumnDefault::Sql(sql))
    }
}

/// The first value that the options of an identity column ask for.
fn identity_start(options: &[ast::SequenceOptions], at: Option<Position>) -> Result<Option<i64>> {
    let number = |e: &ast::Expr| match e {
        ast::Expr::Value(v) => match &v.value {
            ast::Value::Number(n, false) => n.parse::<i64>().ok().filter(|n| *n > 0),
            _ => None,
        },
        _ => None,
    };
    let mut first = None;
    for option in options {
        match option {
            ast::SequenceOptions::StartWith(e, _) if number(e).is_some() => first = number(e),
            ast::SequenceOptions::IncrementBy(e, _) if number(e) == Some(1) => {}
            ast::SequenceOptions::Cache(_)
            | ast::SequenceOptions::Cycle(false)
            | ast::SequenceOptions::MinValue(None)
            | ast::SequenceOptions::MaxValue(None) => {}
            other => {
                return Err(unsupported_at(
                    format!("{other} of an identity column (use a DEFAULT of NEXTVAL(s))").trim_start(),
                    at,
                ));
            }
        }
    }
    Ok(first)
}

/// What a column option that is not offered is called.
fn unoffered(option: &ColumnOption) -> &'static str {
    match option {
        ColumnOption::Generated { .. } => "this GENERATED",
        ColumnOption::Identity(_) => "IDENTITY (use AUTO_INCREMENT)",
        ColumnOption::OnConflict(_) => "ON CONFLICT of a column",
        ColumnOption::Srid(_) => "SRID",
        ColumnOption::Invisible => "INVISIBLE",
        ColumnOption::Materialized(_) => "MATERIALIZED",
        ColumnOption::Ephemeral(_) => "EPHEMERAL",
        ColumnOption::Alias(_) => "ALIAS",
        ColumnOption::Options(_) => "OPTIONS",
        ColumnOption::Policy(_) => "a column policy",
        ColumnOption::Tags(_) => "TAG",
        _ => "this column option",
    }
}
