//! Analytical queries over a music shop, compared with SQLite loaded from the same script.
//!
//! A made-up sample always runs, in every placement; the real Chinook script runs too where it is at
//! hand (`AMPHI_SHARED`, or `../shared` beside the workspace), and is reported as left out where not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod sqlite_oracle;

use amphi_core::router::Config;
use amphi_core::sql::parse::split;
use amphi_core::tree::BlockSizing;
use amphi_tests::chinook_sample::{self, TABLES};
use amphi_tests::placements::TestPlacement;
use amphi_tests::sql_client::SqlClient;
use sqlite_oracle::{Cell, SqliteOracle, same};
use std::io::Write;
use std::path::PathBuf;

/// Every query has a total order. Both engines read the same text.
const QUERIES: [&str; 30] = [
    "SELECT COUNT(*), SUM(Total), MIN(Total), MAX(Total), AVG(Total) FROM Invoice",
    "SELECT ar.Name, COUNT(*) AS n FROM Artist ar JOIN Album al ON al.ArtistId = ar.ArtistId GROUP BY ar.ArtistId, ar.Name ORDER BY n DESC, ar.ArtistId LIMIT 10",
    "SELECT g.Name, COUNT(t.TrackId), SUM(t.Milliseconds), MAX(t.Milliseconds) FROM Genre g LEFT JOIN Track t ON t.GenreId = g.GenreId GROUP BY g.GenreId, g.Name ORDER BY g.GenreId",
    "SELECT c.Country, COUNT(*) AS customers, COUNT(DISTINCT c.City) FROM Customer c GROUP BY c.Country ORDER BY customers DESC, c.Country",
    "SELECT i.BillingCountry, SUM(i.Total) AS total, COUNT(*) FROM Invoice i GROUP BY i.BillingCountry HAVING SUM(i.Total) > 20 ORDER BY total DESC, i.BillingCountry",
    "SELECT c.CustomerId, c.FirstName, c.LastName, SUM(i.Total) AS spent FROM Customer c JOIN Invoice i ON i.CustomerId = c.CustomerId GROUP BY c.CustomerId, c.FirstName, c.LastName ORDER BY spent DESC, c.CustomerId LIMIT 5",
    "SELECT e.LastName, b.LastName FROM Employee e LEFT JOIN Employee b ON e.ReportsTo = b.EmployeeId ORDER BY e.EmployeeId",
    "SELECT e.EmployeeId, e.LastName, COUNT(c.CustomerId) FROM Employee e LEFT JOIN Customer c ON c.SupportRepId = e.EmployeeId GROUP BY e.EmployeeId, e.LastName ORDER BY e.EmployeeId",
    "SELECT t.TrackId, t.Name, al.Title, ar.Name FROM Track t JOIN Album al ON t.AlbumId = al.AlbumId JOIN Artist ar ON al.ArtistId = ar.ArtistId WHERE t.Milliseconds > 350000 ORDER BY t.Milliseconds DESC, t.TrackId LIMIT 20",
    "SELECT COUNT(*) FROM Track WHERE Composer IS NULL",
    "SELECT t.TrackId, t.Name FROM Track t WHERE t.Name LIKE '%rock%' ORDER BY t.TrackId",
    "SELECT m.Name, COUNT(*), MIN(t.UnitPrice), MAX(t.UnitPrice) FROM Track t JOIN MediaType m ON m.MediaTypeId = t.MediaTypeId GROUP BY m.MediaTypeId, m.Name ORDER BY m.MediaTypeId",
    "SELECT p.PlaylistId, p.Name, COUNT(pt.TrackId) FROM Playlist p LEFT JOIN PlaylistTrack pt ON pt.PlaylistId = p.PlaylistId GROUP BY p.PlaylistId, p.Name ORDER BY p.PlaylistId",
    "SELECT t.TrackId, SUM(il.Quantity) AS sold, SUM(il.UnitPrice * il.Quantity) AS earned FROM Track t JOIN InvoiceLine il ON il.TrackId = t.TrackId GROUP BY t.TrackId ORDER BY sold DESC, earned DESC, t.TrackId LIMIT 15",
    "SELECT COUNT(*) FROM Track WHERE TrackId NOT IN (SELECT TrackId FROM InvoiceLine)",
    "SELECT COUNT(*) FROM Album WHERE AlbumId IN (SELECT AlbumId FROM Track WHERE UnitPrice > 1)",
    "SELECT ar.ArtistId, ar.Name FROM Artist ar WHERE ar.ArtistId NOT IN (SELECT ArtistId FROM Album) ORDER BY ar.ArtistId LIMIT 20",
    "SELECT TrackId, Name FROM Track WHERE Milliseconds = (SELECT MAX(Milliseconds) FROM Track) ORDER BY TrackId",
    "SELECT COUNT(*) FROM Invoice WHERE Total > (SELECT AVG(Total) FROM Invoice)",
    "SELECT x.GenreId, x.n FROM (SELECT GenreId, COUNT(*) AS n FROM Track GROUP BY GenreId) x WHERE x.n > 5 ORDER BY x.n DESC, x.GenreId",
    "SELECT COUNT(*) FROM InvoiceLine il JOIN Invoice i ON i.InvoiceId = il.InvoiceId JOIN Customer c ON c.CustomerId = i.CustomerId JOIN Track t ON t.TrackId = il.TrackId JOIN Genre g ON g.GenreId = t.GenreId WHERE g.Name = 'Rock' AND c.Country = i.BillingCountry",
    "SELECT i.InvoiceId, i.Total, SUM(il.UnitPrice * il.Quantity) FROM Invoice i JOIN InvoiceLine il ON il.InvoiceId = i.InvoiceId GROUP BY i.InvoiceId, i.Total ORDER BY i.InvoiceId LIMIT 50",
    "SELECT DISTINCT c.Country, c.State FROM Customer c ORDER BY c.Country, c.State",
    "SELECT c.CustomerId, c.Email FROM Customer c LEFT JOIN Invoice i ON i.CustomerId = c.CustomerId WHERE i.InvoiceId IS NULL ORDER BY c.CustomerId",
    "SELECT InvoiceId, InvoiceDate FROM Invoice WHERE InvoiceDate >= '2022-01-01 00:00:00' AND InvoiceDate < '2023-01-01 00:00:00' ORDER BY InvoiceDate DESC, InvoiceId LIMIT 12",
    "SELECT CASE WHEN Milliseconds < 180000 THEN 'short' WHEN Milliseconds < 300000 THEN 'medium' ELSE 'long' END AS length, COUNT(*), AVG(Bytes) FROM Track GROUP BY length ORDER BY length",
    "SELECT g.Name, c.Country, SUM(il.Quantity) AS q FROM InvoiceLine il JOIN Track t ON t.TrackId = il.TrackId JOIN Genre g ON g.GenreId = t.GenreId JOIN Invoice i ON i.InvoiceId = il.InvoiceId JOIN Customer c ON c.CustomerId = i.CustomerId GROUP BY g.Name, c.Country HAVING SUM(il.Quantity) > 2 ORDER BY q DESC, g.Name, c.Country LIMIT 25",
    "SELECT al.AlbumId, al.Title, COUNT(*), SUM(t.UnitPrice), SUM(t.Milliseconds) FROM Album al JOIN Track t ON t.AlbumId = al.AlbumId GROUP BY al.AlbumId, al.Title HAVING COUNT(*) >= 4 ORDER BY COUNT(*) DESC, al.AlbumId LIMIT 10 OFFSET 2",
    "SELECT a.CustomerId, b.CustomerId FROM Customer a JOIN Customer b ON a.City = b.City AND a.CustomerId < b.CustomerId ORDER BY a.CustomerId, b.CustomerId",
    "SELECT UPPER(SUBSTR(Name, 1, 1)) AS initial, COUNT(*) FROM Artist WHERE Name IS NOT NULL GROUP BY initial ORDER BY initial LIMIT 10",
];

