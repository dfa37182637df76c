//! Constraints and indexes as CREATE TABLE, ALTER TABLE and CREATE INDEX declare them: columns resolved,
//! names given, options looked at. Nothing here changes a table.

use super::BindContext;
use super::column_values::{bind_ast, bind_own};
use super::insert::unknown_column;
use super::names::{Scope, ident_value};
use super::refuse::{Place, invalid, limit_columns, refuse, refuse_at, unsupported, unsupported_at};
use super::types::to_bool;
use crate::catalog::{CheckDef, ColumnDef, Deferral, GeneratedDef, IndexColumn, IndexDef, TableDef};
use crate::sql::plan::Expr;
use crate::table::{prefix_of, prefix_sql};
use crate::types::{Collation, DataType, Error, Position, Result};
use alloc::{format, string::String, sync::Arc, vec::Vec};
use sqlparser::ast::{
    self, CheckConstraint, ConstraintCharacteristics, DeferrableInitial, Ident, IndexConstraint, IndexOption,
    IndexType, NullsDistinctOption, OrderByExpr, OrderByOptions, OrderBySort, PrimaryKeyConstraint,
    UniqueConstraint,
};

/// The name of a primary key's index, as in MySQL.
pub(super) const PRIMARY: &str = "PRIMARY";

/// Whether a constraint or index of the table has that name.
pub(super) fn has_constraint(def: &TableDef, name: &str) -> bool {
    let is = |n: &str| n.eq_ignore_ascii_case(name);
    def.indexes.iter().any(|i| is(&i.name))
        || def.foreign_keys.iter().any(|f| is(&f.name))
        || def.checks.iter().any(|c| is(&c.name))
}

/// Whether that is the name of a table's primary key: MySQL's, or PostgreSQL's.
pub(super) fn is_primary_key(def: &TableDef, name: &str) -> bool {
    let own = || name.eq_ignore_ascii_case(&format!("{}_pkey", def.name)) && !has_constraint(def, name);
    !def.primary_key.is_empty() && (name.eq_ignore_ascii_case(PRIMARY) || own())
}

/// `base`, or `base_2`, `base_3`, …: the first that is free in the table.
pub(super) fn free_name(def: &TableDef, base: &str) -> String {
    let mut name = String::from(base);
    let mut n = 1usize;
    while has_constraint(def, &name) {
        n += 1;
        name = format!("{base}_{n}");
    }
    name
}

/// The given name, checked to be free, or the first free one of `base`.
pub(super) fn constraint_name(def: &TableDef, given: Option<&Ident>, base: &str) -> Result<String> {
    match given {
        None => Ok(free_name(def, base)),
        Some(name) => {
            let value = ident_value(name)?;
            if has_constraint(def, &value) || value.eq_ignore_ascii_case(PRIMARY) {
                return Err(Error::Exists {
                    kind: "constraint",
                    name: value,
                });
            }
            Ok(value)
        }
    }
}

/// A column by name.
pub(super) fn column(def: &TableDef, name: &Ident) -> Result<usize> {
    def.column(&name.value).ok_or_else(|| unknown_column(def, name))
}

pub(super) fn column_list(def: &TableDef, names: &[Ident]) -> Result<Vec<usize>> {
    let mut columns = Vec::with_capacity(names.len());
    for name in names {
        let c = column(def, name)?;
        if columns.contains(&c) {
            return Err(invalid(format!("column {} occurs twice", name.value), name));
        }
        columns.push(c);
    }
    Ok(columns)
}

/// Whether values of the type can be keys.
pub(super) fn indexable(ty: &DataType) -> bool {
    !matches!(
        ty,
        DataType::Json | DataType::Vector { .. } | DataType::Geometry | DataType::Null
    )
}

/// What stands in an index, without ASC or DESC, and whether it is DESC.
fn index_key(c: &ast::IndexColumn) -> Result<(&ast::Expr, bool)> {
    let ast::IndexColumn {
        column:
            OrderByExpr {
                expr,
                // Where NULLs stand in an index changes no answer.
                options: OrderByOptions { sort, nulls_first: _ },
                with_fill,
            },
        operator_class,
    } = c;
    refuse(operator_class.is_some(), "an operator class", expr)?;
    refuse(with_fill.is_some(), "WITH FILL", expr)?;
    let descending = match sort {
        None | Some(OrderBySort::Asc) => false,
        Some(OrderBySort::Desc) => true,
        Some(OrderBySort::Using(_)) => return Err(unsupported("USING in an index", expr)),
    };
    let mut expr = expr;
    while let ast::Expr::Nested(inner) = expr {
        expr = inner;
    }
    Ok((expr, descending))
}

