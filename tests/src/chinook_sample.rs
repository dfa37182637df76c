//! A small music shop of the shape of the Chinook sample database, as a MySQL script: the same eleven
//! tables, keys, foreign keys and indexes, with rows made up here.

use std::fmt::Write as _;

/// The tables, parents before children.
pub const TABLES: [&str; 11] = [
    "Artist",
    "Album",
    "Employee",
    "Customer",
    "Genre",
    "MediaType",
    "Track",
    "Playlist",
    "PlaylistTrack",
    "Invoice",
    "InvoiceLine",
];

const SCHEMA: &str = "
/* A music shop. */
DROP DATABASE IF EXISTS `Chinook`;
CREATE DATABASE `Chinook`;
USE `Chinook`;
CREATE TABLE `Artist` (`ArtistId` INT NOT NULL, `Name` NVARCHAR(120), CONSTRAINT `PK_Artist` PRIMARY KEY (`ArtistId`));
CREATE TABLE `Album` (`AlbumId` INT NOT NULL, `Title` NVARCHAR(160) NOT NULL, `ArtistId` INT NOT NULL, CONSTRAINT `PK_Album` PRIMARY KEY (`AlbumId`));
CREATE TABLE `Employee` (`EmployeeId` INT NOT NULL, `LastName` NVARCHAR(20) NOT NULL, `FirstName` NVARCHAR(20) NOT NULL, `Title` NVARCHAR(30), `ReportsTo` INT, `BirthDate` DATETIME, `HireDate` DATETIME, `City` NVARCHAR(40), `Country` NVARCHAR(40), CONSTRAINT `PK_Employee` PRIMARY KEY (`EmployeeId`));
CREATE TABLE `Customer` (`CustomerId` INT NOT NULL, `FirstName` NVARCHAR(40) NOT NULL, `LastName` NVARCHAR(20) NOT NULL, `Company` NVARCHAR(80), `City` NVARCHAR(40), `State` NVARCHAR(40), `Country` NVARCHAR(40), `Email` NVARCHAR(60) NOT NULL, `SupportRepId` INT, CONSTRAINT `PK_Customer` PRIMARY KEY (`CustomerId`));
CREATE TABLE `Genre` (`GenreId` INT NOT NULL, `Name` NVARCHAR(120), CONSTRAINT `PK_Genre` PRIMARY KEY (`GenreId`));
CREATE TABLE `MediaType` (`MediaTypeId` INT NOT NULL, `Name` NVARCHAR(120), CONSTRAINT `PK_MediaType` PRIMARY KEY (`MediaTypeId`));
CREATE TABLE `Track` (`TrackId` INT NOT NULL, `Name` NVARCHAR(200) NOT NULL, `AlbumId` INT, `MediaTypeId` INT NOT NULL, `GenreId` INT, `Composer` NVARCHAR(220), `Milliseconds` INT NOT NULL, `Bytes` INT, `UnitPrice` NUMERIC(10,2) NOT NULL, CONSTRAINT `PK_Track` PRIMARY KEY (`TrackId`));
CREATE TABLE `Playlist` (`PlaylistId` INT NOT NULL, `Name` NVARCHAR(120), CONSTRAINT `PK_Playlist` PRIMARY KEY (`PlaylistId`));
CREATE TABLE `PlaylistTrack` (`PlaylistId` INT NOT NULL, `TrackId` INT NOT NULL, CONSTRAINT `PK_PlaylistTrack` PRIMARY KEY (`PlaylistId`, `TrackId`));
CREATE TABLE `Invoice` (`InvoiceId` INT NOT NULL, `CustomerId` INT NOT NULL, `InvoiceDate` DATETIME NOT NULL, `BillingCity` NVARCHAR(40), `BillingCountry` NVARCHAR(40), `Total` NUMERIC(10,2) NOT NULL, CONSTRAINT `PK_Invoice` PRIMARY KEY (`InvoiceId`));
CREATE TABLE `InvoiceLine` (`InvoiceLineId` INT NOT NULL, `InvoiceId` INT NOT NULL, `TrackId` INT NOT NULL, `UnitPrice` NUMERIC(10,2) NOT NULL, `Quantity` INT NOT NULL, CONSTRAINT `PK_InvoiceLine` PRIMARY KEY (`InvoiceLineId`));
";

/// Child, its column, parent (whose key is `<parent>Id`).
const FOREIGN_KEYS: [(&str, &str, &str); 11] = [
    ("Album", "ArtistId", "Artist"),
    ("Customer", "SupportRepId", "Employee"),
    ("Employee", "ReportsTo", "Employee"),
    ("Invoice", "CustomerId", "Customer"),
    ("InvoiceLine", "InvoiceId", "Invoice"),
    ("InvoiceLine", "TrackId", "Track"),
    ("PlaylistTrack", "PlaylistId", "Playlist"),
    ("PlaylistTrack", "TrackId", "Track"),
    ("Track", "AlbumId", "Album"),
    ("Track", "GenreId", "Genre"),
    ("Track", "MediaTypeId", "MediaType"),
];

const WORDS: [&str; 12] = [
    "Blue", "Grüße", "River", "It''s", "Stone", "Zero", "añejo", "Night", "Über", "alone", "Ånd", "Rock",
];
const CITIES: [(&str, &str); 6] = [
    ("Berlin", "Germany"),
    ("São Paulo", "Brazil"),
    ("Paris", "France"),
    ("Oslo", "Norway"),
    ("Boston", "USA"),
    ("Lyon", "France"),
];

fn insert(script: &mut String, table: &str, rows: Vec<String>) {
    let mut line = |text: String| {
        script.push_str(&text);
        script.push('\n');
    };
    line(format!("INSERT INTO `{table}` VALUES"));
    let last = rows.len().saturating_sub(1);
    for (i, row) in rows.iter().enumerate() {
        line(format!("    ({row}){}", if i == last { ";" } else { "," }));
    }
}

