//! What users rely on in binding: results of whole statements.

use super::testing::World;
use crate::sql::plan::Expr;
use crate::types::{DataType, Value};
use alloc::string::String;

mod changes;
mod definitions;
mod expressions;
mod limits;
mod queries;

pub(super) fn world() -> World {
    World::new(
        "CREATE TABLE artist (id INT PRIMARY KEY, name VARCHAR(100) COLLATE NOCASE);
         CREATE TABLE album (
            id INT NOT NULL AUTO_INCREMENT,
            title NVARCHAR(160) NOT NULL,
            artist_id INT REFERENCES artist ON DELETE CASCADE,
            price DECIMAL(10,2) DEFAULT 9.99,
            rating DOUBLE,
            released DATE,
            CONSTRAINT pk PRIMARY KEY (id), UNIQUE KEY by_title (title));",
    )
}

pub(super) fn literal(value: Value, ty: DataType) -> Expr {
    Expr::Literal { value, ty }
}

pub(super) fn text(s: &str) -> Value {
    Value::Text(String::from(s))
}

pub(super) fn right_of(e: Expr) -> Expr {
    match e {
        Expr::Compare { right, .. } => *right,
        other => panic!("{other:?}"),
    }
}

pub(super) fn left_of(e: Expr) -> Expr {
    match e {
        Expr::Compare { left, .. } => *left,
        other => panic!("{other:?}"),
    }
}
