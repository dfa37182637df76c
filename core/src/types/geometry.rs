//! Geometry as text (WKT) and as columns hold it (little-endian WKB without an SRID).
//!
//! POINT, LINESTRING and POLYGON of two dimensions; others are refused.

use alloc::vec::Vec;
use core::fmt;

const NAMES: [&str; 3] = ["POINT", "LINESTRING", "POLYGON"];

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

    /// `( item, item, … )`, preceded in the output by their number.
    fn list(
        &mut self,
        out: &mut Vec<u8>,
        item: impl Fn(&mut Self, &mut Vec<u8>) -> Option<()>,
    ) -> Option<()> {
        if !self.eat('(') {
            return None;
        }
        let at = out.len();
        out.extend_from_slice(&[0; 4]);
        let mut n = 0u32;
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
}

/// Reads WKT into WKB.
pub fn parse_wkt(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_ascii();
    let name = text.find(['(', ' ']).and_then(|at| text.get(..at))?;
    let kind = NAMES.iter().position(|n| n.eq_ignore_ascii_case(name))? as u32 + 1;
    let mut s = Wkt(text.get(name.len()..)?);
    let mut out = Vec::from([1]);
    out.extend_from_slice(&kind.to_le_bytes());
    match kind {
        1 => {
            let open = s.eat('(');
            s.point(&mut out).filter(|_| open && s.eat(')'))?;
        }
        2 => s.list(&mut out, Wkt::point)?,
        _ => s.list(&mut out, |s, out| s.list(out, Wkt::point))?,
    }
    (s.0.trim_ascii().is_empty()).then_some(out)
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

    fn point(&mut self, f: &mut dyn fmt::Write) -> Option<()> {
        let (x, y) = (f64::from_le_bytes(self.take()?), f64::from_le_bytes(self.take()?));
        write!(f, "{x} {y}").ok()
    }

    fn list(
        &mut self,
        f: &mut dyn fmt::Write,
        item: impl Fn(&mut Self, &mut dyn fmt::Write) -> Option<()>,
    ) -> Option<()> {
        f.write_str("(").ok()?;
        for i in 0..self.count()? {
            if i > 0 {
                f.write_str(",").ok()?;
            }
            item(self, f)?;
        }
        f.write_str(")").ok()
    }
}

/// Writes WKB as WKT; `None` if the bytes are no geometry of a known kind.
pub fn write_wkt(bytes: &[u8], f: &mut dyn fmt::Write) -> Option<()> {
    let mut s = Wkb(bytes);
    let [order] = s.take()?;
    let kind = s.count().filter(|_| order == 1)?;
    f.write_str(NAMES.get((kind as usize).checked_sub(1)?)?).ok()?;
    match kind {
        1 => {
            f.write_str("(").ok()?;
            s.point(f)?;
            f.write_str(")").ok()?;
        }
        2 => s.list(f, Wkb::point)?,
        _ => s.list(f, |s, f| s.list(f, Wkb::point))?,
    }
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
        ] {
            let mut back = String::new();
            write_wkt(&parse_wkt(wkt).unwrap(), &mut back).unwrap();
            assert_eq!(back, wkt);
        }
        assert!(parse_wkt(" point ( 1  2 ) ").is_some());
        for bad in [
            "",
            "POINT",
            "POINT(1)",
            "POINT(1 2) x",
            "CIRCLE(1 2)",
            "LINESTRING()",
            "POLYGON((0 0)",
            "POINT(1 nan)",
        ] {
            assert!(parse_wkt(bad).is_none(), "{bad}");
        }
        assert!(!is_wkb(&[1, 2, 0, 0, 0, 255, 255, 255, 255]));
    }
}
