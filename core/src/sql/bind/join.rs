//! FROM: tables, derived tables, CTEs, and joins.

use super::binder::{Binder, Env};
use super::cte::Cte;
use super::expr::balanced;
use super::index::unknown_index;
use super::lateral::{has_lateral, is_lateral, lateral_join};
use super::names::{Scope, ScopeTable};
use super::refuse::{Place, invalid, refuse, unsupported};
use super::types::{compare, convert_all};
use crate::catalog::{ColumnDef, TableDef};
use crate::sql::parse::start;
use crate::sql::plan::{Access, BinaryOp, CompareOp, Expr, Join, JoinKind, Once, OutputColumn, Plan};
use crate::types::{DataType, Error, Result};
use alloc::{boxed::Box, format, string::String, sync::Arc, vec, vec::Vec};
use sqlparser::ast::{
    self, Ident, JoinConstraint, JoinOperator, ObjectName, ObjectNamePart, TableAlias, TableFactor,
    TableWithJoins,
};

/// A full scan of all columns of a table.
pub(super) fn scan(def: &Arc<TableDef>, alias: &str, row_id: bool) -> Plan {
    Plan::Scan {
        table: def.id,
        alias: String::from(alias),
        columns: (0..def.columns.len()).collect(),
        types: def.columns.iter().map(|c| c.ty.clone()).collect(),
        row_id,
        access: Access::Full,
        filter: None,
        key_filters: Vec::new(),
    }
}

/// One row without columns: what SELECT without FROM reads.
pub(super) fn one_row() -> Plan {
    Plan::Values {
        rows: vec![Vec::new()],
        types: Vec::new(),
    }
}

fn is_dual(name: &ObjectName) -> bool {
    matches!(name.0.as_slice(), [ObjectNamePart::Identifier(i)] if i.value.eq_ignore_ascii_case("dual"))
}

/// The kinds of join as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Inner,
    Left,
    Right,
    Full,
}

fn join_kind<'j>(operator: &'j JoinOperator, at: &ast::Join) -> Result<(Side, Option<&'j JoinConstraint>)> {
    let refused = match operator {
        // The optimizer orders those of STRAIGHT_JOIN as any others.
        JoinOperator::Join(c)
        | JoinOperator::Inner(c)
        | JoinOperator::CrossJoin(c)
        | JoinOperator::StraightJoin(c) => {
            return Ok((Side::Inner, Some(c)));
        }
        JoinOperator::Left(c) | JoinOperator::LeftOuter(c) => return Ok((Side::Left, Some(c))),
        JoinOperator::Right(c) | JoinOperator::RightOuter(c) => return Ok((Side::Right, Some(c))),
        JoinOperator::FullOuter(c) => return Ok((Side::Full, Some(c))),
        JoinOperator::Semi(_) | JoinOperator::LeftSemi(_) | JoinOperator::RightSemi(_) => "SEMI JOIN",
        JoinOperator::Anti(_) | JoinOperator::LeftAnti(_) | JoinOperator::RightAnti(_) => "ANTI JOIN",
        JoinOperator::CrossApply | JoinOperator::OuterApply => "APPLY",
        JoinOperator::AsOf { .. } => "ASOF JOIN",
        JoinOperator::ArrayJoin | JoinOperator::LeftArrayJoin | JoinOperator::InnerArrayJoin => "ARRAY JOIN",
    };
    Err(unsupported(refused, at))
}

/// Which columns an expression reads: (some below `boundary`, some at or above it).
fn sides(expr: &Expr, boundary: usize) -> (bool, bool) {
    let mut found = match expr {
        Expr::Column { index, .. } => (*index < boundary, *index >= boundary),
        _ => (false, false),
    };
    expr.for_each_child(&mut |c| {
        let (l, r) = sides(c, boundary);
        found = (found.0 || l, found.1 || r);
    });
    found
}

fn shift_down(expr: &mut Expr, by: usize) {
    if let Expr::Column { index, .. } = expr {
        *index = index.saturating_sub(by);
    }
    expr.for_each_child_mut(&mut |c| shift_down(c, by));
}

/// Equalities between a join's inputs, and what else its condition says.
#[derive(Default)]
struct JoinCondition {
    equal: Vec<(Expr, Expr)>,
    rest: Vec<Expr>,
}

