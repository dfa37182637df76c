//! ENUM and SET: types that list their values by name.
//!
//! A value of an ENUM is held as the number of its member, from 1; one of a SET as a sum of powers of two, the first
//! member's being 1. So such values sort and group as in MySQL, and an index keeps them in that order. The list
//! belongs to the type. Numbers that no list has (a damaged block) read as if the unknown members were not there.

use super::value::quote;
use super::{Collation, Error, Result};
use crate::shared_sort::sort_shared;
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use alloc::{format, string::ToString};
use core::fmt::{self, Write};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How many members a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MemberKind {
    /// ENUM: one.
    Enum,
    /// SET: any number of them.
    Set,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct List {
    kind: MemberKind,
    labels: Vec<String>,
    collation: Collation,
}

/// The list of an ENUM or SET. Clones share it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Members(Arc<List>);

impl Serialize for Members {
    fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> core::result::Result<Members, D::Error> {
        List::deserialize(deserializer).map(|list| Members(Arc::new(list)))
    }
}

impl Members {
    /// Most members of an ENUM.
    pub const MAX_ENUM: usize = 65_535;
    /// Most members of a SET: a value is an `i64` that is not negative.
    pub const MAX_SET: usize = 63;

    /// A list. Spaces at the end of members do not count, as in MySQL.
    ///
    /// # Errors
    /// [`Error::Invalid`]: no members or too many, a member twice (also one that the collation takes for another), a
    /// comma in a member of a SET.
    pub fn new(kind: MemberKind, labels: Vec<String>, collation: Collation) -> Result<Members> {
        let trimmed = |label: String| match label.strip_suffix(' ') {
            Some(_) => label.trim_end_matches(' ').to_string(),
            None => label,
        };
        let members = Members(Arc::new(List {
            kind,
            labels: labels.into_iter().map(trimmed).collect(),
            collation,
        }));
        match members.fault() {
            Some(fault) => Err(Error::invalid(fault)),
            None => Ok(members),
        }
    }

    /// What is wrong with the list.
    fn fault(&self) -> Option<String> {
        let name = self.name();
        let (count, most) = match self.kind() {
            MemberKind::Enum => (self.labels().len(), Self::MAX_ENUM),
            MemberKind::Set => (self.labels().len(), Self::MAX_SET),
        };
        if count == 0 || count > most {
            return Some(format!("{name} has 1 to {most} members, not {count}"));
        }
        let mut sorted: Vec<Cow<'_, str>> = self.labels().iter().map(|l| self.folded(l)).collect();
        sort_shared(&mut sorted, Ord::cmp);
        if let Some([twice, _]) = sorted.array_windows().find(|[a, b]| a == b) {
            return Some(format!("{name} has the member {} twice", quote(twice)));
        }
        let with_comma = self.labels().iter().find(|l| l.contains(','));
        with_comma
            .filter(|_| self.kind() == MemberKind::Set)
            .map(|l| format!("{} cannot be a member of a SET: it has a comma", quote(l)))
    }

    fn folded<'a>(&self, label: &'a str) -> Cow<'a, str> {
        match self.collation() {
            Collation::Binary => Cow::Borrowed(label),
            Collation::NoCase => Cow::Owned(label.to_ascii_lowercase()),
        }
    }

    /// Whether [`Members::new`] would have made it.
    pub(super) fn is_consistent(&self) -> bool {
        self.fault().is_none()
    }

    /// ENUM or SET.
    pub fn kind(&self) -> MemberKind {
        self.0.kind
    }

    /// `ENUM` or `SET`.
    pub fn name(&self) -> &'static str {
        match self.kind() {
            MemberKind::Enum => "ENUM",
            MemberKind::Set => "SET",
        }
    }

    /// The names, as declared.
    pub fn labels(&self) -> &[String] {
        &self.0.labels
    }

    /// How values compare with text.
    pub fn collation(&self) -> Collation {
        self.0.collation
    }

    /// The same list with another collation.
    ///
    /// # Errors
    /// As [`Members::new`].
    pub fn with_collation(&self, collation: Collation) -> Result<Members> {
        Members::new(self.kind(), self.0.labels.clone(), collation)
    }

    /// Characters of the longest value.
    pub fn longest(&self) -> usize {
        let lengths = self.labels().iter().map(|l| l.chars().count());
        match self.kind() {
            MemberKind::Enum => lengths.max().unwrap_or(0),
            MemberKind::Set => lengths.map(|n| n + 1).sum::<usize>().saturating_sub(1),
        }
    }

    /// Whether two texts are equal in the collation.
    fn same(&self, a: &str, b: &str) -> bool {
        match self.collation() {
            Collation::Binary => a == b,
            Collation::NoCase => a.eq_ignore_ascii_case(b),
        }
    }

    fn position(&self, label: &str) -> Option<usize> {
        self.labels().iter().position(|l| self.same(l, label))
    }

    /// The number of the value that a text names when it is assigned; a SET's members may come in any order.
    pub fn number(&self, text: &str) -> Option<i64> {
        match self.kind() {
            MemberKind::Enum => i64::try_from(self.position(text)?).ok()?.checked_add(1),
            MemberKind::Set if text.is_empty() => Some(0),
            MemberKind::Set => text.split(',').try_fold(0i64, |sum, label| {
                let at = u32::try_from(self.position(label)?).ok()?;
                Some(sum | 1i64.checked_shl(at)?)
            }),
        }
    }

    /// The number of the value that a text is equal to.
    pub fn equal_number(&self, text: &str) -> Option<i64> {
        let number = self.number(text)?;
        self.same(&self.text(number), text).then_some(number)
    }

    /// Whether a number is that of a value.
    pub fn has(&self, number: i64) -> bool {
        let count = self.labels().len();
        match self.kind() {
            MemberKind::Enum => usize::try_from(number).is_ok_and(|n| (1..=count).contains(&n)),
            // At most 63 members.
            MemberKind::Set => number >= 0 && (count >= 63 || number >> count == 0),
        }
    }

    /// The text of a value.
    pub fn text(&self, number: i64) -> Cow<'_, str> {
        if self.kind() == MemberKind::Enum {
            let label = usize::try_from(number).ok().and_then(|n| n.checked_sub(1));
            return Cow::Borrowed(
                label
                    .and_then(|at| self.labels().get(at))
                    .map_or("", String::as_str),
            );
        }
        let mut text = String::new();
        let _ = self.write(number, &mut text);
        Cow::Owned(text)
    }

    /// Writes the text of a value.
    pub(super) fn write(&self, number: i64, f: &mut dyn Write) -> fmt::Result {
        if self.kind() == MemberKind::Enum {
            return f.write_str(&self.text(number));
        }
        let mut first = true;
        for (at, label) in self.labels().iter().enumerate().take(Self::MAX_SET) {
            if number >> at & 1 == 0 {
                continue;
            }
            if !first {
                f.write_char(',')?;
            }
            first = false;
            f.write_str(label)?;
        }
        Ok(())
    }

    /// The list as SQL writes it: `('s','m','l')`.
    pub fn list(&self) -> String {
        let labels: Vec<String> = self.labels().iter().map(|l| quote(l)).collect();
        format!("({})", labels.join(","))
    }
}