/// `name(10)`, if it names a column.
fn prefix<'e>(def: &TableDef, f: &'e ast::Function) -> Option<(usize, &'e str)> {
    let [ast::ObjectNamePart::Identifier(name)] = f.name.0.as_slice() else {
        return None;
    };
    let ast::FunctionArguments::List(list) = &f.args else {
        return None;
    };
    let [ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(ast::Expr::Value(v)))] = list.args.as_slice()
    else {
        return None;
    };
    match &v.value {
        ast::Value::Number(length, false) => Some((def.column(&name.value)?, length)),
        _ => None,
    }
}

/// The first characters of a column: the column itself if it has no more.
fn prefix_column(
    def: &mut TableDef,
    (column, length): (usize, &str),
    unique: bool,
    at: &ast::Expr,
    cx: &BindContext<'_>,
) -> Result<usize> {
    let length = match length.parse::<u32>() {
        Ok(n) if n > 0 => n,
        _ => return Err(invalid("an index on a prefix takes at least one character", at)),
    };
    let Some(c) = def.columns.get(column) else {
        return Ok(column);
    };
    match &c.ty {
        DataType::Text { max, .. } if max.is_some_and(|max| max <= length) => Ok(column),
        DataType::Text { collation, .. } => {
            let ty = DataType::Text {
                max: Some(length),
                collation: *collation,
            };
            let sql = prefix_sql(&c.name, length);
            hidden_column(def, sql, Some(ty), at, cx)
        }
        // All bytes order the rows as their first ones do.
        DataType::Blob { .. } if !unique => Ok(column),
        other => Err(invalid(
            format!("an index on a prefix takes a text column; {} is {other}", c.name),
            at,
        )),
    }
}

/// The hidden generated column of an expression, made if there is none yet.
///
/// Errors: those of the expression; a type that cannot be indexed.
pub(super) fn hidden_column(
    def: &mut TableDef,
    sql: String,
    ty: Option<DataType>,
    at: &impl Place,
    cx: &BindContext<'_>,
) -> Result<usize> {
    let same = |c: &ColumnDef| c.hidden && c.generated.as_ref().is_some_and(|g| g.sql == sql);
    if let Some(known) = def.columns.iter().position(same) {
        return Ok(known);
    }
    let bound = bind_own(&sql, &Arc::new(def.clone()), "an index", cx)?;
    let ty = ty.unwrap_or_else(|| bound.ty());
    if !indexable(&ty) {
        return Err(invalid(
            format!("an expression of type {ty} cannot be indexed"),
            at,
        ));
    }
    limit_columns(
        def.columns.len() + 1,
        "a table with the expressions of its indexes",
        at,
    )?;
    let mut n = 1usize;
    while def.columns.iter().any(|c| c.name == format!("!{n}")) {
        n += 1;
    }
    def.columns.push(ColumnDef {
        generated: Some(GeneratedDef { sql, stored: false }),
        hidden: true,
        ..ColumnDef::new(format!("!{n}"), ty, true)
    });
    Ok(def.columns.len() - 1)
}

/// One column of an index: a name, a prefix of a column, or an expression; ASC or DESC.
fn index_column(
    def: &mut TableDef,
    c: &ast::IndexColumn,
    unique: bool,
    cx: &BindContext<'_>,
) -> Result<IndexColumn> {
    let (expr, descending) = index_key(c)?;
    let name = match expr {
        ast::Expr::Identifier(name) => name,
        ast::Expr::Collate {
            expr: inner,
            collation,
        } if matches!(**inner, ast::Expr::Identifier(_)) => {
            let ast::Expr::Identifier(name) = inner.as_ref() else {
                return Err(unsupported("an index on an expression", expr));
            };
            let wanted = super::data_type::collation(collation, collation.place())?;
            let own = def
                .column(&name.value)
                .and_then(|c| def.columns.get(c))
                .map_or(Collation::Binary, |c| c.ty.collation());
            if wanted != own {
                let column = hidden_column(def, format!("{expr}"), None, expr, cx)?;
                return Ok(IndexColumn { column, descending });
            }
            name
        }
        ast::Expr::Function(f) if prefix(def, f).is_some() => {
            let column = match prefix(def, f) {
                Some(prefix) => prefix_column(def, prefix, unique, expr, cx)?,
                None => return Err(unsupported("an index on a prefix", expr)),
            };
            return Ok(IndexColumn { column, descending });
        }
        other => {
            let column = hidden_column(def, format!("{other}"), None, other, cx)?;
            return Ok(IndexColumn { column, descending });
        }
    };
    let column = column(def, name)?;
    if let Some(c) = def.columns.get(column)
        && !indexable(&c.ty)
    {
        return Err(invalid(
            format!("{} column {} cannot be indexed", c.ty, c.name),
            name,
        ));
    }
    Ok(IndexColumn { column, descending })
}

