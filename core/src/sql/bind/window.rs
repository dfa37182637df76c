//! Window functions: calls with OVER, and the WINDOW clause.
//!
//! As aggregates do, a call stands as a column whose index starts at [`WINDOW`] until the plan below is
//! known: window functions run after GROUP BY and HAVING, over what those leave.

use super::binder::{Binder, Env};
use super::order_by::sort_key;
use super::refuse::{Place, invalid, refuse, unsupported};
use super::types::{cast, convert_all, int_literal, numeric, shown_as};
use crate::sql::functions::Aggregate;
use crate::sql::parse::excluded;
use crate::sql::plan::{
    Expr, Frame, FrameBound, FrameExclusion, FrameUnits, Plan, SortKey, Window, WindowCall, WindowFunction,
};
use crate::types::{DataType, Error, Result};
use alloc::{boxed::Box, format, vec, vec::Vec};
use sqlparser::ast::{
    self, Function, FunctionArg, NamedWindowDefinition, NamedWindowExpr, WindowFrame, WindowFrameBound,
    WindowFrameUnits, WindowSpec, WindowType,
};

/// Column indexes from here on stand for window functions.
pub(super) const WINDOW: usize = usize::MAX / 4 * 3;

/// Names of the functions that are nothing without OVER.
const NAMES: [(&str, WindowFunction); 11] = [
    ("ROW_NUMBER", WindowFunction::RowNumber),
    ("RANK", WindowFunction::Rank),
    ("DENSE_RANK", WindowFunction::DenseRank),
    ("PERCENT_RANK", WindowFunction::PercentRank),
    ("CUME_DIST", WindowFunction::CumeDist),
    ("NTILE", WindowFunction::Ntile),
    ("LAG", WindowFunction::Lag),
    ("LEAD", WindowFunction::Lead),
    ("FIRST_VALUE", WindowFunction::FirstValue),
    ("LAST_VALUE", WindowFunction::LastValue),
    ("NTH_VALUE", WindowFunction::NthValue),
];

/// The function of that name, in capitals, that is nothing without OVER.
pub(super) fn window_function(name: &str) -> Option<WindowFunction> {
    NAMES.iter().find(|(n, _)| *n == name).map(|(_, f)| f.clone())
}

/// A window function of a SELECT, and the window it is over.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct BoundWindow {
    partition: Vec<Expr>,
    order: Vec<SortKey>,
    call: WindowCall,
}

impl BoundWindow {
    /// Calls `f` on every expression.
    pub(super) fn for_each_expr_mut<'e>(&'e mut self, f: &mut dyn FnMut(&'e mut Expr)) {
        self.partition.iter_mut().for_each(&mut *f);
        self.order.iter_mut().for_each(|k| f(&mut k.expr));
        self.call.args.iter_mut().for_each(&mut *f);
        let Frame { start, end, .. } = &mut self.call.frame;
        for bound in [start, end] {
            if let FrameBound::At { edge, .. } = bound {
                f(edge);
            }
        }
        if let WindowFunction::Aggregate(call) = &mut self.call.function {
            call.exprs_mut().for_each(f);
        }
    }
}

/// The windows of a SELECT: those of its WINDOW clause, and the functions found so far.
#[derive(Default)]
pub(super) struct Windows<'a> {
    named: &'a [NamedWindowDefinition],
    pub(super) bound: Vec<BoundWindow>,
}

/// A window with its names looked up.
#[derive(Default, Clone, Copy)]
struct Spec<'a> {
    partition: &'a [ast::Expr],
    order: &'a [ast::OrderByExpr],
    frame: Option<&'a WindowFrame>,
    /// What is written behind EXCLUDE.
    exclude: &'static [&'static str],
}

