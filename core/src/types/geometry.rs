//! Geometry as text (WKT) and as columns hold it (little-endian WKB without an SRID).
//!
//! The seven kinds of OGC 06-103r4 in two dimensions; others are refused. Collections nest to a limit, so that reading
//! them may recurse.

use alloc::vec::Vec;
use core::fmt;

/// The kinds, by their number in WKB from 1 on.
const NAMES: [&str; 7] = [
    "POINT",
    "LINESTRING",
    "POLYGON",
    "MULTIPOINT",
    "MULTILINESTRING",
    "MULTIPOLYGON",
    "GEOMETRYCOLLECTION",
];

/// How deep collections nest at most.
const MAX_DEPTH: usize = 16;

/// A reader over WKT.
struct Wkt<'a>(&'a str);

impl Wkt<'_> {
    fn eat(&mut self, c: char) -> bool {
        self.0 = self.0.trim_ascii_start();
        match self.0.strip_prefix(c) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    /// The word at hand, which may be none.
    fn word(&mut self) -> &str {
        self.0 = self.0.trim_ascii_start();
        let end = self.0.find(|c: char| !c.is_ascii_alphabetic());
        let (word, rest) = self
            .0
            .split_at_checked(end.unwrap_or(self.0.len()))
            .unwrap_or((self.0, ""));
        self.0 = rest;
        word
    }

    fn number(&mut self) -> Option<f64> {
        self.0 = self.0.trim_ascii_start();
        let end = self
            .0
            .find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E'))
            .unwrap_or(self.0.len());
        let (number, rest) = self.0.split_at_checked(end)?;
        self.0 = rest;
        number.parse::<f64>().ok().filter(|x| x.is_finite())
    }

    fn point(&mut self, out: &mut Vec<u8>) -> Option<()> {
        for _ in 0..2 {
            out.extend_from_slice(&self.number()?.to_le_bytes());
        }
        Some(())
    }

    fn point_in_parentheses(&mut self, out: &mut Vec<u8>) -> Option<()> {
        let open = self.eat('(');
        self.point(out).filter(|_| open && self.eat(')'))
    }

    /// `( item, item, … )`, preceded in the output by their number.
    fn list(
        &mut self,
        out: &mut Vec<u8>,
        item: impl Fn(&mut Self, &mut Vec<u8>) -> Option<()>,
    ) -> Option<()> {
        let at = out.len();
        out.extend_from_slice(&[0; 4]);
        let mut n = 0u32;
        if !self.eat('(') {
            return None;
        }
        loop {
            item(self, out)?;
            n += 1;
            if !self.eat(',') {
                break;
            }
        }
        out.get_mut(at..at + 4)?.copy_from_slice(&n.to_le_bytes());
        self.eat(')').then_some(())
    }

    /// What a kind has behind its name.
    fn body(&mut self, kind: u32, depth: usize, out: &mut Vec<u8>) -> Option<()> {
        let before = self.0;
        if self.word().eq_ignore_ascii_case("EMPTY") {
            // WKB has no point without coordinates.
            (kind != 1).then_some(())?;
            out.extend_from_slice(&[0; 4]);
            return Some(());
        }
        self.0 = before;
        let part = |kind: u32| {
            move |s: &mut Self, out: &mut Vec<u8>| {
                header(kind, out);
                match kind {
                    // Also without parentheses, as in MariaDB.
                    1 if !s.0.trim_ascii_start().starts_with('(') => s.point(out),
                    kind => s.body(kind, MAX_DEPTH, out),
                }
            }
        };
        match kind {
            1 => self.point_in_parentheses(out),
            2 => self.list(out, Wkt::point),
            3 => self.list(out, |s, out| s.list(out, Wkt::point)),
            4..=6 => self.list(out, part(kind - 3)),
            _ => self.list(out, |s, out| s.geometry(depth.checked_sub(1)?, out)),
        }
    }

    fn geometry(&mut self, depth: usize, out: &mut Vec<u8>) -> Option<()> {
        let name = self.word();
        let kind = NAMES.iter().position(|n| n.eq_ignore_ascii_case(name))? as u32 + 1;
        header(kind, out);
        self.body(kind, depth, out)
    }
}

/// The byte order and the kind.
fn header(kind: u32, out: &mut Vec<u8>) {
    out.push(1);
    out.extend_from_slice(&kind.to_le_bytes());
}

/// Reads WKT into WKB.
pub fn parse_wkt(text: &str) -> Option<Vec<u8>> {
    let mut s = Wkt(text);
    let mut out = Vec::new();
    s.geometry(MAX_DEPTH, &mut out)?;
    s.0.trim_ascii().is_empty().then_some(out)
}

/// A reader over WKB.
struct Wkb<'a>(&'a [u8]);

