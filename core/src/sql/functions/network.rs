//! Addresses of the Internet: INET_ATON, INET6_NTOA, IS_IPV4, ….

use super::ArgKind::{Bytes, Int, Text};
use super::ScalarFunction;
use super::args::{Args, BLOB, BOOL, INT, TEXT, blobs, bools, function, ints, texts};
use core::fmt::Write;
use core::net::{Ipv4Addr, Ipv6Addr};

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "INET_ATON",
        &[],
        (1, 1),
        &[Text],
        INT,
        "An IPv4 address as a number; NULL if it is none.",
        |_, a, _, _, n| ints(n, |i| number(a.text(0, i))),
    ),
    function(
        "INET_NTOA",
        &[],
        (1, 1),
        &[Int],
        TEXT,
        "The IPv4 address that is a number.",
        |cx, a, _, _, n| {
            texts(cx, n, |i, out| {
                let bits = u32::try_from(a.int(0, i)).ok()?;
                write!(out, "{}", Ipv4Addr::from_bits(bits)).ok()
            })
        },
    ),
    function(
        "INET6_ATON",
        &[],
        (1, 1),
        &[Text],
        BLOB,
        "An IPv6 or IPv4 address as 16 or 4 bytes; NULL if it is none.",
        |cx, a, _, _, n| {
            blobs(cx, n, |i| {
                let text = a.text(0, i);
                let v4 = text.parse::<Ipv4Addr>().map(|v| v.octets().to_vec());
                v4.or_else(|_| text.parse::<Ipv6Addr>().map(|v| v.octets().to_vec()))
                    .ok()
            })
        },
    ),
    function(
        "INET6_NTOA",
        &[],
        (1, 1),
        &[Bytes],
        TEXT,
        "The address of 16 or 4 bytes; NULL of any other number.",
        |cx, a, _, _, n| {
            texts(cx, n, |i, out| {
                let bytes = a.blob(0, i);
                if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
                    return write!(out, "{}", Ipv4Addr::from(v4)).ok();
                }
                let v6 = Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?);
                match compatible(v6) {
                    Some(v4) => write!(out, "::{v4}").ok(),
                    None => write!(out, "{v6}").ok(),
                }
            })
        },
    ),
    function(
        "IS_IPV4",
        &[],
        (1, 1),
        &[Text],
        BOOL,
        "Whether it is an IPv4 address.",
        |_, a, _, _, n| bools(n, |i| !a.null(0, i) && a.text(0, i).parse::<Ipv4Addr>().is_ok()),
    )
    .sees_null(),
    function(
        "IS_IPV6",
        &[],
        (1, 1),
        &[Text],
        BOOL,
        "Whether it is an IPv6 address.",
        |_, a, _, _, n| bools(n, |i| !a.null(0, i) && a.text(0, i).parse::<Ipv6Addr>().is_ok()),
    )
    .sees_null(),
    function(
        "IS_IPV4_COMPAT",
        &[],
        (1, 1),
        &[Bytes],
        BOOL,
        "Whether 16 bytes are an IPv4 address as IPv6 once wrote it: ::10.0.0.1.",
        |_, a, _, _, n| {
            bools(n, |i| {
                let v6 = <[u8; 16]>::try_from(a.blob(0, i)).map(Ipv6Addr::from);
                !a.null(0, i) && v6.is_ok_and(|v| compatible(v).is_some())
            })
        },
    )
    .sees_null(),
    function(
        "IS_IPV4_MAPPED",
        &[],
        (1, 1),
        &[Bytes],
        BOOL,
        "Whether 16 bytes are an IPv4 address within IPv6: ::ffff:10.0.0.1.",
        |_, a, _, _, n| {
            bools(n, |i| {
                let v6 = <[u8; 16]>::try_from(a.blob(0, i)).map(Ipv6Addr::from);
                !a.null(0, i) && v6.is_ok_and(|v| v.to_ipv4_mapped().is_some())
            })
        },
    )
    .sees_null(),
];

/// The IPv4 address in `::a.b.c.d`, which neither `::` nor `::1` is.
fn compatible(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let bits = u32::try_from(v6.to_bits()).ok()?;
    (bits > 0xffff).then(|| Ipv4Addr::from_bits(bits))
}

/// `a.b.c.d`; of fewer parts the last is the last byte.
fn number(text: &str) -> Option<i64> {
    let mut parts = [0i64; 4];
    let mut count = 0;
    for part in text.split('.') {
        if part.is_empty() || part.len() > 3 || !part.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        *parts.get_mut(count)? = part.parse().ok().filter(|n| *n < 256)?;
        count += 1;
    }
    let (last, first) = parts.get(..count)?.split_last()?;
    let high = first.iter().enumerate().map(|(i, n)| n << (24 - 8 * i));
    Some(high.sum::<i64>() + last)
}
