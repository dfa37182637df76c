//! The seed corpus: statements of the SQL logic tests, and blocks, records, stores and logs that the engine
//! wrote. `cargo run -p amphi-tests --bin amphi-fuzz-seeds` writes it anew after a change of a format.

use super::frame::{BLOCK_HEADER, unframe};
use super::image::{bytes_of as image_bytes, config};
use super::params::MARK;
use super::target::Target;
use super::twins::Still;
use super::{log, values};
use crate::block_on::block_on;
use crate::disk::{Disk, DiskFault, new_store, open_store};
use amphi::store::StoreOptions;
use amphi_core::Value;
use amphi_core::codec::{BlockKind, encode_index_block};
use amphi_core::database::Database;
use amphi_core::kv::{Durability, KvBackend, MemoryStore, WriteBatch};
use amphi_core::types::{BytesVec, Date, DateTime, Decimal, Time};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes of a seed of SQL, about.
const SCRIPT_BYTES: usize = 700;

/// The seeds of a target: name and bytes.
pub fn seeds(target: Target) -> Vec<(String, Vec<u8>)> {
    match target {
        Target::Sql => sql(),
        Target::Params => params(),
        Target::Decode => decode(),
        Target::Image => vec![
            ("small".into(), image_bytes(&store(&SMALL))),
            ("every_type".into(), image_bytes(&store(&EVERY_TYPE))),
            ("two_tables".into(), image_bytes(&store(&TWO_TABLES))),
        ],
        Target::Log => logs(),
    }
}

/// The statements of an `.slt` file.
fn statements(slt: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut lines = slt.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("statement") || line.starts_with("query") {
            let text: Vec<&str> = lines
                .by_ref()
                .take_while(|l| !l.is_empty() && *l != "----")
                .collect();
            all.push(text.join("\n"));
        }
    }
    all
}

/// Name and text of every `.slt` file.
fn slt_files() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("slt");
    let stem = |p: &Path| p.file_stem().expect("a name").to_string_lossy().into_owned();
    let topics = sorted(&folder).into_iter();
    topics
        .flat_map(|topic| sorted(&topic).into_iter().map(move |file| (topic.clone(), file)))
        .map(|(topic, file)| {
            let slt = std::fs::read_to_string(&file).expect("an slt file is read");
            (format!("{}_{}", stem(&topic), stem(&file)), slt)
        })
        .collect()
}

/// The words in capitals of all `.slt` files, as libFuzzer reads a dictionary.
pub fn dictionary() -> String {
    let files = slt_files();
    let all = files.iter().flat_map(|(_, slt)| statements(slt));
    let mut words = BTreeSet::new();
    for statement in all {
        let is_part = |c: char| c.is_ascii_uppercase() || c == '_';
        words.extend(
            statement
                .split(|c| !is_part(c))
                .filter(|w| w.len() > 1)
                .map(str::to_owned),
        );
    }
    words.iter().map(|w| format!("\"{w} \"\n")).collect()
}

fn sql() -> Vec<(String, Vec<u8>)> {
    let script = |slt: &str| {
        let mut script = String::new();
        for statement in statements(slt) {
            if script.len() + statement.len() < SCRIPT_BYTES {
                script += &statement;
                script += ";\n";
            }
        }
        script.into_bytes()
    };
    let files = slt_files().into_iter();
    files.map(|(name, slt)| (name, script(&slt))).collect()
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder is read");
    let mut paths: Vec<_> = entries.map(|e| e.expect("an entry is read").path()).collect();
    paths.sort();
    paths
}

fn some_values() -> Vec<Value> {
    vec![
        Value::Null,
        Value::Bool(true),
        Value::Int(7),
        Value::Int(i64::MIN),
        Value::Float(0.25),
        Value::Decimal(Decimal::new(12_345, 2)),
        Value::from("it's \\ text"),
        Value::Blob(vec![0, 255]),
        Value::Date(Date(19_782)),
        Value::Time(Time(-3_600_000_001)),
        Value::DateTime(DateTime(1_709_212_455_123_456)),
        Value::Json("{\"a\": [1, null, \"\\u00e4\"]}".into()),
        Value::Uuid([7; 16]),
        Value::Vector(vec![1.0, -2.5]),
    ]
}

