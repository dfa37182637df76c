//! UUIDs as text.

use core::fmt;

/// Reads 32 hexadecimal digits, with or without hyphens and braces.
pub fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    let text = text.trim_ascii();
    let text = text
        .strip_prefix('{')
        .and_then(|t| t.strip_suffix('}'))
        .unwrap_or(text);
    let hyphens: &[usize] = if text.len() == 36 { &[8, 13, 18, 23] } else { &[] };
    let (mut out, mut digits) = ([0u8; 16], 0);
    for (i, c) in text.chars().enumerate() {
        if hyphens.contains(&i) {
            if c != '-' {
                return None;
            }
            continue;
        }
        let byte = out.get_mut(digits / 2)?;
        *byte = *byte << 4 | c.to_digit(16)? as u8;
        digits += 1;
    }
    (digits == 32).then_some(out)
}

/// The 16 bytes in the usual form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`.
pub fn format_uuid(bytes: &[u8]) -> impl fmt::Display + '_ {
    fmt::from_fn(move |f| {
        bytes.iter().enumerate().try_for_each(|(i, b)| {
            let hyphen = if matches!(i, 4 | 6 | 8 | 10) { "-" } else { "" };
            write!(f, "{hyphen}{b:02x}")
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn reads_the_usual_spellings() {
        let canonical = "00112233-4455-6677-8899-aabbccddeeff";
        for text in [
            canonical,
            "00112233445566778899AABBCCDDEEFF",
            "{00112233-4455-6677-8899-aabbccddeeff}",
        ] {
            assert_eq!(
                parse_uuid(text).map(|u| format_uuid(&u).to_string()).as_deref(),
                Some(canonical)
            );
        }
        for bad in [
            "",
            "0011",
            "00112233-4455-6677-8899-aabbccddeefg",
            "00112233-4455-6677-8899-aabbccddeeff0",
            "001122334455-6677-8899-aabb-ccddeeff",
        ] {
            assert_eq!(parse_uuid(bad), None, "{bad}");
        }
    }
}