/// The columns of an index; none twice. Prefixes and expressions get hidden columns at the end of the table.
pub(super) fn index_columns(
    def: &mut TableDef,
    columns: &[ast::IndexColumn],
    unique: bool,
    cx: &BindContext<'_>,
) -> Result<Vec<IndexColumn>> {
    let mut out: Vec<IndexColumn> = Vec::with_capacity(columns.len());
    for c in columns {
        let next = index_column(def, c, unique, cx)?;
        if out.iter().any(|o| o.column == next.column) {
            return Err(invalid("a column occurs twice in the index", &c.column.expr));
        }
        out.push(next);
    }
    Ok(out)
}

/// All indexes are ordered trees, which do what hashes do too: HASH means BTREE, as with MySQL's InnoDB.
pub(super) fn index_type(ty: Option<&IndexType>, at: Option<Position>) -> Result<()> {
    match ty {
        None | Some(IndexType::BTree | IndexType::Hash) => Ok(()),
        Some(other) => Err(unsupported_at(format!("USING {other} (indexes are BTREE)"), at)),
    }
}

pub(super) fn index_options(options: &[IndexOption], at: Option<Position>) -> Result<()> {
    options.iter().try_for_each(|o| match o {
        IndexOption::Using(ty) => index_type(Some(ty), at),
        // Only tables and columns keep theirs.
        IndexOption::Comment(_) => Ok(()),
    })
}

/// When a foreign key is checked.
pub(super) fn deferral(c: Option<&ConstraintCharacteristics>, at: Option<Position>) -> Result<Deferral> {
    let Some(ConstraintCharacteristics {
        deferrable,
        initially,
        enforced,
    }) = c
    else {
        return Ok(Deferral::NotDeferrable);
    };
    refuse_at(*enforced == Some(false), "NOT ENFORCED", at)?;
    match (deferrable, initially) {
        (Some(false), Some(DeferrableInitial::Deferred)) => Err(Error::Invalid {
            message: String::from("NOT DEFERRABLE and INITIALLY DEFERRED contradict each other"),
            position: at,
        }),
        (_, Some(DeferrableInitial::Deferred)) => Ok(Deferral::Deferred),
        (Some(true), _) => Ok(Deferral::Immediate),
        _ => Ok(Deferral::NotDeferrable),
    }
}

/// Refuses what only a foreign key can be.
pub(super) fn characteristics(c: Option<&ConstraintCharacteristics>, at: Option<Position>) -> Result<()> {
    let Some(ConstraintCharacteristics {
        deferrable,
        initially,
        enforced,
    }) = c
    else {
        return Ok(());
    };
    refuse_at(
        *deferrable == Some(true),
        "DEFERRABLE of anything but a foreign key",
        at,
    )?;
    refuse_at(
        matches!(initially, Some(DeferrableInitial::Deferred)),
        "INITIALLY DEFERRED of anything but a foreign key",
        at,
    )?;
    refuse_at(*enforced == Some(false), "NOT ENFORCED", at)
}

/// What an index over these columns is called if it has no name.
fn name_of(def: &TableDef, columns: &[IndexColumn]) -> String {
    let first = columns.first().and_then(|c| def.columns.get(c.column));
    match first {
        Some(c) if !c.hidden => c.name.clone(),
        Some(c) => match c.generated.as_ref().and_then(|g| prefix_of(&g.sql)) {
            Some((name, _)) => name.trim_matches('`').replace("``", "`"),
            None => String::from("functional_index"),
        },
        None => String::from("index"),
    }
}

/// PRIMARY KEY. Its name is always `PRIMARY`, as in MySQL.
pub(super) fn primary_key(
    def: &TableDef,
    key: &PrimaryKeyConstraint,
    own: Option<usize>,
    at: Option<Position>,
    cx: &BindContext<'_>,
) -> Result<IndexDef> {
    let PrimaryKeyConstraint {
        name: _,
        index_name: _,
        index_type: ty,
        columns,
        include,
        index_options: options,
        characteristics: c,
    } = key;
    index_type(ty.as_ref(), at)?;
    refuse_at(!include.is_empty(), "INCLUDE", at)?;
    index_options(options, at)?;
    characteristics(c.as_ref(), at)?;
    let columns = match own {
        Some(column) => alloc::vec![IndexColumn {
            column,
            descending: false
        }],
        None => {
            let mut with_hidden = def.clone();
            let columns = index_columns(&mut with_hidden, columns, true, cx)?;
            if with_hidden.columns.len() > def.columns.len() {
                return Err(unsupported_at("a PRIMARY KEY on an expression or a prefix", at));
            }
            columns
        }
    };
    if let Some(c) = columns
        .iter()
        .filter_map(|c| def.columns.get(c.column))
        .find(|c| !indexable(&c.ty))
    {
        return Err(Error::Invalid {
            message: format!("{} column {} cannot be a key", c.ty, c.name),
            position: at,
        });
    }
    Ok(IndexDef {
        name: String::from(PRIMARY),
        columns,
        unique: true,
        constraint: true,
        filter: None,
        statistics: None,
    })
}

