//! The values of a statement's parameters, positional (`?`, `?1`, `$1`) or named (`:name`).

use amphi_core::{Result, Value, session::Params};
use std::mem;

/// What can be passed as the parameters of a statement.
///
/// `()` for none; a tuple of up to 16 values of any types; an array, slice or vector of one type;
/// [`params!`](crate::params) for any number of any types; [`named_params!`](crate::named_params)
/// for `:name`. A single parameter is a tuple of one: `(5,)`.
///
/// # Examples
///
/// ```
/// use amphi::{Database, named_params, params};
///
/// let db = Database::memory()?;
/// db.execute("CREATE TABLE t (id INT PRIMARY KEY, name TEXT, score DOUBLE)", ())?;
/// db.execute("INSERT INTO t VALUES (?, ?, ?)", (1, "Ada", 9.5))?;
/// db.execute("INSERT INTO t VALUES (?, ?, ?)", params![2, "Grace", None::<f64>])?;
/// db.execute("INSERT INTO t VALUES (:id, :name, 7)", named_params! { ":id": 3, ":name": "Edsger" })?;
/// let n: i64 = db.query_row("SELECT count(*) FROM t WHERE id IN (?, ?)", [1, 3])?.get(0)?;
/// assert_eq!(n, 2);
/// # Ok::<(), amphi::Error>(())
/// ```
pub trait IntoParams {
    /// The values.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`](crate::Error::Parameter) if a value has no SQL counterpart.
    fn into_params(self) -> Result<Params>;

    /// Hands the values to `run`: a statement that runs at once needs no list of its own of them.
    ///
    /// # Errors
    ///
    /// Those of [`IntoParams::into_params`].
    #[doc(hidden)]
    fn give<T>(self, run: impl FnOnce(GivenParams<'_>) -> T) -> Result<T>
    where
        Self: Sized,
    {
        Ok(run(GivenParams::Owned(self.into_params()?)))
    }
}

/// Parameters on their way to a statement.
#[doc(hidden)]
pub enum GivenParams<'a> {
    /// By position, to be taken from there.
    InOrder(&'a mut [Value]),
    /// However they are given.
    Owned(Params),
}

impl GivenParams<'_> {
    pub(crate) fn into_params(self) -> Params {
        match self {
            GivenParams::InOrder(values) => {
                Params::from(values.iter_mut().map(mem::take).collect::<Vec<Value>>())
            }
            GivenParams::Owned(params) => params,
        }
    }
}

impl IntoParams for Params {
    fn into_params(self) -> Result<Params> {
        Ok(self)
    }
}

impl IntoParams for () {
    fn into_params(self) -> Result<Params> {
        Ok(Params::None)
    }
}

impl<T: Into<Value>> IntoParams for Vec<T> {
    fn into_params(self) -> Result<Params> {
        Ok(Params::from(
            self.into_iter().map(Into::into).collect::<Vec<Value>>(),
        ))
    }
}

impl<T: Into<Value>, const N: usize> IntoParams for [T; N] {
    fn into_params(self) -> Result<Params> {
        Ok(Params::from(Vec::from(self.map(Into::into))))
    }

    #[inline]
    fn give<R>(self, run: impl FnOnce(GivenParams<'_>) -> R) -> Result<R> {
        Ok(run(GivenParams::InOrder(&mut self.map(Into::into))))
    }
}

/// Values of a slice that need no list.
const FEW: usize = 8;

impl<T: Into<Value> + Clone> IntoParams for &[T] {
    fn into_params(self) -> Result<Params> {
        Ok(Params::from(
            self.iter().cloned().map(Into::into).collect::<Vec<Value>>(),
        ))
    }

    #[inline]
    fn give<R>(self, run: impl FnOnce(GivenParams<'_>) -> R) -> Result<R> {
        let mut values = [const { Value::Null }; FEW];
        match values.get_mut(..self.len()) {
            Some(values) => {
                values
                    .iter_mut()
                    .zip(self)
                    .for_each(|(value, given)| *value = given.clone().into());
                Ok(run(GivenParams::InOrder(values)))
            }
            None => Ok(run(GivenParams::Owned(self.into_params()?))),
        }
    }
}

impl<T: Into<Value> + Clone, const N: usize> IntoParams for &[T; N] {
    fn into_params(self) -> Result<Params> {
        self.as_slice().into_params()
    }

    #[inline]
    fn give<R>(self, run: impl FnOnce(GivenParams<'_>) -> R) -> Result<R> {
        self.as_slice().give(run)
    }
}

impl<T: Into<Value> + Clone> IntoParams for &Vec<T> {
    fn into_params(self) -> Result<Params> {
        self.as_slice().into_params()
    }

    #[inline]
    fn give<R>(self, run: impl FnOnce(GivenParams<'_>) -> R) -> Result<R> {
        self.as_slice().give(run)
    }
}

macro_rules! tuples {
    ($(($($t:ident $i:tt),+))+) => {
        $(impl<$($t: Into<Value>),+> IntoParams for ($($t,)+) {
            fn into_params(self) -> Result<Params> {
                Ok(Params::Positional(vec![$(self.$i.into()),+]))
            }

            #[inline]
            fn give<Done>(self, run: impl FnOnce(GivenParams<'_>) -> Done) -> Result<Done> {
                Ok(run(GivenParams::InOrder(&mut [$(self.$i.into()),+])))
            }
        })+
    };
}

tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14, P 15)
}

/// A list of parameters of any number and types.
///
/// # Examples
///
/// ```
/// use amphi::{Params, Value, params};
///
/// let list = params![1, "two", None::<f64>];
/// assert!(matches!(list, Params::Positional(values) if values[2] == Value::Null));
/// ```
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        $crate::Params::from(::std::vec::Vec::<$crate::Value>::from([$($crate::Value::from($value)),*]))
    };
}

/// Parameters by name, with or without the leading colon.
///
/// # Examples
///
/// ```
/// use amphi::{Params, Value, named_params};
///
/// let named = named_params! { ":id": 1, "name": "Ada" };
/// assert!(matches!(named, Params::Named(values) if values[1] == ("name".to_owned(), Value::from("Ada"))));
/// ```
#[macro_export]
macro_rules! named_params {
    ($($name:literal : $value:expr),* $(,)?) => {
        $crate::Params::Named(::std::vec![$((
            ::std::string::String::from($name.trim_start_matches(':')),
            $crate::Value::from($value),
        )),*])
    };
}