/// A string literal of MySQL for SQLite: without backslash escapes, dates in ISO form.
fn literal_for_sqlite(text: &str) -> String {
    let parts: Vec<&str> = text.split('/').collect();
    let digits = |p: &&str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit());
    match parts.as_slice() {
        [y, m, d] if parts.iter().all(digits) => format!("'{y}-{m:0>2}-{d:0>2} 00:00:00'"),
        _ => format!("'{}'", text.replace('\'', "''")),
    }
}

/// A statement of the script as SQLite reads it: no national strings, no backslash escapes, ISO dates, no
/// schemas; a foreign key added later is left out.
fn for_sqlite(sql: &str) -> Option<String> {
    let first = sql.split_whitespace().next().unwrap_or("").to_ascii_uppercase();
    if first == "USE" || first == "ALTER" || sql.contains("DATABASE") {
        return None;
    }
    let mut out = String::with_capacity(sql.len());
    let mut chars = sql.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\'' {
            out.push(c);
            continue;
        }
        if out.ends_with('N') {
            out.pop();
        }
        let mut text = String::new();
        while let Some(c) = chars.next() {
            match c {
                '\\' => text.extend(chars.next()),
                '\'' if chars.peek() == Some(&'\'') => text.extend(chars.next()),
                '\'' => break,
                c => text.push(c),
            }
        }
        out.push_str(&literal_for_sqlite(&text));
    }
    Some(out)
}