impl fmt::Display for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.name(), self.list())?;
        match self.collation() {
            Collation::Binary => Ok(()),
            Collation::NoCase => f.write_str(" COLLATE NOCASE"),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn list(kind: MemberKind, labels: &[&str], collation: Collation) -> Result<Members> {
        Members::new(kind, labels.iter().map(|l| l.to_string()).collect(), collation)
    }

    #[test]
    fn a_member_is_found_as_the_collation_compares() {
        let members = list(MemberKind::Enum, &["ab", "AB"], Collation::Binary).unwrap();
        assert_eq!(members.number("AB"), Some(2));
        assert_eq!(members.number("Ab"), None);
        assert!(list(MemberKind::Enum, &["ab", "AB"], Collation::NoCase).is_err());
        let members = list(MemberKind::Set, &["ab", "c"], Collation::NoCase).unwrap();
        assert_eq!(members.equal_number("Ab,C"), Some(3));
        assert_eq!(members.equal_number("C,ab"), None);
        assert_eq!(members.text(3), "ab,c");
    }

    #[test]
    fn sets_are_sums_and_write_their_members_in_order() {
        let members = list(MemberKind::Set, &["a", "b", "c "], Collation::Binary).unwrap();
        assert_eq!(members.number("c,a,a"), Some(5));
        assert_eq!(members.text(5), "a,c");
        assert_eq!(members.text(0), "");
        assert_eq!(members.equal_number("c,a"), None);
        assert_eq!(members.equal_number("a,c"), Some(5));
        assert!(members.has(7) && !members.has(8) && !members.has(-1));
        let labels: Vec<String> = (0..63).map(|i| format!("m{i}")).collect();
        let most = Members::new(MemberKind::Set, labels, Collation::Binary).unwrap();
        assert!(most.has(i64::MAX));
        assert_eq!(most.number("m62"), Some(1 << 62));
    }

    #[test]
    fn lists_that_mean_nothing_are_refused() {
        assert!(list(MemberKind::Enum, &[], Collation::Binary).is_err());
        assert!(list(MemberKind::Enum, &["a", "a "], Collation::Binary).is_err());
        assert!(list(MemberKind::Set, &["a,b"], Collation::Binary).is_err());
        let labels: Vec<String> = (0..64).map(|i| format!("m{i}")).collect();
        assert!(Members::new(MemberKind::Set, labels, Collation::Binary).is_err());
    }
}