impl JoinCondition {
    /// Takes a condition apart; columns from `boundary` on are the right input's.
    fn add(&mut self, condition: Expr, boundary: usize) {
        match condition {
            Expr::Binary {
                op: BinaryOp::And,
                left,
                right,
                ..
            } => {
                self.add(*left, boundary);
                self.add(*right, boundary);
            }
            Expr::Compare {
                op: CompareOp::Eq,
                left,
                right,
            } => {
                let is_correlated = left.is_correlated() || right.is_correlated();
                let pair = match (sides(&left, boundary), sides(&right, boundary)) {
                    // A subquery's answer is known above the join only.
                    ((true, false), (false, true)) if !is_correlated => (*left, *right),
                    ((false, true), (true, false)) if !is_correlated => (*right, *left),
                    _ => {
                        let op = CompareOp::Eq;
                        return self.rest.push(Expr::Compare { op, left, right });
                    }
                };
                let (l, mut r) = pair;
                shift_down(&mut r, boundary);
                self.equal.push((l, r));
            }
            other => self.rest.push(other),
        }
    }
}

/// A table alias without column names; those are checked by the caller.
fn alias_name(alias: Option<&TableAlias>) -> Result<Option<(&Ident, &[ast::TableAliasColumnDef])>> {
    let Some(TableAlias {
        explicit: _,
        name,
        columns,
        at,
    }) = alias
    else {
        return Ok(None);
    };
    refuse(at.is_some(), "AT in a table alias", name)?;
    for c in columns {
        refuse(c.data_type.is_some(), "a type in a table alias", &c.name)?;
    }
    Ok(Some((name, columns)))
}

/// The names that `alias (a, b)` gives to columns.
fn renamed(columns: &[ast::TableAliasColumnDef], width: usize, at: &Ident) -> Result<Vec<String>> {
    if columns.len() != width {
        return Err(invalid(
            format!(
                "{} has {width} columns, its alias names {}",
                at.value,
                columns.len()
            ),
            at,
        ));
    }
    Ok(columns.iter().map(|c| c.name.value.clone()).collect())
}

/// The name and alias of a table; what else may be said of one is refused. `None`: not a named table.
pub(super) fn plain_table(factor: &TableFactor) -> Result<Option<(&ObjectName, Option<&TableAlias>)>> {
    let TableFactor::Table {
        name,
        alias,
        args,
        with_hints,
        version,
        with_ordinality,
        partitions,
        json_path,
        sample,
        index_hints: _,
    } = factor
    else {
        return Ok(None);
    };
    refuse(!with_hints.is_empty(), "WITH (hints)", factor)?;
    refuse(version.is_some(), "a table version (FOR SYSTEM_TIME …)", factor)?;
    refuse(*with_ordinality, "WITH ORDINALITY", factor)?;
    refuse(!partitions.is_empty(), "PARTITION (…)", factor)?;
    refuse(json_path.is_some(), "a JSON path on a table", factor)?;
    refuse(sample.is_some(), "TABLESAMPLE", factor)?;
    // With arguments it is a function.
    Ok(args.is_none().then_some((name, alias.as_ref())))
}

impl<'a> Binder<'a> {
    /// FROM as a whole.
    pub(super) fn from(&mut self, from: &'a [TableWithJoins]) -> Result<(Plan, Scope)> {
        let Some((first, others)) = from.split_first() else {
            return Ok((one_row(), Scope::default()));
        };
        let mut left = self.table_with_joins(first)?;
        for item in others {
            let (right, captures) = self.beside(&left.1, has_lateral(item), |b| b.table_with_joins(item))?;
            left = cross(left, right, captures)?;
        }
        Ok(left)
    }

    /// The tables of a statement that changes rows: each that is a table, and not read by a query, gives
    /// its row ids too.
    pub(super) fn tables_to_change(
        &mut self,
        tables: impl Iterator<Item = &'a TableWithJoins>,
    ) -> Result<(Plan, Scope)> {
        self.row_ids = true;
        let mut all = None;
        for item in tables {
            let right = self.table_with_joins(item)?;
            all = Some(match all {
                None => right,
                Some(left) => cross(left, right, Vec::new())?,
            });
        }
        self.row_ids = false;
        Ok(all.unwrap_or_else(|| (one_row(), Scope::default())))
    }