struct Loaded {
    client: SqlClient,
    oracle: SqliteOracle,
}

fn load(script: &str, placement: TestPlacement, config: Config) -> Loaded {
    let database = placement.open_with(placement.store(), config).unwrap();
    let mut client = SqlClient::new(&database, placement);
    let oracle = SqliteOracle::new();
    oracle.execute("PRAGMA foreign_keys = OFF; BEGIN").unwrap();
    for statement in split(script) {
        let shown: String = statement.text.chars().take(200).collect();
        if let Err(e) = client.run(statement.text) {
            panic!("line {}: {e}\n{shown}", statement.position.line);
        }
        if let Some(sql) = for_sqlite(statement.text) {
            oracle
                .execute(&sql)
                .unwrap_or_else(|e| panic!("SQLite: {e}\n{shown}"));
        }
    }
    oracle.execute("COMMIT").unwrap();
    Loaded { client, oracle }
}

impl Loaded {
    fn compare(&mut self, sql: &str) -> Result<usize, String> {
        let theirs = self.oracle.rows(sql).map_err(|e| format!("SQLite: {e}\n{sql}"))?;
        let ours = self.client.rows(sql).map_err(|e| format!("{e}\n{sql}"))?;
        let ours: Vec<Vec<Cell>> = ours.iter().map(|r| r.iter().map(Cell::ours).collect()).collect();
        if same(&ours, &theirs) {
            return Ok(ours.len());
        }
        let at = ours
            .iter()
            .zip(&theirs)
            .position(|(a, b)| !same(std::slice::from_ref(a), std::slice::from_ref(b)))
            .unwrap_or(ours.len().min(theirs.len()));
        Err(format!(
            "{sql}\nrow {at} differs ({} and {} rows)\nours:   {:?}\nSQLite: {:?}",
            ours.len(),
            theirs.len(),
            ours.get(at),
            theirs.get(at)
        ))
    }

    /// Compares every table whole and every query; returns the number of rows of all tables.
    fn compare_all(&mut self) -> usize {
        let mut wrong = Vec::new();
        let mut total = 0;
        for table in TABLES {
            let by_key = if table == "PlaylistTrack" { "1, 2" } else { "1" };
            match self.compare(&format!("SELECT * FROM {table} ORDER BY {by_key}")) {
                Ok(rows) => total += rows,
                Err(e) => wrong.push(e),
            }
        }
        for sql in QUERIES {
            wrong.extend(self.compare(sql).err());
        }
        assert!(
            wrong.is_empty(),
            "{} comparisons failed:\n{}",
            wrong.len(),
            wrong.join("\n\n")
        );
        total
    }
}

fn sample(placement: TestPlacement) {
    let mut loaded = load(&chinook_sample::script(), placement, placement.config());
    assert!(loaded.compare_all() > 400);
    // The foreign keys hold.
    for sql in [
        "DELETE FROM Artist WHERE ArtistId = 1",
        "INSERT INTO Album VALUES (1000, 'x', 1000)",
        "UPDATE Track SET GenreId = 77 WHERE TrackId = 1",
    ] {
        assert_eq!(loaded.client.run(sql).unwrap_err().code(), "23503", "{sql}");
    }
}

#[test]
fn sample_in_memory() {
    sample(TestPlacement::Memory);
}

#[test]
fn sample_persistent() {
    sample(TestPlacement::Persistent);
}

#[test]
fn sample_dual() {
    sample(TestPlacement::Dual);
}

#[test]
fn sample_on_a_pending_store() {
    sample(TestPlacement::Pending);
}

/// The real script, if it is at hand.
fn real_script() -> Option<String> {
    let shared = std::env::var_os("AMPHI_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")),
        PathBuf::from,
    );
    std::fs::read_to_string(shared.join("data/Chinook_MySql.sql")).ok()
}

fn real(placement: TestPlacement) {
    let Some(script) = real_script() else {
        // Not `println!`, which is shown for failing tests only.
        let (cases, placement) = (QUERIES.len() + TABLES.len(), placement.name());
        let _ = writeln!(
            std::io::stderr(),
            "left out: {cases} cases of the real Chinook script ({placement})"
        );
        return;
    };
    let mut config = placement.config();
    config.sizing = BlockSizing::default();
    config.cache.max_bytes = Some(128 << 10);
    let mut loaded = load(&script, placement, config);
    assert_eq!(loaded.compare_all(), 15_607, "rows of all tables");
}

#[test]
fn real_script_in_memory() {
    real(TestPlacement::Memory);
}

#[test]
fn real_script_persistent() {
    real(TestPlacement::Persistent);
}