impl Wkb<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    fn count(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn kind(&mut self) -> Option<u32> {
        let [order] = self.take()?;
        self.count().filter(|_| order == 1)
    }

    fn point(&mut self, f: &mut dyn fmt::Write) -> Option<()> {
        let (x, y) = (f64::from_le_bytes(self.take()?), f64::from_le_bytes(self.take()?));
        write!(f, "{x} {y}").ok()
    }

    fn list(
        &mut self,
        f: &mut dyn fmt::Write,
        item: impl Fn(&mut Self, &mut dyn fmt::Write) -> Option<()>,
    ) -> Option<()> {
        let count = self.count()?;
        if count == 0 {
            return f.write_str(" EMPTY").ok();
        }
        f.write_str("(").ok()?;
        for i in 0..count {
            if i > 0 {
                f.write_str(",").ok()?;
            }
            item(self, f)?;
        }
        f.write_str(")").ok()
    }

    fn body(&mut self, kind: u32, depth: usize, f: &mut dyn fmt::Write) -> Option<()> {
        let part = |kind: u32| {
            move |s: &mut Self, f: &mut dyn fmt::Write| match s.kind()? == kind {
                true => s.body(kind, MAX_DEPTH, f),
                false => None,
            }
        };
        match kind {
            1 => {
                f.write_str("(").ok()?;
                self.point(f)?;
                f.write_str(")").ok()
            }
            2 => self.list(f, Wkb::point),
            3 => self.list(f, |s, f| s.list(f, Wkb::point)),
            4..=6 => self.list(f, part(kind - 3)),
            _ => self.list(f, |s, f| s.geometry(depth.checked_sub(1)?, f)),
        }
    }

    fn geometry(&mut self, depth: usize, f: &mut dyn fmt::Write) -> Option<()> {
        let kind = self.kind()?;
        f.write_str(NAMES.get((kind as usize).checked_sub(1)?)?).ok()?;
        self.body(kind, depth, f)
    }
}

/// Writes WKB as WKT; `None` if the bytes are no geometry of a known kind.
pub fn write_wkt(bytes: &[u8], f: &mut dyn fmt::Write) -> Option<()> {
    let mut s = Wkb(bytes);
    s.geometry(MAX_DEPTH, f)?;
    s.0.is_empty().then_some(())
}

/// Whether the bytes are a geometry of a known kind.
pub fn is_wkb(bytes: &[u8]) -> bool {
    struct Nothing;
    impl fmt::Write for Nothing {
        fn write_str(&mut self, _: &str) -> fmt::Result {
            Ok(())
        }
    }
    write_wkt(bytes, &mut Nothing).is_some()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use alloc::string::String;

    #[test]
    fn text_and_bytes_say_the_same() {
        for wkt in [
            "POINT(1 -2.5)",
            "LINESTRING(0 0,1 1,2 0.5)",
            "POLYGON((0 0,4 0,4 4,0 0),(1 1,2 1,2 2,1 1))",
            "MULTIPOINT((0 0),(1 2))",
            "MULTILINESTRING((0 0,1 1),(2 2,3 3))",
            "MULTIPOLYGON(((0 0,4 0,4 4,0 0)),((5 5,6 5,6 6,5 5)))",
            "GEOMETRYCOLLECTION(POINT(1 2),MULTIPOINT((0 0)),GEOMETRYCOLLECTION EMPTY)",
            "MULTIPOLYGON EMPTY",
        ] {
            let mut back = String::new();
            write_wkt(&parse_wkt(wkt).unwrap(), &mut back).unwrap();
            assert_eq!(back, wkt);
        }
        assert!(parse_wkt(" point ( 1  2 ) ").is_some());
        assert_eq!(
            parse_wkt("MULTIPOINT(0 0, 1 2)"),
            parse_wkt("MULTIPOINT((0 0),(1 2))")
        );
        for bad in [
            "",
            "POINT",
            "POINT(1)",
            "POINT EMPTY",
            "POINT(1 2) x",
            "CIRCLE(1 2)",
            "LINESTRING()",
            "POLYGON((0 0)",
            "POINT(1 nan)",
            "MULTIPOINT(0 0",
            "GEOMETRYCOLLECTION(1 2)",
        ] {
            assert!(parse_wkt(bad).is_none(), "{bad}");
        }
        assert!(!is_wkb(&[1, 2, 0, 0, 0, 255, 255, 255, 255]));
        // Parts of a MULTIPOINT are points.
        assert!(!is_wkb(&[1, 4, 0, 0, 0, 1, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0]));
        let deep = "GEOMETRYCOLLECTION(".repeat(100_000);
        assert!(parse_wkt(&deep).is_none());
    }
}
