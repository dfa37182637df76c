//! Binding a template: a statement whose literals were taken out of its text, see
//! [`Template`](crate::sql::parse::Template).
//!
//! The plan must be the one that the text itself would get, whatever the literals are. So a literal is
//! accepted only where its value decides nothing: as a value of an INSERT or of SET, which is converted to
//! the column's type, and beside a comparison with something of a known type, if it is exactly a value of
//! that type. Each such place is a [`Slot`], which says what a literal must be for the plan to be right, and
//! turns it into the parameter. Where tables are joined, the bound of a range decides how, by how many rows it leaves: such a literal
//! stays in the plan, which is for it alone. A template with a literal anywhere else is refused, and so is a text with a
//! literal that is not what its slot asks for: the text is then bound as it is.

use super::BindContext;
use super::binder::Binder;
use super::refuse::unsupported;
use super::types::{exact, follows, negate, number};
use super::view::with_views;
use crate::sql::parse::{LiteralText, ValuesText, unescape};
use crate::sql::plan::{Expr, InsertSource, Plan, Statement};
use crate::types::{AppendValues, Batch, ColumnBuilder, DataType, Error, Result, Value, ValueRef};
use alloc::vec::Vec;
use sqlparser::ast;

/// The place of a literal in a plan: the parameter of the same number.
#[derive(Debug, Clone, PartialEq)]
pub enum Slot {
    /// Compared with something of this type, or set to a column of it: it must be exactly such a value.
    Exact(DataType),
    /// Inserted into a column of this type, by the rules of assignment.
    Inserted(DataType),
    /// It says how much of a table is joined, and so decides how: the plan has this value in it, and is for no other.
    Fixed(Value),
}

/// The literals of the text that a template is bound for, and what has become of them.
pub(super) struct Slots<'a> {
    literals: &'a [Value],
    slots: Vec<Option<Slot>>,
}

/// What a literal stands for; `None` if it is no value.
pub fn literal_value(literal: LiteralText<'_>) -> Option<Value> {
    Some(match literal {
        LiteralText::Null => Value::Null,
        LiteralText::Bool(b) => Value::Bool(b),
        LiteralText::Text(raw) => Value::Text(unescape(raw).into_owned()),
        LiteralText::Number { digits, negative } => match number(digits)? {
            Expr::Literal { value, ty } if negative => negate(&value, &ty)?.0,
            Expr::Literal { value, .. } => value,
            _ => return None,
        },
    })
}

/// The value as one of the type, if a comparison would take the literal for that.
fn exactly(value: &Value, ty: &DataType) -> Option<Value> {
    // The number of a member is not compared for order as its text is.
    let by_number = ty.is_members() && !matches!(value, Value::Text(_));
    match !by_number && follows(&value.data_type(), ty) {
        true => exact(value, ty),
        false => None,
    }
}

impl Slot {
    /// The parameter for a literal; `None`: the plan is not for it.
    pub fn value(&self, literal: Value) -> Option<Value> {
        match self {
            Slot::Exact(ty) => exactly(&literal, ty),
            Slot::Inserted(ty) => Some(exact(&literal, ty).unwrap_or(literal)),
            Slot::Fixed(value) => (*value == literal).then_some(literal),
        }
    }
}

/// Binds a template for a text with these literals. Returns the plan, and the slots of its parameters.
///
/// Errors: whatever binding the text might run into, and others: they are not for the user.
pub fn bind_template(
    parsed: &crate::sql::parse::Parsed,
    cx: &BindContext<'_>,
    literals: &[Value],
) -> Result<(Statement, Vec<Slot>)> {
    with_views(cx, |views| {
        let mut binder = views.binder(cx);
        binder.slots = Some(Slots {
            literals,
            slots: alloc::vec![None; parsed.parameter_count()],
        });
        let (statement, slots) = super::statement::bind_with(parsed, binder)?;
        let slots: Option<Vec<Slot>> = slots.and_then(|s| s.slots.into_iter().collect());
        match slots {
            Some(slots) => Ok((statement, slots)),
            None => Err(Error::invalid("a literal of a template has no slot")),
        }
    })
}

impl<'a> Binder<'a> {
    /// The position of a literal that was taken out, if the expression is one.
    fn taken(&self, e: &ast::Expr) -> Option<usize> {
        self.slots.as_ref()?;
        let ast::Expr::Value(v) = e else { return None };
        let ast::Value::Placeholder(p) = &v.value else {
            return None;
        };
        p.get(1..)?.parse::<usize>().ok()?.checked_sub(1)
    }

    fn slot(&mut self, index: usize, slot: Slot, e: &ast::Expr) -> Result<Expr> {
        let operand = match &slot {
            Slot::Exact(ty) | Slot::Inserted(ty) => Expr::Param {
                index,
                ty: ty.clone(),
            },
            Slot::Fixed(value) => Expr::Literal {
                value: value.clone(),
                ty: value.data_type(),
            },
        };
        let free = self.slots.as_mut().and_then(|s| s.slots.get_mut(index));
        match free {
            Some(place @ None) => *place = Some(slot),
            _ => return Err(unsupported("a literal used twice", e)),
        }
        Ok(operand)
    }

    /// An operand that is compared with `other`; `ordered`: by more than whether they are equal.
    pub(super) fn compared(
        &mut self,
        e: &'a ast::Expr,
        other: &Expr,
        ordered: bool,
        env: &mut super::binder::Env<'_>,
    ) -> Result<Expr> {
        let Some(index) = self.taken(e) else {
            return self.expr(e, env);
        };
        let ty = other.ty();
        let literal = self.slots.as_ref().and_then(|s| s.literals.get(index));
        let fits = literal.is_some_and(|l| exactly(l, &ty).is_some());
        // Constants on both sides would be computed now. Whether a partial index is used depends on the value.
        if !fits || !reads_column(other) || has_partial_index(other, env) {
            return Err(unsupported("a literal of another type", e));
        }
        let slot = match literal {
            Some(value) if ordered && env.scope.tables().len() > 1 => Slot::Fixed(value.clone()),
            _ => Slot::Exact(ty),
        };
        self.slot(index, slot, e)
    }

