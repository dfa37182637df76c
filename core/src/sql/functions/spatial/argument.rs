//! Geometries as arguments and results of functions: values of the type, or their WKT.

use super::shape::{Shape, shape};
use crate::sql::functions::ReturnKind;
use crate::sql::functions::args::{Args, lenient};
use crate::types::{Column, DataType, Error, Result};
use alloc::{format, string::String, vec::Vec};

pub(super) const GEOMETRY: ReturnKind = ReturnKind::Fixed(|| DataType::Geometry);

/// The geometries of an argument.
pub(super) struct Shapes {
    wkb: [Column; 1],
}

impl Shapes {
    pub(super) fn new(a: &[Column], types: &[DataType], k: usize) -> Result<Shapes> {
        let is_text = types.get(k).is_some_and(DataType::is_text);
        let wkb = match (a.get(k), is_text) {
            (Some(column), true) => {
                let mut out = Column::new(DataType::Geometry.physical());
                for i in 0..column.len() {
                    match column.is_null(i) {
                        true => out.push_null(),
                        false => out.push_bytes(&of_text(crate::types::utf8_text(column.bytes_at(i)))?),
                    }
                }
                out
            }
            (Some(column), false) if column.bytes().is_some() => column.clone(),
            _ => lenient(a, types, k, &DataType::Geometry)?,
        };
        Ok(Shapes { wkb: [wkb] })
    }

    pub(super) fn at(&self, i: usize) -> Result<Option<Shape>> {
        match self.wkb.null(0, i) {
            true => Ok(None),
            false => shape(self.wkb.blob(0, i)).map(Some),
        }
    }
}

/// The WKB of a WKT.
pub(super) fn of_text(text: &str) -> Result<Vec<u8>> {
    crate::types::parse_wkt(text).ok_or_else(|| {
        let shown: String = text.chars().take(40).collect();
        Error::invalid(format!(
            "'{shown}' is no geometry: WKT is such as POINT(1 2), POLYGON((0 0, 1 0, 0 1, 0 0)) or MULTIPOINT((1 2), (3 4))"
        ))
    })
}

/// # Errors
/// [`Error::Unsupported`] of any spatial reference system but 0.
pub(super) fn refuse_srid(srid: i64) -> Result<()> {
    match srid {
        0 => Ok(()),
        srid => Err(Error::Unsupported {
            feature: format!("the spatial reference system {srid} (geometries are of the plane, SRID 0)"),
            position: None,
        }),
    }
}

/// A column of numbers; what is not finite is NULL.
pub(super) fn numbers(rows: usize, mut f: impl FnMut(usize) -> Result<Option<f64>>) -> Result<Column> {
    let mut out = Column::with_capacity(DataType::Double.physical(), rows);
    for i in 0..rows {
        match f(i)?.filter(|v| v.is_finite()) {
            Some(v) => out.push_f64(v),
            None => out.push_null(),
        }
    }
    Ok(out)
}
