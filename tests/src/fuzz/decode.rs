//! Blocks, records and texts, one at a time.
//!
//! The first byte says what the others are. Whatever decodes must be readable in every way there is, and
//! encode to something that decodes to the same.

use super::frame;
use super::input::Input;
use super::values::{types, value};
use amphi_core::catalog::{SchemasRecord, TableRecord, decode_record, encode_record};
use amphi_core::codec::{
    BlockKind, DirectoryPage, IndexBlock, Outline, RowBlock, RowBlockView, RowIds, encode_index_block,
    encode_row_block, schemas_key, table_key, tree_of_key,
};
use amphi_core::types::DataType;
use amphi_core::{Result, Value};

const KEY: &[u8] = b"\x10key";

pub(super) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    match input.u8() {
        b'R' => rows(input.rest()),
        b'E' => entries(BlockKind::Entries, input.rest()),
        b'D' => directory_page(&frame::block(KEY, BlockKind::Directory as u8, input.rest())),
        b'd' => directory_page(&frame::block_of_format(
            KEY,
            BlockKind::Directory as u8,
            1,
            input.rest(),
        )),
        b'H' => entries(BlockKind::Header, input.rest()),
        b'O' => outline(&frame::block(KEY, BlockKind::Outline as u8, input.rest())),
        b'o' => outline(&frame::block_of_format(
            KEY,
            BlockKind::Outline as u8,
            1,
            input.rest(),
        )),
        b'T' => table(input.rest()),
        b'S' => schemas(input.rest()),
        b'K' => drop(tree_of_key(input.rest())),
        b'V' => conversions(&value(&mut input)),
        b'X' => conversions(&Value::Text(String::from_utf8_lossy(input.rest()).into_owned())),
        _ => {
            // As they are, without a good checksum.
            let bytes = input.rest();
            assert!(RowBlockView::open(KEY, bytes).is_none());
            assert!(IndexBlock::decode(KEY, BlockKind::Entries, bytes).is_none());
            assert!(TableRecord::decode(bytes, KEY).is_err());
        }
    }
}

fn rows(body: &[u8]) {
    let block = frame::block(KEY, BlockKind::Rows as u8, body);
    let Some(view) = RowBlockView::open(KEY, &block) else {
        return;
    };
    let ids = view.row_ids();
    assert!(ids.is_sorted() && ids.len() == view.len());
    for (i, id) in ids.iter().enumerate() {
        assert_eq!((view.find(*id), view.row_id(i)), (Ok(i), *id));
    }
    assert!(
        view.consecutive_from()
            .is_none_or(|first| ids.iter().zip(first..).all(|(a, b)| *a == b))
    );
    // Fields are read without decoding their column, which may be malformed.
    for column in (0..view.column_count().min(8)).chain([view.column_count()]) {
        for row in [0, 1, view.len() / 2, view.len().wrapping_sub(1), view.len()] {
            let _ = view.field(column, row);
        }
    }
    if view.column_count() > 64 {
        return;
    }
    let kept = RowBlock::open(KEY, block.clone());
    let Some(columns) = view.decode_columns() else {
        assert!(kept.is_none(), "what does not decode is not kept encoded");
        return;
    };
    let kept = kept.expect("what decodes can be kept encoded");
    for (i, column) in columns.iter().enumerate() {
        assert_eq!(format!("{:?}", kept.column(i)), format!("{column:?}"));
        assert_eq!(kept.view().physical(i), Some(column.physical()));
        let bytes = column.bytes().map_or(0, |b| b.data().len());
        assert_eq!(kept.view().text_bytes(i), bytes);
    }
    assert!(columns.iter().all(|c| c.len() == view.len()));
    let again = encode_row_block(KEY, ids.len(), RowIds::Each(&ids), &columns);
    let again = RowBlockView::open(KEY, &again).expect("what was encoded opens");
    assert_eq!(again.row_ids(), ids);
    assert_eq!(
        format!("{:?}", again.decode_columns()),
        format!("{:?}", Some(columns))
    );
}

fn entries(kind: BlockKind, body: &[u8]) {
    let block = frame::block(KEY, kind as u8, body);
    let Some(found) = IndexBlock::decode(KEY, kind, &block) else {
        return;
    };
    assert_eq!(found.keys.len(), found.values.len());
    assert!((1..found.keys.len()).all(|i| found.keys.get(i - 1) < found.keys.get(i)));
    let again = encode_index_block(KEY, kind, &found.keys, &found.values);
    assert_eq!(IndexBlock::decode(KEY, kind, &again).as_ref(), Some(&found));
}

fn directory_page(block: &[u8]) {
    let Some(page) = DirectoryPage::decode(KEY, block) else {
        return;
    };
    assert_eq!(page.separators.len(), page.rows.len());
    for i in 0..page.rows.len() {
        let bounds = page.bounds_of(i);
        assert_eq!(bounds.len(), page.columns);
        assert!(
            bounds
                .iter()
                .all(|b| b.keys().is_none_or(|(from, to)| from <= to))
        );
    }
    let again = page.encode(KEY);
    assert_eq!(DirectoryPage::decode(KEY, &again).as_ref(), Some(&page));
}

fn outline(block: &[u8]) {
    let Some(outline) = Outline::open(KEY, block) else {
        return;
    };
    for i in 0..outline.len().min(256) {
        if let Some(page) = outline.page(i) {
            assert_eq!(page.separators.get(0), outline.first(i));
            assert_eq!(page.rows.iter().sum::<i64>() as u64, outline.rows(i));
        }
    }
}

fn table(body: &[u8]) {
    let key = table_key(5);
    let Ok(found) = TableRecord::decode(&frame::record(&key, body), &key) else {
        return;
    };
    let again = encode_record(&found, &key).expect("a record encodes");
    assert_eq!(TableRecord::decode(&again, &key), Ok(found));
}

fn schemas(body: &[u8]) {
    let key = schemas_key();
    let found: Result<SchemasRecord> = decode_record(&frame::record(&key, body), &key);
    if let Ok(found) = found {
        let again = encode_record(&found, &key).expect("a record encodes");
        assert_eq!(decode_record(&again, &key), Ok(found));
    }
}

/// Converts a value to every type; what it became must be a value of that type, and its text must become
/// the same again.
fn conversions(value: &Value) {
    let _ = (value.to_string(), value.to_sql_literal(), value.data_type());
    for ty in types() {
        let Ok(converted) = value.convert(&ty) else {
            continue;
        };
        let same = converted.convert(&ty).expect("a value of a type is one");
        assert_eq!(
            same.to_string(),
            converted.to_string(),
            "{value:?} as {ty}, twice"
        );
        let _ = converted.compare(value);
        if converted.is_null()
            || matches!(
                ty,
                DataType::Text { .. } | DataType::Blob { .. } | DataType::Geometry
            )
        {
            continue;
        }
        let text = Value::Text(converted.to_string());
        let again = text
            .convert(&ty)
            .unwrap_or_else(|e| panic!("{value:?} as {ty}: {converted} does not convert back: {e}"));
        assert_eq!(
            again.to_string(),
            converted.to_string(),
            "{value:?} as {ty}, over text"
        );
    }
}
