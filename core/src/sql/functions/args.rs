//! Reading the arguments of a scalar function row by row, and building its result.
//!
//! An argument of one row is a constant: it stands for every row.

use super::text_writer::TextWriter;
use super::{ArgKind, EvalContext, ReturnKind, ScalarFunction};
use crate::sql::memory::Scratch;
use crate::types::{Bitmap, BytesVec, Column, ColumnData, DataType, Error, Physical, Result};
use alloc::{string::String, sync::Arc, vec::Vec};

/// The longest text a function may make, in bytes.
pub(super) const MAX_TEXT: usize = 64 << 20;
/// The most bytes all results of one batch may have.
const MAX_BATCH: usize = 1 << 30;

/// What a function's code is.
pub(super) type Eval = fn(&EvalContext<'_>, &[Column], &[DataType], &DataType, usize) -> Result<Column>;

pub(super) const INT: ReturnKind = ReturnKind::Fixed(|| DataType::BIGINT);
pub(super) const DOUBLE: ReturnKind = ReturnKind::Fixed(|| DataType::Double);
pub(super) const TEXT: ReturnKind = ReturnKind::Fixed(|| DataType::TEXT);
pub(super) const BLOB: ReturnKind = ReturnKind::Fixed(|| DataType::BLOB);
pub(super) const BOOL: ReturnKind = ReturnKind::Fixed(|| DataType::Bool);
pub(super) const JSON: ReturnKind = ReturnKind::Fixed(|| DataType::Json);
pub(super) const DATE: ReturnKind = ReturnKind::Fixed(|| DataType::Date);

/// A deterministic function that is NULL of NULL, as most are. `count`: fewest and most arguments.
pub(super) const fn function(
    name: &'static str,
    aliases: &'static [&'static str],
    count: (usize, usize),
    args: &'static [ArgKind],
    returns: ReturnKind,
    doc: &'static str,
    eval: Eval,
) -> ScalarFunction {
    ScalarFunction {
        name,
        aliases,
        min_args: count.0,
        max_args: count.1,
        args,
        returns,
        deterministic: true,
        strict: true,
        // For the reference, which nobody makes with a wasm module.
        doc: if cfg!(target_family = "wasm") { "" } else { doc },
        eval,
    }
}

impl ScalarFunction {
    /// The same function, called for rows with NULL arguments too.
    pub(super) const fn sees_null(mut self) -> ScalarFunction {
        self.strict = false;
        self
    }

    /// The same function, not to be folded: it depends on the moment, the session or chance.
    pub(super) const fn volatile(mut self) -> ScalarFunction {
        self.deterministic = false;
        self
    }
}

/// Argument `k` at row `i`.
pub(super) trait Args {
    fn arg(&self, k: usize, i: usize) -> (Option<&Column>, usize);
    fn has(&self, k: usize) -> bool;

    fn int(&self, k: usize, i: usize) -> i64 {
        let (c, i) = self.arg(k, i);
        c.and_then(|c| c.i64s().get(i)).copied().unwrap_or(0)
    }

    fn float(&self, k: usize, i: usize) -> f64 {
        let (c, i) = self.arg(k, i);
        c.and_then(|c| c.f64s().get(i)).copied().unwrap_or(0.0)
    }

    fn decimal(&self, k: usize, i: usize) -> i128 {
        let (c, i) = self.arg(k, i);
        c.and_then(|c| c.decimals().get(i)).copied().unwrap_or(0)
    }

    fn blob(&self, k: usize, i: usize) -> &[u8] {
        let (c, i) = self.arg(k, i);
        c.map_or(&[], |c| c.bytes_at(i))
    }

    fn text(&self, k: usize, i: usize) -> &str {
        crate::types::utf8_text(self.blob(k, i))
    }

    fn null(&self, k: usize, i: usize) -> bool {
        let (c, i) = self.arg(k, i);
        c.is_none_or(|c| c.is_null(i))
    }
}

impl Args for [Column] {
    #[inline]
    fn arg(&self, k: usize, i: usize) -> (Option<&Column>, usize) {
        let c = self.get(k);
        (c, if c.is_some_and(|c| c.len() == 1) { 0 } else { i })
    }

    fn has(&self, k: usize) -> bool {
        k < self.len()
    }
}

/// Argument `k` converted leniently: what does not convert is NULL or its prefix, as in MySQL.
pub(super) fn lenient(args: &[Column], types: &[DataType], k: usize, to: &DataType) -> Result<Column> {
    match (args.get(k), types.get(k)) {
        (Some(c), Some(t)) => c.convert(t, to, false),
        _ => Ok(Column::nulls(to.physical(), 1)),
    }
}

/// A column of integers, booleans, dates or times; `None` is NULL.
pub(super) fn ints(rows: usize, f: impl FnMut(usize) -> Option<i64>) -> Result<Column> {
    let values: Vec<Option<i64>> = (0..rows).map(f).collect();
    if values.iter().all(Option::is_some) {
        return Ok(Column::from_i64(values.into_iter().flatten().collect()));
    }
    let mut out = Column::with_capacity(Physical::I64, rows);
    for v in values {
        match v {
            Some(v) => out.push_i64(v),
            None => out.push_null(),
        }
    }
    Ok(out)
}