impl<'a> Windows<'a> {
    pub(super) fn new(named: &'a [NamedWindowDefinition]) -> Windows<'a> {
        Windows {
            named,
            bound: Vec::new(),
        }
    }

    fn spec(&self, over: &'a WindowType) -> Result<Spec<'a>> {
        match over {
            WindowType::NamedWindow(name) => self.of_name(name, self.named.len()),
            WindowType::WindowSpec(spec) => self.of_spec(spec, self.named.len()),
        }
    }

    /// A named window, among the first `sees`: a definition sees those before it.
    fn of_name(&self, name: &ast::Ident, sees: usize) -> Result<Spec<'a>> {
        let named = self.named.iter().take(sees);
        let mut found = named
            .enumerate()
            .filter(|(_, d)| d.0.value.eq_ignore_ascii_case(&name.value));
        match found.next() {
            Some((i, NamedWindowDefinition(_, NamedWindowExpr::WindowSpec(spec)))) => self.of_spec(spec, i),
            Some((i, NamedWindowDefinition(_, NamedWindowExpr::NamedWindow(other)))) => {
                self.of_name(other, i)
            }
            None => Err(Error::Unknown {
                kind: "window",
                name: name.value.clone(),
                nearest: None,
                position: crate::sql::parse::start(name.span),
            }),
        }
    }

    fn of_spec(&self, spec: &'a WindowSpec, sees: usize) -> Result<Spec<'a>> {
        let WindowSpec {
            window_name,
            partition_by,
            order_by,
            window_frame,
        } = spec;
        let mut out = Spec {
            partition: partition_by,
            order: order_by,
            frame: window_frame.as_ref(),
            exclude: &[],
        };
        let Some(name) = window_name else {
            return Ok(out);
        };
        let (base, exclude) = excluded(name);
        out.exclude = exclude;
        let Some(name) = &base else { return Ok(out) };
        let base = self.of_name(name, sees)?;
        refuse(
            !partition_by.is_empty(),
            "PARTITION BY for a named window that has its own",
            name,
        )?;
        if !base.order.is_empty() && !order_by.is_empty() {
            return Err(unsupported("ORDER BY for a named window that has its own", name));
        }
        refuse(
            base.frame.is_some(),
            "a named window with a frame as a base",
            name,
        )?;
        out.partition = base.partition;
        if order_by.is_empty() {
            out.order = base.order;
        }
        Ok(out)
    }
}

/// Whether an expression contains a window function.
pub(super) fn contains_window(expr: &Expr) -> bool {
    let mut found = matches!(expr, Expr::Column { index, .. } if *index >= WINDOW);
    expr.for_each_child(&mut |c| found |= contains_window(c));
    found
}

impl<'a> Binder<'a> {
    /// A call of a function that needs OVER.
    pub(super) fn window_call(
        &mut self,
        function: WindowFunction,
        f: &'a Function,
        arguments: &'a [FunctionArg],
        over: &'a WindowType,
        env: &mut Env<'_>,
    ) -> Result<Expr> {
        let mut inner = self.window_env(env);
        let mut args = self.arguments(arguments, &mut inner)?;
        let count = match function {
            WindowFunction::Lag | WindowFunction::Lead => 1..=3,
            WindowFunction::FirstValue | WindowFunction::LastValue | WindowFunction::Ntile => 1..=1,
            WindowFunction::NthValue => 2..=2,
            _ => 0..=0,
        };
        if !count.contains(&args.len()) {
            let (least, most) = (count.start(), count.end());
            return Err(invalid(
                format!("{} takes {least} to {most} arguments", function.name()),
                f,
            ));
        }
        let counted = if function == WindowFunction::Ntile { 0 } else { 1 };
        if let Some(n) = args.get_mut(counted) {
            *n = cast(core::mem::replace(n, int_literal(0)), &DataType::BIGINT, false);
        }
        let ty = match function {
            WindowFunction::PercentRank | WindowFunction::CumeDist => DataType::Double,
            WindowFunction::Lag | WindowFunction::Lead if args.len() == 3 => {
                let default = args.pop().unwrap_or(int_literal(0));
                let value = args.first().cloned().unwrap_or(int_literal(0));
                let (pair, ty) = convert_all(vec![value, default], f.place())?;
                let mut pair = pair.into_iter();
                if let (Some(first), Some(value)) = (args.first_mut(), pair.next()) {
                    *first = value;
                }
                args.extend(pair);
                ty
            }
            WindowFunction::Lag
            | WindowFunction::Lead
            | WindowFunction::FirstValue
            | WindowFunction::LastValue
            | WindowFunction::NthValue => args.first().map_or(DataType::Null, Expr::ty),
            _ => DataType::BIGINT,
        };
        self.over(function, args, ty, over, f, env)
    }

    /// An aggregate's call over a window.
    pub(super) fn aggregate_over(
        &mut self,
        function: Aggregate,
        f: &'a Function,
        arguments: &'a [FunctionArg],
        over: &'a WindowType,
        env: &mut Env<'_>,
    ) -> Result<Expr> {
        let mut inner = self.window_env(env);
        let (call, shown) = self.aggregate_call(function, f, arguments, &mut inner)?;
        let ty = call.ty.clone();
        let result = self.over(WindowFunction::Aggregate(call), Vec::new(), ty, over, f, env)?;
        Ok(shown_as(result, &shown))
    }

    /// What the arguments of a window function may refer to: aggregates too, but no other window functions.
    fn window_env<'e>(&self, env: &'e mut Env<'_>) -> Env<'e> {
        Env {
            aggregates: env.aggregates.as_deref_mut(),
            ..Env::new(env.scope, "a window function").without_correlation()
        }
    }

    fn over(
        &mut self,
        function: WindowFunction,
        args: Vec<Expr>,
        ty: DataType,
        over: &'a WindowType,
        f: &'a Function,
        env: &mut Env<'_>,
    ) -> Result<Expr> {
        let windows = self.windows.last().filter(|_| env.windows);
        let Some(windows) = windows else {
            return Err(invalid(
                format!(
                    "the window function {} cannot stand in {}",
                    function.name(),
                    env.clause
                ),
                f,
            ));
        };
        let spec = windows.spec(over)?;
        let mut inner = self.window_env(env);
        let mut partition = Vec::with_capacity(spec.partition.len());
        for e in spec.partition {
            partition.push(self.expr(e, &mut inner)?);
        }
        let mut order = Vec::with_capacity(spec.order.len());
        for key in spec.order {
            let expr = self.expr(&key.expr, &mut inner)?;
            order.push(sort_key(expr, key)?);
        }
        let mut frame = self.frame(spec.frame, &mut order, f, &mut inner)?;
        frame.exclude = match spec.exclude {
            ["CURRENT", ..] => FrameExclusion::CurrentRow,
            ["GROUP"] => FrameExclusion::Group,
            ["TIES"] => FrameExclusion::Ties,
            _ => FrameExclusion::NoOthers,
        };
        let bound = BoundWindow {
            partition,
            order,
            call: WindowCall {
                function,
                args,
                frame,
                ty: ty.clone(),
            },
        };
        let Some(windows) = self.windows.last_mut() else {
            return Err(unsupported("a window function here", f));
        };
        let known = windows.bound.iter().position(|w| *w == bound);
        let at = known.unwrap_or_else(|| {
            windows.bound.push(bound);
            windows.bound.len() - 1
        });
        Ok(Expr::Column {
            index: WINDOW + at,
            ty,
        })
    }

    fn frame(
        &mut self,
        frame: Option<&'a WindowFrame>,
        order: &mut [SortKey],
        f: &'a Function,
        env: &mut Env<'_>,
    ) -> Result<Frame> {
        let Some(frame) = frame else {
            // Up to the last peer; without an order all rows are peers.
            return Ok(Frame {
                units: FrameUnits::Range,
                start: FrameBound::UnboundedPreceding,
                end: FrameBound::CurrentRow,
                exclude: FrameExclusion::NoOthers,
            });
        };
        let WindowFrame {
            units,
            start_bound,
            end_bound,
        } = frame;
        let units = match units {
            WindowFrameUnits::Rows => FrameUnits::Rows,
            WindowFrameUnits::Range => FrameUnits::Range,
            WindowFrameUnits::Groups => FrameUnits::Groups,
        };
        let by_interval = |b: &WindowFrameBound| {
            matches!(b, WindowFrameBound::Preceding(Some(e)) | WindowFrameBound::Following(Some(e))
                if matches!(e.as_ref(), ast::Expr::Interval(_)))
        };
        if by_interval(start_bound) || end_bound.as_ref().is_some_and(by_interval) {
            return self.interval_frame(frame, order, f, env);
        }
        let mut start = self.frame_bound(start_bound, env)?;
        let mut end = match end_bound {
            Some(bound) => self.frame_bound(bound, env)?,
            None => FrameBound::CurrentRow,
        };
        refuse_backwards(&start, &end, f)?;
        let mut offsets: Vec<&mut Expr> = [&mut start, &mut end]
            .into_iter()
            .filter_map(|b| match b {
                FrameBound::Preceding(e) | FrameBound::Following(e) => Some(e),
                _ => None,
            })
            .collect();
        if units != FrameUnits::Range {
            for offset in offsets {
                *offset = cast(
                    core::mem::replace(offset, int_literal(0)),
                    &DataType::BIGINT,
                    true,
                );
            }
        } else if !offsets.is_empty() {
            let [key] = order else {
                return Err(invalid("RANGE with an offset takes one ORDER BY key", f));
            };
            let ty = key.expr.ty();
            if !ty.is_numeric() {
                return Err(unsupported(
                    format!("RANGE with an offset over a key of type {ty}"),
                    f,
                ));
            }
            // All in one type.
            let mut all = vec![numeric(key.expr.clone(), f.place())?];
            for offset in &mut offsets {
                all.push(numeric(core::mem::replace(offset, int_literal(0)), f.place())?);
            }
            let (all, _) = convert_all(all, f.place())?;
            let mut all = all.into_iter();
            if let Some(expr) = all.next() {
                key.expr = expr;
            }
            for (offset, expr) in offsets.into_iter().zip(all) {
                *offset = expr;
            }
        }
        Ok(Frame {
            units,
            start,
            end,
            exclude: FrameExclusion::NoOthers,
        })
    }

    /// A frame of RANGE by intervals: where its edges are is computed for each row.
    fn interval_frame(
        &mut self,
        frame: &'a WindowFrame,
        order: &mut [SortKey],
        f: &'a Function,
        env: &mut Env<'_>,
    ) -> Result<Frame> {
        let [key] = order else {
            return Err(invalid("RANGE with an offset takes one ORDER BY key", f));
        };
        let ty = match key.expr.ty() {
            // A day may be left out in parts.
            DataType::Date | DataType::DateTime { .. } => DataType::DateTime { fsp: 6 },
            DataType::Timestamp { .. } => DataType::Timestamp { fsp: 6 },
            DataType::Time { .. } => DataType::Time { fsp: 6 },
            ty => {
                return Err(invalid(
                    format!("RANGE by an INTERVAL over a key of type {ty}"),
                    f,
                ));
            }
        };
        if frame.units != WindowFrameUnits::Range {
            return Err(invalid("an INTERVAL is a bound of RANGE only", f));
        }
        let unit = key.expr.clone();
        key.expr = cast(unit, &ty, false);
        let descending = key.descending;
        let mut bound = |bound: &'a WindowFrameBound| -> Result<FrameBound> {
            let (before, interval) = match bound {
                WindowFrameBound::Preceding(Some(e)) => (true, e.as_ref()),
                WindowFrameBound::Following(Some(e)) => (false, e.as_ref()),
                other => return self.frame_bound(other, env),
            };
            let ast::Expr::Interval(interval) = interval else {
                return Err(invalid("both bounds of such a frame are intervals", f));
            };
            let name = match before != descending {
                true => "DATE_SUB",
                false => "DATE_ADD",
            };
            let of_row = self.copy(&key.expr)?;
            let edge = self.add_interval(name, of_row, interval, env)?;
            Ok(FrameBound::At {
                edge: cast(edge, &ty, false),
                before,
            })
        };
        let start = bound(&frame.start_bound)?;
        let end = frame.end_bound.as_ref().map(&mut bound).transpose()?;
        let end = end.unwrap_or(FrameBound::CurrentRow);
        refuse_backwards(&start, &end, f)?;
        Ok(Frame {
            units: FrameUnits::Range,
            start,
            end,
            exclude: FrameExclusion::NoOthers,
        })
    }

    fn frame_bound(&mut self, bound: &'a WindowFrameBound, env: &mut Env<'_>) -> Result<FrameBound> {
        let mut constant = |e: &'a ast::Expr| -> Result<Expr> {
            let offset = self.expr(e, env)?;
            let mut depends = false;
            let mut stack = vec![&offset];
            while let Some(expr) = stack.pop() {
                depends |= matches!(expr, Expr::Column { .. });
                expr.for_each_child(&mut |c| stack.push(c));
            }
            match depends {
                true => Err(invalid("the bound of a window frame is a constant", e)),
                false => Ok(offset),
            }
        };
        Ok(match bound {
            WindowFrameBound::CurrentRow => FrameBound::CurrentRow,
            WindowFrameBound::Preceding(None) => FrameBound::UnboundedPreceding,
            WindowFrameBound::Following(None) => FrameBound::UnboundedFollowing,
            WindowFrameBound::Preceding(Some(e)) => FrameBound::Preceding(constant(e)?),
            WindowFrameBound::Following(Some(e)) => FrameBound::Following(constant(e)?),
        })
    }
}

