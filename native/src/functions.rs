//! Functions that a program brings to SQL.

use crate::{Database, Result, Value};
use amphi_core::{
    sql::functions::{UserAggregate, UserFunction},
    types::DataType,
};
use std::ops::{Bound, RangeBounds};

/// Fewest and most arguments.
fn counts(args: &impl RangeBounds<usize>) -> (usize, usize) {
    let least = match args.start_bound() {
        Bound::Included(n) => *n,
        Bound::Excluded(n) => n.saturating_add(1),
        Bound::Unbounded => 0,
    };
    let most = match args.end_bound() {
        Bound::Included(n) => *n,
        Bound::Excluded(n) => n.saturating_sub(1),
        Bound::Unbounded => usize::MAX,
    };
    (least, most)
}

impl Database {
    /// Makes a function known to SQL, to all sessions of this database. It is called with the values of
    /// a row, NULLs included, and answers the same for the same ones; how often and in which order is not
    /// said. What it returns is converted to `returns` as in an assignment. `args`: how many arguments
    /// it takes.
    ///
    /// Functions are not stored: a program makes them known each time it opens the database. Defaults,
    /// checks and generated columns cannot use them. A function of the same name is replaced; statements
    /// prepared before keep the old one.
    ///
    /// # Errors
    ///
    /// [`Error::Exists`](crate::Error::Exists) if SQL has a function of that name;
    /// [`Error::Invalid`](crate::Error::Invalid) if it is no name or takes no number of arguments.
    ///
    /// # Examples
    ///
    /// ```
    /// use amphi::{DataType, Database, Error, Value};
    ///
    /// let db = Database::memory()?;
    /// db.create_scalar_function("gross", 1..=2, DataType::Double, |args| match args {
    ///     [Value::Null, ..] => Ok(Value::Null),
    ///     [Value::Int(net)] => Ok(Value::Float(*net as f64 * 1.19)),
    ///     [Value::Int(net), Value::Int(percent)] => Ok(Value::Float((net * (100 + percent)) as f64 / 100.0)),
    ///     _ => Err(Error::invalid("gross takes whole numbers")),
    /// })?;
    /// let total: f64 = db.query_row("SELECT gross(100, 7) + gross(0)", ())?.get(0)?;
    /// assert_eq!(total, 107.0);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn create_scalar_function(
        &self,
        name: &str,
        args: impl RangeBounds<usize>,
        returns: DataType,
        function: impl Fn(&[Value]) -> Result<Value> + Send + Sync + 'static,
    ) -> Result<()> {
        self.inner
            .engine
            .create_function(UserFunction::scalar(name, counts(&args), returns, function))
    }

    /// Makes an aggregate function known to SQL: for groups, with DISTINCT, ORDER BY and FILTER, and over windows.
    /// `start` makes the state of each group, which is given the group's rows and then asked for its value.
    /// Otherwise as [`Database::create_scalar_function`].
    ///
    /// # Errors
    ///
    /// As [`Database::create_scalar_function`].
    ///
    /// # Examples
    ///
    /// ```
    /// use amphi::{DataType, Database, Result, UserAggregate, Value};
    ///
    /// struct Product(i64);
    ///
    /// impl UserAggregate for Product {
    ///     fn add(&mut self, args: &[Value]) -> Result<()> {
    ///         if let [Value::Int(n)] = args {
    ///             self.0 *= n;
    ///         }
    ///         Ok(())
    ///     }
    ///
    ///     fn finish(&mut self) -> Result<Value> {
    ///         Ok(Value::Int(self.0))
    ///     }
    /// }
    ///
    /// let db = Database::memory()?;
    /// db.create_aggregate_function("product", 1..=1, DataType::BIGINT, || Box::new(Product(1)))?;
    /// let product: i64 = db.query_row("SELECT product(value) FROM generate_series(1, 5)", ())?.get(0)?;
    /// assert_eq!(product, 120);
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn create_aggregate_function(
        &self,
        name: &str,
        args: impl RangeBounds<usize>,
        returns: DataType,
        start: impl Fn() -> Box<dyn UserAggregate> + Send + Sync + 'static,
    ) -> Result<()> {
        self.inner
            .engine
            .create_function(UserFunction::aggregate(name, counts(&args), returns, start))
    }
}
