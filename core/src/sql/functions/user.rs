//! Functions that the program brings: registered by name for a whole database, called like any other.
//!
//! They are not stored: a program registers them again when it opens a database. So definitions that are
//! stored (defaults, checks, generated columns) cannot use them; views can.

use crate::sync::RwLock;
use crate::types::{DataType, Error, Result, Value};
use alloc::{boxed::Box, collections::BTreeMap, string::String, sync::Arc, vec::Vec};
use core::fmt;

/// The state of an aggregate function for one group of rows.
pub trait UserAggregate: Send {
    /// Takes a row's arguments, NULLs too.
    ///
    /// # Errors
    /// Whatever the function says; the statement fails with it.
    fn add(&mut self, args: &[Value]) -> Result<()>;

    /// The group's value.
    ///
    /// # Errors
    /// As [`UserAggregate::add`].
    fn finish(&mut self) -> Result<Value>;
}

type ScalarCode = dyn Fn(&[Value]) -> Result<Value> + Send + Sync;
type AggregateCode = dyn Fn() -> Box<dyn UserAggregate> + Send + Sync;

enum Code {
    Scalar(Box<ScalarCode>),
    Aggregate(Box<AggregateCode>),
}

/// A function that the program brings.
pub struct UserFunction {
    /// Name in capitals.
    pub name: String,
    /// Fewest and most arguments.
    pub args: (usize, usize),
    /// The type of what it returns: values are converted to it as in an assignment.
    pub returns: DataType,
    code: Code,
}

impl UserFunction {
    /// A function of one row's values, NULLs included. It answers the same for the same arguments: how often it
    /// is called is not said.
    pub fn scalar(
        name: &str,
        args: (usize, usize),
        returns: DataType,
        code: impl Fn(&[Value]) -> Result<Value> + Send + Sync + 'static,
    ) -> UserFunction {
        UserFunction::new(name, args, returns, Code::Scalar(Box::new(code)))
    }

    /// A function of the rows of a group; `start` makes the state of a new one.
    pub fn aggregate(
        name: &str,
        args: (usize, usize),
        returns: DataType,
        start: impl Fn() -> Box<dyn UserAggregate> + Send + Sync + 'static,
    ) -> UserFunction {
        UserFunction::new(name, args, returns, Code::Aggregate(Box::new(start)))
    }

    fn new(name: &str, args: (usize, usize), returns: DataType, code: Code) -> UserFunction {
        UserFunction {
            name: name.to_ascii_uppercase(),
            args,
            returns,
            code,
        }
    }

    /// Whether it is an aggregate.
    pub fn is_aggregate(&self) -> bool {
        matches!(self.code, Code::Aggregate(_))
    }

    /// Calls it for one row.
    ///
    /// # Errors
    /// What it says; [`Error::Invalid`] if it is an aggregate.
    pub fn call(&self, args: &[Value]) -> Result<Value> {
        match &self.code {
            Code::Scalar(code) => code(args),
            Code::Aggregate(_) => Err(self.misused()),
        }
    }

    /// The state of a new group.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it is no aggregate.
    pub fn start(&self) -> Result<Box<dyn UserAggregate>> {
        match &self.code {
            Code::Aggregate(start) => Ok(start()),
            Code::Scalar(_) => Err(self.misused()),
        }
    }

    fn misused(&self) -> Error {
        Error::invalid(alloc::format!("{} is called as what it is not", self.name))
    }
}

impl fmt::Debug for UserFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl PartialEq for UserFunction {
    fn eq(&self, other: &UserFunction) -> bool {
        core::ptr::eq(self, other)
    }
}

impl Eq for UserFunction {}

/// The functions of a database.
pub struct UserFunctions {
    by_name: RwLock<BTreeMap<String, Arc<UserFunction>>>,
}

impl Default for UserFunctions {
    fn default() -> UserFunctions {
        UserFunctions {
            by_name: RwLock::new(BTreeMap::new()),
        }
    }
}

impl UserFunctions {
    /// Adds a function, or puts it in the place of the one of that name.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it could not be called.
    pub fn put(&self, function: UserFunction) -> Result<()> {
        let name = &function.name;
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        if name.is_empty() || !name.chars().all(is_word) || name.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(Error::invalid(alloc::format!(
                "{name:?} is no name of a function"
            )));
        }
        if function.args.0 > function.args.1 || (function.is_aggregate() && function.args.1 == 0) {
            return Err(Error::invalid(alloc::format!(
                "{name} can be called with no number of arguments"
            )));
        }
        self.by_name.write().insert(name.clone(), Arc::new(function));
        Ok(())
    }

    /// The function of that name, without regard to case.
    pub fn get(&self, name: &str) -> Option<Arc<UserFunction>> {
        let functions = self.by_name.read();
        match functions.is_empty() {
            true => None,
            false => functions.get(&name.to_ascii_uppercase()).cloned(),
        }
    }

    /// All functions, by name.
    pub fn all(&self) -> Vec<Arc<UserFunction>> {
        self.by_name.read().values().cloned().collect()
    }
}