fn word(i: usize) -> &'static str {
    WORDS[i % WORDS.len()]
}

fn optional(value: String, present: bool) -> String {
    if present { value } else { String::from("NULL") }
}

fn cents(n: usize) -> String {
    format!("{}.{:02}", n / 100, n % 100)
}

/// The whole script.
pub fn script() -> String {
    let mut s = String::from(SCHEMA);
    for (child, column, parent) in FOREIGN_KEYS {
        let name = format!("FK_{child}{column}");
        writeln!(s, "ALTER TABLE `{child}` ADD CONSTRAINT `{name}`\n    FOREIGN KEY (`{column}`) REFERENCES `{parent}` (`{parent}Id`) ON DELETE NO ACTION ON UPDATE NO ACTION;").ok();
        writeln!(s, "CREATE INDEX `I{name}` ON `{child}` (`{column}`);").ok();
    }
    let artist = |i: usize| {
        format!(
            "{i}, {}",
            optional(format!("N'{} {}'", word(i), word(i * 5 + 1)), i != 9)
        )
    };
    insert(&mut s, "Artist", (1..=14).map(artist).collect());
    let album = |i: usize| format!("{i}, N'{} of {}', {}", word(i * 7), word(i + 3), 1 + i * 5 % 12);
    insert(&mut s, "Album", (1..=22).map(album).collect());
    let employee = |i: usize| {
        let (city, country) = CITIES[i % 3];
        let boss = optional((i / 2).to_string(), i > 1);
        let born = format!("{}/{}/{}", 1950 + i * 3, 1 + i % 12, 1 + i * 5 % 28);
        format!(
            "{i}, N'{}son', N'{}', N'Agent {}', {boss}, '{born}', '2002/8/{}', N'{city}', N'{country}'",
            word(i),
            word(i + 4),
            i % 3,
            i + 9
        )
    };
    insert(&mut s, "Employee", (1..=8).map(employee).collect());
    let customer = |i: usize| {
        let (city, country) = CITIES[i * 5 % 6];
        let company = optional(format!("N'{} Ltd.'", word(i)), i.is_multiple_of(3));
        let state = optional(format!("N'S{}'", i % 4), i % 2 == 1);
        let support = optional((3 + i % 3).to_string(), i != 13);
        format!(
            "{i}, N'{}', N'{}', {company}, N'{city}', {state}, N'{country}', N'c{i}@example.org', {support}",
            word(i * 3),
            word(i + 6)
        )
    };
    insert(&mut s, "Customer", (1..=16).map(customer).collect());
    let genre = |i: usize| {
        format!(
            "{i}, N'{}'",
            ["Rock", "Jazz", "Metal", "Classical", "Opera", "Silence"][i - 1]
        )
    };
    insert(&mut s, "Genre", (1..=6).map(genre).collect());
    let media = |i: usize| {
        format!(
            "{i}, N'{}'",
            ["MPEG audio file", "AAC audio file", "Vinyl"][i - 1]
        )
    };
    insert(&mut s, "MediaType", (1..=3).map(media).collect());
    let price = |track: usize| if track.is_multiple_of(7) { 199 } else { 99 };
    let track = |i: usize| {
        let album = optional((1 + i * 3 % 20).to_string(), !i.is_multiple_of(11));
        let genre = optional((1 + i % 5).to_string(), !i.is_multiple_of(13));
        let composer = optional(
            format!("N'{} & {}'", word(i * 2), word(i / 3)),
            !i.is_multiple_of(4),
        );
        let bytes = optional(
            (i * 7919 % 100_000 + 1_000_000).to_string(),
            !i.is_multiple_of(17),
        );
        let length = 100_000 + i * 104_729 % 300_000;
        format!(
            "{i}, N'{} {}', {album}, {}, {genre}, {composer}, {length}, {bytes}, {}",
            word(i),
            word(i / 5 + 2),
            1 + i % 2,
            cents(price(i))
        )
    };
    insert(&mut s, "Track", (1..=90).map(track).collect());
    let playlist = |i: usize| format!("{i}, N'{} list'", word(i + 1));
    insert(&mut s, "Playlist", (1..=6).map(playlist).collect());
    let listed = |list: usize| {
        (1..=90)
            .filter(move |t| (t * list) % (list + 4) == list % 3)
            .map(move |t| format!("{list}, {t}"))
    };
    insert(&mut s, "PlaylistTrack", (1..=5).flat_map(listed).collect());
    let lines = |invoice: usize| 1 + invoice * 7 % 5;
    let bought = |invoice: usize, line: usize| 1 + (invoice * 13 + line * 29) % 90;
    let invoice = |i: usize| {
        let customer = 1 + i * 11 % 15;
        let (city, country) = CITIES[customer * 5 % 6];
        let total: usize = (0..lines(i)).map(|l| price(bought(i, l)) * (1 + l % 2)).sum();
        format!(
            "{i}, {customer}, '{}/{}/{}', N'{city}', N'{country}', {}",
            2021 + i % 4,
            1 + i % 12,
            1 + i % 28,
            cents(total)
        )
    };
    insert(&mut s, "Invoice", (1..=70).map(invoice).collect());
    let mut id = 0;
    let mut all = Vec::new();
    for invoice in 1..=70 {
        for line in 0..lines(invoice) {
            id += 1;
            let track = bought(invoice, line);
            all.push(format!(
                "{id}, {invoice}, {track}, {}, {}",
                cents(price(track)),
                1 + line % 2
            ));
        }
    }
    insert(&mut s, "InvoiceLine", all);
    s
}