    /// The value that UPDATE sets a column of this type to, if it is a literal that was taken out.
    pub(super) fn set_literal(&mut self, e: &'a ast::Expr, ty: &DataType) -> Result<Option<Expr>> {
        let Some(index) = self.taken(e) else {
            return Ok(None);
        };
        let literal = self.slots.as_ref().and_then(|s| s.literals.get(index));
        if literal.is_none_or(|l| exactly(l, ty).is_none()) {
            return Err(unsupported("a literal of another type", e));
        }
        self.slot(index, Slot::Exact(ty.clone()), e).map(Some)
    }

    /// A value of an INSERT into a column of this type, if it is a literal that was taken out.
    pub(super) fn inserted_literal(&mut self, e: &'a ast::Expr, ty: &DataType) -> Result<Option<Expr>> {
        match self.taken(e) {
            None => Ok(None),
            Some(index) => self.slot(index, Slot::Inserted(ty.clone()), e).map(Some),
        }
    }
}

/// Whether a table whose columns an expression reads has a partial index.
fn has_partial_index(e: &Expr, env: &super::binder::Env<'_>) -> bool {
    let mut found = match e {
        Expr::Column { index, .. } => {
            let table = env
                .scope
                .at_index(*index)
                .and_then(|c| env.scope.tables().get(c.table));
            let def = table.and_then(|t| t.def());
            def.is_some_and(|d| d.indexes.iter().any(|i| i.filter.is_some()))
        }
        _ => false,
    };
    e.for_each_child(&mut |c| found |= has_partial_index(c, env));
    found
}

fn reads_column(e: &Expr) -> bool {
    let mut found = matches!(e, Expr::Column { .. });
    e.for_each_child(&mut |c| found |= reads_column(c));
    found
}

/// The types of the rows that the bound template of a [`ValuesText`] inserts; `None` if its rows are not
/// simply those of the list.
pub fn inserted_types(statement: &Statement) -> Option<&[DataType]> {
    let Statement::Insert(insert) = statement else {
        return None;
    };
    let InsertSource::Query(query) = &insert.source;
    let Plan::Values { rows, types } = &query.plan else {
        return None;
    };
    let [row] = rows.as_slice() else { return None };
    let in_order = row
        .iter()
        .enumerate()
        .all(|(i, e)| matches!(e, Expr::Param { index, ty } if *index == i && Some(ty) == types.get(i)));
    (in_order && row.len() == types.len() && query.sub_plans.is_empty()).then_some(types)
}

/// The rows of a list as batches of at most `most` rows with columns of these types; `None` if a value is not
/// one of its column's type, or the list has another number of columns.
pub fn read_rows(values: &ValuesText<'_>, types: &[DataType], most: usize) -> Option<Vec<Batch>> {
    if values.width() != types.len() || most == 0 {
        return None;
    }
    let mut batches = Vec::with_capacity(values.rows().div_ceil(most));
    let mut left = values.rows();
    let empty = |left: usize| -> Vec<ColumnBuilder> {
        let column = |ty: &DataType| ColumnBuilder::with_capacity(ty.physical(), left.min(most));
        types.iter().map(column).collect()
    };
    let finish = |columns: Vec<ColumnBuilder>| columns.into_iter().map(ColumnBuilder::finish).collect();
    let mut columns = empty(left);
    for row in values.each_row() {
        for ((literal, ty), column) in row.zip(types).zip(&mut columns) {
            push(column, literal, ty)?;
        }
        if columns.first().is_some_and(|c| c.len() == most) {
            left -= most;
            let full = core::mem::replace(&mut columns, empty(left));
            batches.push(Batch::new(finish(full), most));
        }
    }
    if left > 0 {
        batches.push(Batch::new(finish(columns), left));
    }
    Some(batches)
}

/// Whether they are nothing but digits, few enough for a BIGINT.
fn is_short_int(digits: &str) -> bool {
    digits.len() <= 18 && digits.bytes().all(|b| b.is_ascii_digit())
}

/// Appends a literal as an assignment converts it: as [`Slot::Inserted`] does, but without a value of its own
/// for the frequent cases.
fn push(column: &mut ColumnBuilder, literal: LiteralText<'_>, ty: &DataType) -> Option<()> {
    match (literal, ty) {
        (LiteralText::Text(raw), DataType::Text { .. }) => {
            column.append_ref(ValueRef::Text(&unescape(raw)), ty).ok()
        }
        (LiteralText::Number { digits, negative }, DataType::Int(int)) if is_short_int(digits) => {
            let value: i64 = digits.parse().ok()?;
            let value = if negative { -value } else { value };
            int.holds(value).then(|| column.append_i64(value))
        }
        (LiteralText::Number { digits, negative }, DataType::Double) => {
            // The double nearest to the number as written, whatever type the literal has. Only a DOUBLE
            // has a negative zero.
            let value: f64 = digits.parse().ok()?;
            let negative = negative && (value != 0.0 || digits.contains(['e', 'E']));
            value
                .is_finite()
                .then(|| column.append_f64(if negative { -value } else { value }))
        }
        _ => {
            let value = literal_value(literal)?;
            let value = exact(&value, ty).unwrap_or(value);
            column.append_value(&value, ty).ok()
        }
    }
}