    /// MERGE: every row of `source` that matches one of the table `target`, or all of them, each beside those
    /// it matches.
    pub(super) fn merged_tables(
        &mut self,
        source: &'a TableFactor,
        target: &'a TableFactor,
        on: &'a ast::Expr,
        all: bool,
    ) -> Result<(Plan, Scope)> {
        let (left, mut scope) = self.table_factor(source)?;
        self.row_ids = true;
        let (right, right_scope) = self.table_factor(target)?;
        self.row_ids = false;
        let boundary = scope.width();
        scope.append(right_scope)?;
        let mut env = Env::new(&scope, "ON");
        if all {
            env = Env::new(&scope, "ON of MERGE").without_correlation();
        }
        let mut conditions = JoinCondition::default();
        conditions.add(self.condition(on, &mut env)?, boundary);
        let join = Join {
            kind: if all { JoinKind::Left } else { JoinKind::Inner },
            left,
            right,
            equal: conditions.equal,
            condition: balanced(BinaryOp::And, conditions.rest),
            told: Vec::new(),
            merge: false,
            once: Once::default(),
        };
        Ok((Plan::Join(Box::new(join)), scope))
    }

    fn table_with_joins(&mut self, item: &'a TableWithJoins) -> Result<(Plan, Scope)> {
        let TableWithJoins { relation, joins } = item;
        let mut left = self.table_factor(relation)?;
        for join in joins {
            left = self.join_with(left, join)?;
        }
        Ok(left)
    }

    fn join_with(&mut self, left: (Plan, Scope), join: &'a ast::Join) -> Result<(Plan, Scope)> {
        let ast::Join {
            relation,
            global,
            join_operator,
        } = join;
        refuse(*global, "GLOBAL JOIN", join)?;
        let (side, constraint) = join_kind(join_operator, join)?;
        let sees_left = is_lateral(relation) && matches!(side, Side::Inner | Side::Left);
        let (right, captures) = self.beside(&left.1, sees_left, |b| b.table_factor(relation))?;
        self.join(left, right, captures, side, constraint, join)
    }

    fn join(
        &mut self,
        (left, mut scope): (Plan, Scope),
        (right, right_scope): (Plan, Scope),
        captures: Vec<Expr>,
        side: Side,
        constraint: Option<&'a JoinConstraint>,
        at: &'a ast::Join,
    ) -> Result<(Plan, Scope)> {
        let merged = merged_columns(&scope, &right_scope, constraint, at)?;
        let boundary = match side {
            Side::Right => {
                let boundary = right_scope.width();
                scope.append_before(right_scope)?;
                boundary
            }
            Side::Inner | Side::Left | Side::Full => {
                let boundary = scope.width();
                scope.append(right_scope)?;
                boundary
            }
        };
        let mut conditions = JoinCondition::default();
        let is_lateral = !captures.is_empty();
        let mut pairs = Vec::with_capacity(merged.len());
        for (name, l, r) in merged {
            let (Some(lc), Some(rc)) = (scope.column(l), scope.column(r)) else {
                continue;
            };
            let same = compare(
                CompareOp::Eq,
                lc.expr(),
                rc.expr(),
                name.and_then(|n| start(n.span)),
            )?;
            match is_lateral {
                true => conditions.rest.push(same),
                false => conditions.add(same, boundary),
            }
            pairs.push(if side == Side::Right { (r, l) } else { (l, r) });
        }
        match constraint {
            Some(JoinConstraint::On(condition)) => {
                let mut env = Env::new(&scope, "ON");
                if side != Side::Inner {
                    env = Env::new(&scope, "ON of an outer join").without_correlation();
                }
                let condition = self.condition(condition, &mut env)?;
                match is_lateral {
                    true => conditions.rest.push(condition),
                    false => conditions.add(condition, boundary),
                }
            }
            None | Some(JoinConstraint::None) if side != Side::Inner => {
                return Err(invalid("an outer join needs ON or USING", at));
            }
            _ => {}
        }
        if !pairs.is_empty() {
            scope.merge(&pairs);
        }
        let (left, right) = if side == Side::Right {
            (right, left)
        } else {
            (left, right)
        };
        let kind = match side {
            Side::Inner => JoinKind::Inner,
            Side::Left | Side::Right | Side::Full => JoinKind::Left,
        };
        if is_lateral {
            let condition = balanced(BinaryOp::And, conditions.rest);
            return Ok((lateral_join(kind, left, right, captures, condition), scope));
        }
        let join = Join {
            kind,
            left,
            right,
            equal: conditions.equal,
            condition: balanced(BinaryOp::And, conditions.rest),
            told: Vec::new(),
            merge: false,
            once: Once::default(),
        };
        let plan = match side {
            Side::Full => {
                let plan = self.full_join(join)?;
                return coalesced(plan, scope, &pairs, at);
            }
            Side::Inner | Side::Left | Side::Right => Plan::Join(Box::new(join)),
        };
        Ok((plan, scope))
    }