fn params() -> Vec<(String, Vec<u8>)> {
    let call = |sql: &str, values: &[Value]| {
        let mut bytes = [sql.as_bytes(), &[0]].concat();
        values.iter().for_each(|v| bytes.extend(values::bytes_of(v)));
        bytes
    };
    let int = |i: i64| Value::Int(i);
    let many = some_values();
    let mut seeds = vec![
        (
            "insert".to_string(),
            call(
                "INSERT INTO ta VALUES (?, ?, ?, ?, ?)",
                &[
                    int(50),
                    int(1),
                    "x".into(),
                    Value::Decimal(Decimal::new(5, 1)),
                    2.5.into(),
                ],
            ),
        ),
        (
            "insert_others".into(),
            call(
                "INSERT INTO tb VALUES (?1, ?2, ?3, ?4, ?5)",
                &[
                    "k".into(),
                    int(1),
                    many[7].clone(),
                    many[10].clone(),
                    many[8].clone(),
                ],
            ),
        ),
        (
            "insert_types".into(),
            call(
                "INSERT INTO tc VALUES (?, ?, ?, ?, ?)",
                &[
                    int(9),
                    many[11].clone(),
                    many[12].clone(),
                    Value::Bool(true),
                    many[13].clone(),
                ],
            ),
        ),
        (
            "named".into(),
            call(
                "UPDATE ta SET n = :n + 1, s = CONCAT(s, :s) WHERE id IN (:n, 2) OR s LIKE :s",
                &[int(3), "%o".into()],
            ),
        ),
        (
            "limits".into(),
            call("SELECT id FROM ta ORDER BY n LIMIT ? OFFSET ?", &[int(2), int(1)]),
        ),
        (
            "several".into(),
            [
                call("DELETE FROM ta WHERE id = ?", &[int(4)]),
                MARK.to_vec(),
                call("SELECT * FROM ta WHERE n BETWEEN ? AND ?", &[int(0), int(20)]),
                MARK.to_vec(),
                call(
                    "INSERT INTO ta (id, d) VALUES (?, ?) ON DUPLICATE KEY UPDATE d = d + ?",
                    &[int(1), int(2), int(3)],
                ),
            ]
            .concat(),
        ),
        (
            "functions".into(),
            call(
                "SELECT LPAD(?, ?, ?), ROUND(?, ?), DATE_ADD(?, INTERVAL ? MONTH), SUBSTRING(?, ?, ?), CAST(? AS DECIMAL(38, 10))",
                &[
                    "a".into(),
                    int(5),
                    "xy".into(),
                    1.25.into(),
                    int(1),
                    many[8].clone(),
                    int(13),
                    "text".into(),
                    int(-2),
                    int(9),
                    "1e3".into(),
                ],
            ),
        ),
    ];
    for (i, v) in many.iter().enumerate() {
        let sql = "SELECT ?1, ?1 = ?1, ?1 + 1, ?1 || 'x', -?1, ?1 IN (1, 'a', NULL), HEX(?1), COALESCE(?1, 2) FROM ta WHERE id < 3";
        seeds.push((format!("value_{i}"), call(sql, std::slice::from_ref(v))));
    }
    seeds
}

const SMALL: [&str; 2] = [
    "CREATE TABLE a (id INT PRIMARY KEY, n INT, s VARCHAR(9), INDEX by_n (n))",
    "INSERT INTO a VALUES (1, 1, 'a'), (2, 3, 'b'), (3, 2, NULL), (4, NULL, 'd'), (7, 5, 'e'), (9, 2, 'f')",
];

const EVERY_TYPE: [&str; 2] = [
    "CREATE TABLE e (id INT PRIMARY KEY, n DECIMAL(9,2), s TEXT COLLATE NOCASE UNIQUE, f DOUBLE DEFAULT 1.5, b BLOB, \
     d DATE, m TIME(3), dt DATETIME, j JSON, u UUID, v VECTOR(2), x BOOLEAN NOT NULL, g GEOMETRY, CHECK (n > -5))",
    "INSERT INTO e VALUES (1, 1.5, 'a', 0.1, X'00FF', '2024-02-29', '-01:02:03.5', '2024-02-29 01:02:03', '{\"a\":1}', \
     '00000000-0000-0000-0000-000000000001', '[1,2]', TRUE, 'POINT(1 2)'), \
     (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, FALSE, NULL)",
];

