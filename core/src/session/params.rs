//! Parameter values as a caller gives them, matched to what a statement asks for.

use crate::types::{Error, Result, Value};
use alloc::string::String;
use alloc::vec::Vec;

/// Values for the parameters of a statement.
#[derive(Debug, Clone, Default)]
pub enum Params {
    /// No values.
    #[default]
    None,
    /// By position: `?`, `?1`, `$1`.
    Positional(Vec<Value>),
    /// By name, with or without the sign in front: `:a`, `@a`, `$a`.
    Named(Vec<(String, Value)>),
}

impl Params {
    /// The values in the statement's order. `names` has one entry per parameter.
    ///
    /// # Errors
    /// [`Error::Parameter`] if values are missing, too many, or named otherwise.
    pub fn resolve(self, names: &[Option<String>]) -> Result<Vec<Value>> {
        let wrong = |message: String| Err(Error::Parameter { message });
        match self {
            Params::None if names.is_empty() => Ok(Vec::new()),
            Params::None => wrong(alloc::format!("{} expected, none given", names.len())),
            Params::Positional(values) if values.len() == names.len() => Ok(values),
            Params::Positional(values) => {
                wrong(alloc::format!("{} expected, {} given", names.len(), values.len()))
            }
            Params::Named(values) => {
                let bare = |s: &str| String::from(s.trim_start_matches([':', '@', '$']));
                for (given, _) in &values {
                    if !names.iter().flatten().any(|n| *n == bare(given)) {
                        return wrong(alloc::format!("the statement has no parameter {given}"));
                    }
                }
                let find = |name: &Option<String>| match name {
                    Some(n) => values
                        .iter()
                        .find(|(g, _)| bare(g) == *n)
                        .map(|(_, v)| v.clone())
                        .ok_or_else(|| Error::Parameter {
                            message: alloc::format!("no value for parameter {n}"),
                        }),
                    None => Err(Error::Parameter {
                        message: "the statement has parameters without a name; give values by position"
                            .into(),
                    }),
                };
                names.iter().map(find).collect()
            }
        }
    }
}

impl From<Vec<Value>> for Params {
    fn from(values: Vec<Value>) -> Params {
        if values.is_empty() {
            Params::None
        } else {
            Params::Positional(values)
        }
    }
}

impl From<&Params> for Params {
    fn from(params: &Params) -> Params {
        params.clone()
    }
}

impl From<()> for Params {
    fn from((): ()) -> Params {
        Params::None
    }
}