    fn table_factor(&mut self, factor: &'a TableFactor) -> Result<(Plan, Scope)> {
        if let Some((name, alias)) = plain_table(factor)? {
            self.check_hints(name, factor)?;
            return self.named_table(name, alias);
        }
        match factor {
            TableFactor::Table {
                name,
                args: Some(args),
                alias,
                ..
            } => {
                let (plan, columns) = self.table_function(name, args)?;
                let own = match name.0.last() {
                    Some(ObjectNamePart::Identifier(own)) => own,
                    _ => return Err(unsupported("this table function", factor)),
                };
                let (name, names) = alias_name(alias.as_ref())?.unwrap_or((own, &[]));
                derived(plan, columns, name, names)
            }
            TableFactor::Derived {
                lateral,
                subquery,
                alias,
                sample,
            } => {
                refuse(sample.is_some(), "TABLESAMPLE", factor)?;
                let (plan, columns) = self.deeper(1, |b| match lateral {
                    true => b.laterally(|b| b.query(subquery)),
                    false => b.query(subquery),
                })?;
                match alias_name(alias.as_ref())? {
                    Some((name, names)) => derived(plan, columns, name, names),
                    None => {
                        let unnamed = Ident::new("");
                        derived(plan, columns, &unnamed, &[])
                    }
                }
            }
            TableFactor::JsonTable {
                json_expr,
                json_path,
                columns,
                alias,
            } => {
                let (plan, columns) = self.json_table(json_expr, json_path, columns)?;
                let own = Ident::new("json_table");
                let (name, names) = alias_name(alias.as_ref())?.unwrap_or((&own, &[]));
                derived(plan, columns, name, names)
            }
            TableFactor::NestedJoin {
                table_with_joins,
                alias,
            } => {
                let Some((name, names)) = alias_name(alias.as_ref())? else {
                    return self.deeper(1, |b| b.table_with_joins(table_with_joins));
                };
                // It hides the names of the tables; what has no other name cannot be changed.
                let row_ids = core::mem::take(&mut self.row_ids);
                let (plan, scope) = self.deeper(1, |b| b.table_with_joins(table_with_joins))?;
                self.row_ids = row_ids;
                let (mut exprs, mut columns) = (Vec::new(), Vec::new());
                for (_, c) in scope.visible() {
                    exprs.push(c.expr());
                    columns.push(OutputColumn {
                        name: String::from(scope.name(c)),
                        ty: c.ty.clone(),
                        table: scope.source(c).map(String::from),
                    });
                }
                let input = Box::new(plan);
                derived(Plan::Project { input, exprs }, columns, name, names)
            }
            other => Err(unsupported(unoffered(other), other)),
        }
    }

    /// USE, IGNORE and FORCE INDEX name indexes that exist; which one is used the optimizer decides.
    fn check_hints(&self, name: &ObjectName, factor: &TableFactor) -> Result<()> {
        let TableFactor::Table { index_hints, .. } = factor else {
            return Ok(());
        };
        let mut named = index_hints.iter().flat_map(|h| &h.index_names).peekable();
        if named.peek().is_none() {
            return Ok(());
        }
        let def = self.cx.table(name)?;
        let is_known = |i: &&Ident| {
            i.value.eq_ignore_ascii_case("PRIMARY") && !def.primary_key.is_empty()
                || def.indexes.iter().any(|x| x.name.eq_ignore_ascii_case(&i.value))
        };
        match named.find(|i| !is_known(i)) {
            Some(unknown) => Err(unknown_index(&def, unknown)),
            None => Ok(()),
        }
    }