/// # Errors
/// [`Error::Invalid`] if a frame ends before it starts whatever its offsets are.
fn refuse_backwards(start: &FrameBound, end: &FrameBound, f: &Function) -> Result<()> {
    use FrameBound as B;
    let is_before = |b: &B| matches!(b, B::Preceding(_) | B::At { before: true, .. });
    let is_after = |b: &B| matches!(b, B::Following(_) | B::At { before: false, .. });
    let is_backwards = matches!(start, B::UnboundedFollowing)
        || matches!(end, B::UnboundedPreceding)
        || (is_after(start) && (matches!(end, B::CurrentRow) || is_before(end)))
        || (matches!(start, B::CurrentRow) && is_before(end));
    match is_backwards {
        true => Err(invalid("a window frame ends before it starts", f)),
        false => Ok(()),
    }
}

/// The functions over a plan of `width` columns: one node for all over the same partitions in the same
/// order. Returns the plan, and where the column of each is.
pub(super) fn windowed(mut plan: Plan, width: usize, bound: Vec<BoundWindow>) -> (Plan, Vec<usize>) {
    let mut places = vec![0; bound.len()];
    let mut left: Vec<(usize, BoundWindow)> = bound.into_iter().enumerate().collect();
    let mut next = width;
    while let Some((_, first)) = left.first() {
        let (partition, order) = (first.partition.clone(), first.order.clone());
        let is_same = |w: &BoundWindow| w.partition == partition && w.order == order;
        let (same, others): (Vec<_>, Vec<_>) = left.into_iter().partition(|(_, w)| is_same(w));
        left = others;
        let mut calls = Vec::with_capacity(same.len());
        for (i, window) in same {
            if let Some(place) = places.get_mut(i) {
                *place = next;
            }
            next += 1;
            calls.push(window.call);
        }
        plan = Plan::Window(Box::new(Window {
            input: plan,
            partition,
            order,
            calls,
        }));
    }
    (plan, places)
}

/// Gives the columns of window functions their places.
pub(super) fn place_windows(expr: &mut Expr, places: &[usize]) {
    if let Expr::Column { index, .. } = expr
        && let Some(place) = index.checked_sub(WINDOW).and_then(|i| places.get(i))
    {
        *index = *place;
    }
    expr.for_each_child_mut(&mut |c| place_windows(c, places));
}
