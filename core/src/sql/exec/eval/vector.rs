//! The value of an expression over a batch: a column, or one value for every row.

use super::mask::Mask;
use super::scope::Scope;
use crate::types::{Bitmap, BytesVec, Column, ColumnData, DataType, Error, Physical, Result};
use alloc::{sync::Arc, vec::Vec};

/// A column, or (constant) a column of one value that stands for every row.
#[derive(Clone)]
pub(super) struct Vector {
    pub(super) column: Column,
    pub(super) constant: bool,
}

/// The most bytes the strings of one vector may have in all: offsets are 32 bits wide.
const MAX_BYTES: usize = 1 << 30;

/// Declares that a vector is about to be made whose strings have so many bytes.
///
/// # Errors
/// [`Error::OutOfRange`] beyond [`MAX_BYTES`], [`Error::QueryMemory`] beyond what the statement may hold.
pub(super) fn make_bytes(bytes: usize, scope: &Scope<'_>) -> Result<()> {
    if bytes > MAX_BYTES {
        return Err(Error::OutOfRange {
            value: "the result".into(),
            expected: alloc::format!("{MAX_BYTES} bytes for a batch of rows"),
            column: None,
        });
    }
    scope.functions.scratch.take(bytes)
}

/// The values of one operand.
#[derive(Clone, Copy)]
pub(super) enum Side<'a, T> {
    Many(&'a [T]),
    One(T),
}

impl Vector {
    pub(super) fn column(column: Column) -> Vector {
        Vector {
            column,
            constant: false,
        }
    }

    /// The first value of the column (NULL if it is empty) for every row.
    pub(super) fn constant(mut column: Column) -> Vector {
        if column.is_empty() {
            column.push_null();
        }
        Vector {
            column: column.slice(0, 1),
            constant: true,
        }
    }

    pub(super) fn null(physical: Physical) -> Vector {
        Vector::constant(Column::nulls(physical, 1))
    }

    pub(super) fn is_null_constant(&self) -> bool {
        self.constant && self.column.is_null(0)
    }

    /// The NULLs of a column; a constant that is not NULL has none.
    pub(super) fn nulls(&self) -> Option<&Bitmap> {
        self.column.null_bitmap()
    }

    /// A column of `rows` values.
    pub(super) fn into_column(self, rows: usize, scope: &Scope<'_>) -> Result<Column> {
        if !self.constant || rows == 1 {
            return Ok(self.column);
        }
        make_bytes(self.column.bytes_at(0).len().saturating_mul(rows), scope)?;
        Ok(self.column.gather(&alloc::vec![0; rows]))
    }

    pub(super) fn convert(&self, from: &DataType, to: &DataType, strict: bool) -> Result<Vector> {
        Ok(Vector {
            column: self.column.convert(from, to, strict)?,
            constant: self.constant,
        })
    }

    fn side<'a, T: Copy + Default>(&self, values: &'a [T]) -> Side<'a, T> {
        match self.constant {
            true => Side::One(values.first().copied().unwrap_or_default()),
            false => Side::Many(values),
        }
    }

    pub(super) fn i64s(&self) -> Side<'_, i64> {
        self.side(self.column.i64s())
    }

    pub(super) fn f64s(&self) -> Side<'_, f64> {
        self.side(self.column.f64s())
    }

    pub(super) fn decimals(&self) -> Side<'_, i128> {
        self.side(self.column.decimals())
    }

    /// The byte string for row `i`.
    #[inline]
    pub(super) fn bytes_at(&self, i: usize) -> &[u8] {
        self.column.bytes_at(if self.constant { 0 } else { i })
    }
}