    fn named_table(&mut self, name: &'a ObjectName, alias: Option<&'a TableAlias>) -> Result<(Plan, Scope)> {
        let alias = alias_name(alias)?;
        if let [ObjectNamePart::Identifier(ident)] = name.0.as_slice() {
            let is_named = |c: &Cte<'_>| c.definition.alias.name.value.eq_ignore_ascii_case(&ident.value);
            if let Some(at) = self.ctes.iter().rposition(is_named) {
                return self.cte(at, alias);
            }
        }
        if let Some(table) = self.information_table(name)? {
            return self.information(table, alias);
        }
        if let Ok((schema, ident)) = self.cx.table_name(name)
            && let Some(view) = self.source().view(schema, &ident.value)
            // A temporary table hides it.
            && self.source().table(schema, &ident.value).is_none()
        {
            return self.view(view, ident, alias);
        }
        let def = match self.cx.table(name) {
            // MySQL's name for no table at all, unless there is a table of that name.
            Err(Error::Unknown { kind: "table", .. }) if is_dual(name) && alias.is_none() => {
                return Ok((one_row(), Scope::default()));
            }
            def => def?,
        };
        if self.stars.is_some() && def.id.is_temporary() {
            return Err(invalid(
                format!(
                    "a view cannot read the temporary table {}: only its session sees it",
                    def.name
                ),
                name,
            ));
        }
        let with_alias = alias.map(|(name, _)| name.value.clone());
        let called = with_alias.as_deref().unwrap_or(&def.name);
        if self.row_ids && alias.is_none_or(|(_, columns)| columns.is_empty()) {
            return Ok((scan(&def, called, true), Scope::of_rows(&def, with_alias)));
        }
        let plan = scan(&def, called, false);
        let Some((alias, columns)) = alias.filter(|(_, columns)| !columns.is_empty()) else {
            return Ok((plan, Scope::of_table(&def, with_alias)));
        };
        let mut given = renamed(columns, def.visible_columns().count(), alias)?.into_iter();
        let mut name = |c: &ColumnDef| match c.hidden {
            true => String::new(),
            false => given.next().unwrap_or_default(),
        };
        let names = def.columns.iter().map(&mut name).collect();
        Ok((
            plan,
            Scope::over_table(ScopeTable::derived(alias.value.clone(), names), &def),
        ))
    }

    /// A query of WITH where it is named.
    fn cte(
        &mut self,
        at: usize,
        alias: Option<(&Ident, &[ast::TableAliasColumnDef])>,
    ) -> Result<(Plan, Scope)> {
        let (definition, plan, mut columns) = self.expand(at)?;
        if let Some((name, names)) = alias_name(Some(&definition.alias))?
            && !names.is_empty()
        {
            let names = renamed(names, columns.len(), name)?;
            for (column, name) in columns.iter_mut().zip(names) {
                column.name = name;
            }
        }
        let (name, names) = alias.unwrap_or((&definition.alias.name, &[]));
        derived(plan, columns, name, names)
    }
}

/// A derived table's scope.
pub(super) fn derived(
    plan: Plan,
    columns: Vec<OutputColumn>,
    name: &Ident,
    names: &[ast::TableAliasColumnDef],
) -> Result<(Plan, Scope)> {
    let types: Vec<DataType> = columns.iter().map(|c| c.ty.clone()).collect();
    let names = if names.is_empty() {
        columns.into_iter().map(|c| c.name).collect()
    } else {
        renamed(names, columns.len(), name)?
    };
    Ok((
        plan,
        Scope::of(ScopeTable::derived(name.value.clone(), names), types),
    ))
}

fn cross(
    (left, mut scope): (Plan, Scope),
    (right, others): (Plan, Scope),
    captures: Vec<Expr>,
) -> Result<(Plan, Scope)> {
    scope.append(others)?;
    if !captures.is_empty() {
        return Ok((lateral_join(JoinKind::Inner, left, right, captures, None), scope));
    }
    let join = Join {
        kind: JoinKind::Inner,
        left,
        right,
        equal: Vec::new(),
        condition: None,
        told: Vec::new(),
        merge: false,
        once: Once::default(),
    };
    Ok((Plan::Join(Box::new(join)), scope))
}

