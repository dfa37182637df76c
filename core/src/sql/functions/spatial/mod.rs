//! Geometries of the plane.
//!
//! What two geometries make or say of each other follows from one structure, the [`arrangement`] of all their points
//! and lines: [`relation`] reads from it how they lie to each other, [`overlay`] and [`rings`] what they have together,
//! and [`buffer`] is the union of the pieces around a geometry.

mod argument;
mod arrangement;
mod buffer;
mod combined;
mod functions;
mod geohash;
mod geojson;
mod grid;
mod hull;
mod overlay;
mod predicates;
mod relation;
mod rings;
mod shape;
mod validity;

/// The families' functions.
pub(super) const FUNCTIONS: [&[super::ScalarFunction]; 5] = [
    functions::FUNCTIONS,
    predicates::FUNCTIONS,
    combined::FUNCTIONS,
    geohash::FUNCTIONS,
    geojson::FUNCTIONS,
];