/// Applies `f` to every pair of values (to the one pair if both are constant).
pub(super) fn zip<T: Copy, R>(l: Side<'_, T>, r: Side<'_, T>, mut f: impl FnMut(T, T) -> R) -> Vec<R> {
    match (l, r) {
        (Side::Many(a), Side::Many(b)) => a.iter().zip(b).map(|(a, b)| f(*a, *b)).collect(),
        (Side::Many(a), Side::One(b)) => a.iter().map(|a| f(*a, b)).collect(),
        (Side::One(a), Side::Many(b)) => b.iter().map(|b| f(a, *b)).collect(),
        (Side::One(a), Side::One(b)) => alloc::vec![f(a, b)],
    }
}

/// The rows where either is NULL.
pub(super) fn union(a: Option<&Bitmap>, b: Option<&Bitmap>) -> Option<Bitmap> {
    match (a, b) {
        (None, None) => None,
        (Some(n), None) | (None, Some(n)) => Some(n.clone()),
        (Some(a), Some(b)) => {
            let words = a.words().iter().zip(b.words()).map(|(a, b)| a | b).collect();
            Some(Bitmap::from_words(words, a.len().max(b.len())))
        }
    }
}

/// The rows `nulls` sets.
fn null_rows(nulls: &Bitmap) -> impl Iterator<Item = usize> + '_ {
    Mask::positions_of(nulls.words()).map(|p| p as usize)
}

/// Values and their NULLs as a column; slots of NULLs get the default value, as columns demand.
pub(super) fn typed<T: Copy + Default>(
    mut values: Vec<T>,
    nulls: Option<Bitmap>,
    wrap: fn(Arc<Vec<T>>) -> ColumnData,
) -> Column {
    if let Some(n) = &nulls {
        for i in null_rows(n) {
            if let Some(v) = values.get_mut(i) {
                *v = T::default();
            }
        }
    }
    Column::from_parts(wrap(Arc::new(values)), nulls)
}

/// The column with further rows made NULL.
pub(super) fn with_nulls(column: Column, nulls: Option<Bitmap>) -> Column {
    let Some(more) = nulls else { return column };
    let nulls = union(column.null_bitmap(), Some(&more));
    match column.data() {
        ColumnData::I64(v) => typed(v.to_vec(), nulls, ColumnData::I64),
        ColumnData::F64(v) => typed(v.to_vec(), nulls, ColumnData::F64),
        ColumnData::Decimal(v) => typed(v.to_vec(), nulls, ColumnData::Decimal),
        ColumnData::Bytes(v) if null_rows(&more).all(|i| v.get(i).is_empty()) => {
            Column::from_parts(column.data().clone(), nulls)
        }
        ColumnData::Bytes(v) => {
            let mut out = BytesVec::with_capacity(v.len(), v.data().len());
            (0..v.len()).for_each(|i| out.push(if more.get(i) { &[] } else { v.get(i) }));
            Column::from_parts(ColumnData::Bytes(Arc::new(out)), nulls)
        }
    }
}

/// Puts pieces of a result together: each is a vector and the rows of the result it is for. Other rows are NULL.
///
/// # Errors
/// As [`make_bytes`].
pub(super) fn assemble(
    pieces: &[(Vec<u32>, Vector)],
    rows: usize,
    physical: Physical,
    scope: &Scope<'_>,
) -> Result<Column> {
    let bytes = |(positions, piece): &(Vec<u32>, Vector)| match piece.column.bytes() {
        Some(b) if piece.constant => b.get(0).len().saturating_mul(positions.len() + 1),
        Some(b) => b.data().len().saturating_mul(2),
        None => 0,
    };
    make_bytes(pieces.iter().map(bytes).fold(0, usize::saturating_add), scope)?;
    let mut all = Column::new(physical);
    let mut source = alloc::vec![u32::MAX; rows];
    for (positions, piece) in pieces {
        let base = all.len() as u32;
        for (k, p) in positions.iter().enumerate() {
            if let Some(s) = source.get_mut(*p as usize) {
                *s = base + if piece.constant { 0 } else { k as u32 };
            }
        }
        all.extend_range(&piece.column, 0, piece.column.len());
    }
    Ok(all.gather(&source))
}