/// UNIQUE.
pub(super) fn unique(
    def: &mut TableDef,
    key: &UniqueConstraint,
    given: Option<&Ident>,
    own: Option<usize>,
    at: Option<Position>,
    cx: &BindContext<'_>,
) -> Result<IndexDef> {
    let UniqueConstraint {
        name,
        index_name,
        index_type_display: _,
        index_type: ty,
        columns,
        include,
        index_options: options,
        characteristics: c,
        nulls_distinct,
    } = key;
    index_type(ty.as_ref(), at)?;
    refuse_at(!include.is_empty(), "INCLUDE", at)?;
    index_options(options, at)?;
    characteristics(c.as_ref(), at)?;
    let not_distinct = matches!(nulls_distinct, NullsDistinctOption::NotDistinct);
    refuse_at(not_distinct, "NULLS NOT DISTINCT", at)?;
    let columns = match own {
        Some(column) => alloc::vec![IndexColumn {
            column,
            descending: false
        }],
        None => index_columns(def, columns, true, cx)?,
    };
    let base = name_of(def, &columns);
    let name = constraint_name(def, given.or(name.as_ref()).or(index_name.as_ref()), &base)?;
    Ok(IndexDef {
        name,
        columns,
        unique: true,
        constraint: true,
        filter: None,
        statistics: None,
    })
}

/// INDEX or KEY in CREATE or ALTER TABLE.
pub(super) fn plain_index(
    def: &mut TableDef,
    key: &IndexConstraint,
    at: Option<Position>,
    cx: &BindContext<'_>,
) -> Result<IndexDef> {
    let IndexConstraint {
        display_as_key: _,
        name,
        index_type: ty,
        columns,
        index_options: options,
    } = key;
    index_type(ty.as_ref(), at)?;
    index_options(options, at)?;
    let columns = index_columns(def, columns, false, cx)?;
    let base = name_of(def, &columns);
    Ok(IndexDef {
        name: constraint_name(def, name.as_ref(), &base)?,
        columns,
        unique: false,
        constraint: false,
        filter: None,
        statistics: None,
    })
}

/// CHECK: its definition, and its condition over all columns.
pub(super) fn check(
    def: &TableDef,
    check: &CheckConstraint,
    given: Option<&Ident>,
    cx: &BindContext<'_>,
) -> Result<(CheckDef, Expr)> {
    let CheckConstraint {
        name,
        expr,
        no_inherit,
        enforced,
    } = check;
    refuse(*no_inherit, "NO INHERIT", expr.as_ref())?;
    refuse(*enforced == Some(false), "NOT ENFORCED", expr.as_ref())?;
    let scope = Scope::of_table(&Arc::new(def.clone()), None);
    let constants = BindContext {
        source: cx.source,
        schema: cx.schema,
        params: &[],
    };
    let condition = to_bool(bind_ast(expr, &scope, "CHECK", &constants)?, expr.place())?;
    let base = format!("{}_chk_1", def.name);
    let mut name = given
        .or(name.as_ref())
        .map(|n| constraint_name(def, Some(n), ""))
        .transpose()?;
    if name.is_none() {
        let mut n = 1usize;
        let mut candidate = base;
        while has_constraint(def, &candidate) {
            n += 1;
            candidate = format!("{}_chk_{n}", def.name);
        }
        name = Some(candidate);
    }
    Ok((
        CheckDef {
            name: name.unwrap_or_default(),
            sql: format!("{expr}"),
        },
        condition,
    ))
}

/// Makes a key the table's primary key: the row id if it is one integer column, else a unique index.
pub(super) fn set_primary_key(def: &mut TableDef, key: IndexDef) {
    def.primary_key = key.columns.iter().map(|c| c.column).collect();
    for c in &key.columns {
        if let Some(column) = def.columns.get_mut(c.column) {
            column.nullable = false;
        }
    }
    let row_id = match key.columns.as_slice() {
        [one] => def
            .columns
            .get(one.column)
            .filter(|c| matches!(c.ty, DataType::Int(_)))
            .map(|_| one.column),
        _ => None,
    };
    match row_id {
        Some(column) => def.row_id_column = Some(column),
        None => def.indexes.insert(0, key),
    }
}
