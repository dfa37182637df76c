//! Reading GeoJSON (RFC 7946).
//!
//! What a document says is written as WKT, whose reader then knows what is a geometry.

use super::argument::{GEOMETRY, of_text};
use crate::sql::functions::ArgKind::{Int, Text};
use crate::sql::functions::ScalarFunction;
use crate::sql::functions::args::{Args, function, try_blobs};
use crate::sql::functions::json_value::parse;
use crate::types::{Error, Json};
use alloc::string::String;

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[function(
    "ST_GEOMFROMGEOJSON",
    &["GEOMFROMGEOJSON"],
    (1, 3),
    &[Text, Int, Int],
    GEOMETRY,
    "The geometry of a GeoJSON document: a geometry, a feature or a collection of features.",
    |cx, a, _, _, n| {
        try_blobs(cx, n, |i| {
            let json = parse(cx, a.text(0, i))?;
            let mut wkt = String::new();
            match write(&json, &mut wkt) {
                Some(()) => of_text(&wkt).map(Some),
                None => Err(Error::invalid("ST_GEOMFROMGEOJSON takes a GeoJSON document")),
            }
        })
    },
)];

/// The member of an object.
fn member<'j, 't>(json: &'j Json<'t>, name: &str) -> Option<&'j Json<'t>> {
    match json {
        Json::Object(members) => members.iter().find(|(key, _)| key == name).map(|(_, v)| v),
        _ => None,
    }
}

fn items<'j, 't>(json: &'j Json<'t>) -> Option<&'j [Json<'t>]> {
    match json {
        Json::Array(items) => Some(items),
        _ => None,
    }
}

/// Writes an object as WKT. The reader of JSON has limited its depth.
fn write(json: &Json<'_>, out: &mut String) -> Option<()> {
    let Json::String(kind) = member(json, "type")? else {
        return None;
    };
    // How deep points lie in the coordinates.
    let depth = match &**kind {
        "Point" => 0,
        "LineString" | "MultiPoint" => 1,
        "Polygon" | "MultiLineString" => 2,
        "MultiPolygon" => 3,
        "Feature" => return write(member(json, "geometry")?, out),
        "GeometryCollection" => return collection(items(member(json, "geometries")?)?, out),
        "FeatureCollection" => return collection(items(member(json, "features")?)?, out),
        _ => return None,
    };
    out.push_str(kind);
    let coordinates = member(json, "coordinates")?;
    match depth {
        0 => {
            out.push('(');
            point(coordinates, out)?;
            out.push(')');
            Some(())
        }
        depth => nested(coordinates, depth, out),
    }
}

fn collection(parts: &[Json<'_>], out: &mut String) -> Option<()> {
    out.push_str("GEOMETRYCOLLECTION");
    if parts.is_empty() {
        out.push_str(" EMPTY");
        return Some(());
    }
    for (i, part) in parts.iter().enumerate() {
        out.push(if i == 0 { '(' } else { ',' });
        write(part, out)?;
    }
    out.push(')');
    Some(())
}

/// Arrays of positions.
fn nested(json: &Json<'_>, depth: usize, out: &mut String) -> Option<()> {
    let items = items(json)?;
    if items.is_empty() {
        out.push_str(" EMPTY");
        return Some(());
    }
    for (i, item) in items.iter().enumerate() {
        out.push(if i == 0 { '(' } else { ',' });
        match depth {
            1 => point(item, out)?,
            deeper => nested(item, deeper - 1, out)?,
        }
    }
    out.push(')');
    Some(())
}

/// A position, of which a height is left out.
fn point(json: &Json<'_>, out: &mut String) -> Option<()> {
    let [Json::Number(x), Json::Number(y), ..] = items(json)? else {
        return None;
    };
    out.push_str(x);
    out.push(' ');
    out.push_str(y);
    Some(())
}