/// A column of booleans.
pub(super) fn bools(rows: usize, mut f: impl FnMut(usize) -> bool) -> Result<Column> {
    ints(rows, |i| Some(i64::from(f(i))))
}

/// A column of floats: NaN is NULL (the argument was outside the function's domain), infinity an error.
pub(super) fn floats(rows: usize, mut f: impl FnMut(usize) -> f64) -> Result<Column> {
    let values: Vec<f64> = (0..rows).map(&mut f).collect();
    if values.iter().all(|v| v.is_finite()) {
        return Ok(Column::from_data(ColumnData::F64(Arc::new(values))));
    }
    let mut out = Column::with_capacity(Physical::F64, rows);
    for v in values {
        if v.is_nan() {
            out.push_null();
        } else if v.is_infinite() {
            return Err(too_big("the result", &DataType::Double));
        } else {
            out.push_f64(v);
        }
    }
    Ok(out)
}

/// A column of texts written into a buffer; `None` is NULL.
pub(super) fn texts(
    cx: &EvalContext<'_>,
    rows: usize,
    mut f: impl FnMut(usize, &mut TextWriter) -> Option<()>,
) -> Result<Column> {
    try_texts(cx, rows, |i, out| Ok(f(i, out)))
}

/// As [`texts`], of a function that may refuse a row.
pub(super) fn try_texts(
    cx: &EvalContext<'_>,
    rows: usize,
    mut f: impl FnMut(usize, &mut TextWriter) -> Result<Option<()>>,
) -> Result<Column> {
    let mut writer = TextWriter::default();
    let mut out = Texts::new(cx, rows);
    for i in 0..rows {
        cx.check_interrupt()?;
        // Twice, since the text is written before it gets to its place.
        let most = MAX_TEXT.min(cx.scratch.room() / 2);
        writer.start(most);
        let written = f(i, &mut writer);
        if writer.overflowed() {
            return Err(match most < MAX_TEXT {
                true => cx.scratch.exceeded(),
                false => too_long(),
            });
        }
        out.push(written?.map(|()| writer.as_str().as_bytes()))?;
    }
    out.finish()
}

/// As [`ints`], of a function that may refuse a row.
pub(super) fn try_ints(rows: usize, f: impl FnMut(usize) -> Result<Option<i64>>) -> Result<Column> {
    let values: Vec<Option<i64>> = (0..rows).map(f).collect::<Result<_>>()?;
    ints(rows, |i| values.get(i).copied().flatten())
}

/// A column of texts that grows, counted as the statement's.
struct Texts<'a> {
    scratch: &'a Scratch<'a>,
    values: BytesVec,
    nulls: Bitmap,
    /// Bytes counted.
    counted: usize,
}

impl<'a> Texts<'a> {
    fn new(cx: &'a EvalContext<'a>, rows: usize) -> Texts<'a> {
        let values = BytesVec::with_capacity(rows, 0);
        Texts {
            scratch: &cx.scratch,
            counted: values.memory(),
            values,
            nulls: Bitmap::default(),
        }
    }

    /// Appends a text, or NULL.
    fn push(&mut self, value: Option<&[u8]>) -> Result<()> {
        let bytes = value.unwrap_or_default();
        let grown = self.values.memory_with(1, bytes.len());
        if grown > self.counted {
            if self.values.data().len() + bytes.len() > MAX_BATCH {
                return Err(too_long());
            }
            self.scratch.take(grown - self.counted)?;
            self.counted = grown;
        }
        self.values.push(bytes);
        self.nulls.push(value.is_none());
        Ok(())
    }

    fn finish(self) -> Result<Column> {
        let data = ColumnData::Bytes(Arc::new(self.values));
        Ok(Column::from_parts(data, Some(self.nulls)))
    }
}

/// A column of parts of existing bytes.
pub(super) fn slices<'a>(
    cx: &EvalContext<'_>,
    rows: usize,
    mut f: impl FnMut(usize) -> &'a [u8],
) -> Result<Column> {
    let mut out = Texts::new(cx, rows);
    for i in 0..rows {
        out.push(Some(f(i)))?;
    }
    out.finish()
}

/// A column of byte strings; `None` is NULL.
pub(super) fn blobs(
    cx: &EvalContext<'_>,
    rows: usize,
    mut f: impl FnMut(usize) -> Option<Vec<u8>>,
) -> Result<Column> {
    try_blobs(cx, rows, |i| Ok(f(i)))
}

/// As [`blobs`], of a function that may refuse a row.
pub(super) fn try_blobs(
    cx: &EvalContext<'_>,
    rows: usize,
    mut f: impl FnMut(usize) -> Result<Option<Vec<u8>>>,
) -> Result<Column> {
    let mut out = Texts::new(cx, rows);
    for i in 0..rows {
        cx.check_interrupt()?;
        out.push(f(i)?.as_deref())?;
    }
    out.finish()
}

/// The error for a text longer than a function may make.
pub(super) fn too_long() -> Error {
    Error::OutOfRange {
        value: String::from("the result"),
        expected: alloc::format!("a text of {MAX_TEXT} bytes"),
        column: None,
    }
}

pub(super) fn too_big(value: impl Into<String>, ty: &DataType) -> Error {
    Error::OutOfRange {
        value: value.into(),
        expected: alloc::format!("{ty}"),
        column: None,
    }
}