/// The columns that USING or NATURAL merges: positions on the left, and on the right as they will be
/// once the right scope is appended.
fn merged_columns<'c>(
    left: &Scope,
    right: &Scope,
    constraint: Option<&'c JoinConstraint>,
    at: &ast::Join,
) -> Result<Vec<(Option<&'c Ident>, usize, usize)>> {
    let shift = left.column_count();
    let only = |scope: &Scope, name: &Ident| -> Result<usize> {
        let mut found = scope.find_visible(&name.value);
        match (found.next(), found.next()) {
            (Some(one), None) => Ok(one),
            (Some(_), Some(_)) => Err(Error::AmbiguousColumn {
                name: name.value.clone(),
                position: start(name.span),
            }),
            (None, _) => Err(scope.unknown_column(name.value.clone(), name)),
        }
    };
    match constraint {
        Some(JoinConstraint::Using(names)) => names
            .iter()
            .map(|n| {
                let name = super::names::ident(n, "column of USING")?;
                Ok((Some(name), only(left, name)?, only(right, name)? + shift))
            })
            .collect(),
        Some(JoinConstraint::Natural) => {
            let mut pairs = Vec::new();
            for (l, column) in left.visible() {
                let name = left.name(column);
                let mut found = right.find_visible(name);
                match (found.next(), found.next()) {
                    (Some(r), None) => {
                        if left.find_visible(name).nth(1).is_some() {
                            return Err(invalid(format!("column {name} of NATURAL JOIN is ambiguous"), at));
                        }
                        pairs.push((None, l, r + shift));
                    }
                    (Some(_), Some(_)) => {
                        return Err(invalid(format!("column {name} of NATURAL JOIN is ambiguous"), at));
                    }
                    (None, _) => {}
                }
            }
            Ok(pairs)
        }
        _ => Ok(Vec::new()),
    }
}

/// The columns that USING or NATURAL merges of a FULL JOIN: of either side, whichever has a row. They stand behind all
/// others, as those of a table without a name.
fn coalesced(
    plan: Plan,
    mut scope: Scope,
    pairs: &[(usize, usize)],
    at: &ast::Join,
) -> Result<(Plan, Scope)> {
    if pairs.is_empty() {
        return Ok((plan, scope));
    }
    let width = scope.width();
    let types = plan.types();
    let mut exprs: Vec<Expr> = Vec::with_capacity(width + pairs.len());
    exprs.extend(
        types
            .into_iter()
            .enumerate()
            .map(|(index, ty)| Expr::Column { index, ty }),
    );
    let (mut names, mut types) = (Vec::with_capacity(pairs.len()), Vec::with_capacity(pairs.len()));
    for (l, r) in pairs {
        let (Some(left), Some(right)) = (scope.column(*l), scope.column(*r)) else {
            continue;
        };
        names.push(String::from(scope.name(left)));
        let (both, ty) = convert_all(vec![left.expr(), right.expr()], at.place())?;
        let mut both = both.into_iter();
        let first = both.next().unwrap_or_else(|| left.expr());
        let known = Expr::IsNull {
            operand: Box::new(first.clone()),
            negated: true,
        };
        exprs.push(Expr::Case {
            branches: vec![(known, first)],
            otherwise: both.next().map(Box::new),
            ty: ty.clone(),
        });
        types.push(ty);
    }
    let first = scope.column_count();
    scope.append(Scope::of(ScopeTable::derived(String::new(), names), types))?;
    let instead: Vec<(usize, usize)> = pairs
        .iter()
        .enumerate()
        .map(|(i, (l, _))| (first + i, *l))
        .collect();
    scope.merge(&instead);
    Ok((plan.projected(exprs, width), scope))
}

/// What a table expression that is not offered is called.
fn unoffered(factor: &TableFactor) -> &'static str {
    match factor {
        TableFactor::TableFunction { .. } | TableFactor::Function { .. } => "a table function",
        TableFactor::UNNEST { .. } => "UNNEST",
        TableFactor::OpenJsonTable { .. } => "OPENJSON",
        TableFactor::Pivot { .. } => "PIVOT",
        TableFactor::Unpivot { .. } | TableFactor::UnpivotExpr { .. } => "UNPIVOT",
        TableFactor::MatchRecognize { .. } => "MATCH_RECOGNIZE",
        TableFactor::XmlTable { .. } => "XMLTABLE",
        TableFactor::SemanticView { .. } => "SEMANTIC_VIEW",
        _ => "this table expression",
    }
}