const TWO_TABLES: [&str; 5] = [
    "CREATE TABLE p (id INT PRIMARY KEY AUTO_INCREMENT, n INT NOT NULL DEFAULT 3, s VARCHAR(20) UNIQUE) WITH (sync_on_write = true)",
    "CREATE TABLE q (id INT, n INT, s TEXT, CONSTRAINT of_p FOREIGN KEY (n) REFERENCES p (id) ON DELETE SET NULL, \
     INDEX i (s DESC, n)) ENGINE = dual",
    "INSERT INTO p (n, s) VALUES (1, 'one'), (2, 'two'), (3, 'three'), (4, 'four'), (5, 'five')",
    "INSERT INTO q VALUES (1, 1, 'x'), (2, 2, 'y'), (3, NULL, 'z')",
    "DELETE FROM p WHERE id = 3",
];

/// What the engine puts into a store.
fn store(script: &[&str]) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let store = Arc::new(MemoryStore::new());
    block_on(async {
        let db = Database::open(Some(store.clone()), Arc::new(Still), config()).await;
        let db = db.expect("the database opens");
        for sql in script {
            db.session().execute(sql, ()).await.expect("the store is filled");
        }
        db.close().await.expect("the database closes");
    });
    store.entries()
}

fn decode() -> Vec<(String, Vec<u8>)> {
    let mut seeds = Vec::new();
    for (name, script) in [
        ("small", &SMALL[..]),
        ("types", &EVERY_TYPE),
        ("tables", &TWO_TABLES),
    ] {
        for (i, (key, value)) in store(script).iter().enumerate() {
            let bare = unframe(key, value);
            let (tag, body) = match key.first() {
                Some(0x02) => (b'S', bare.as_slice()),
                Some(0x04) => (b'T', bare.as_slice()),
                Some(0x10) => (b"REDH"[usize::from(bare[0])], &bare[1..]),
                _ => continue,
            };
            seeds.push((format!("{name}_{i}"), [&[tag], body].concat()));
        }
    }
    let mut separators = BytesVec::default();
    [&b""[..], b"\x80", b"\x80\x01"]
        .iter()
        .for_each(|s| separators.push(s));
    // What a page of the first format version has.
    let entries = encode_index_block(b"", BlockKind::Entries, &separators, &[4, 3, 4]);
    seeds.push(("old_page".into(), [b"d", &entries[BLOCK_HEADER..]].concat()));
    for (i, value) in some_values().iter().enumerate() {
        seeds.push((
            format!("value_{i}"),
            [&b"V"[..], &values::bytes_of(value)].concat(),
        ));
    }
    for (i, text) in [
        "-12.50e3",
        "99999999999999999999999999999999999999",
        "2024-02-29 13:14:15.123456",
        "-838:59:59.999999",
        "20240229",
        "{\"a\": [1, 2.5e-3, \"\\ud83d\\ude00\", {}]}",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "[1, -2.5e10]",
        "POLYGON((0 0, 4 0, 4 4, 0 4, 0 0))",
        "GEOMETRYCOLLECTION(POINT(1 2), MULTIPOINT((1 1), (2 2)))",
        "0x7f true",
    ]
    .iter()
    .enumerate()
    {
        seeds.push((format!("text_{i}"), [b"X", text.as_bytes()].concat()));
    }
    seeds
}

fn logs() -> Vec<(String, Vec<u8>)> {
    // A log as the store writes it, record by record.
    let disk = Disk::new(new_store(), DiskFault::None);
    let store = open_store(&disk, StoreOptions::default()).expect("the store opens");
    for i in 0..4_u8 {
        let mut batch = WriteBatch::default();
        batch.put(vec![0x10, i], vec![i; 20]);
        batch.delete(vec![0x10, i / 2]);
        if i == 2 {
            batch.delete_range(vec![0x10], vec![0x10, 1]);
        }
        block_on(store.commit(batch, Durability::Sync)).expect("a commit");
    }
    let [_, log] = disk.files();
    let mut written = Vec::new();
    let mut at = 0;
    while let Some(length) = log.get(at + 4..at + 8) {
        let length = u32::from_le_bytes(length.try_into().expect("four bytes")) as usize;
        if length == 0 {
            break;
        }
        let body = &log[at + 32..at + 32 + length];
        written.extend_from_slice(log::RECORD);
        written.push(0);
        written.extend_from_slice(body);
        at += (32 + length).next_multiple_of(8);
    }
    let mark = log::RECORD.len();
    vec![
        ("written".into(), written[mark..].to_vec()),
        ("empty".into(), Vec::new()),
        ("raw".into(), [&[8], &log[..at.min(100)]].concat()),
        (
            "sequence".into(),
            [&[2][..], &9_u64.to_le_bytes(), &[0; 8]].concat(),
        ),
    ]
}
