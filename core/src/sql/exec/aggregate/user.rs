//! Aggregates that the program brings: one state per group, which is given the rows one by one.

use super::{Accumulator, Groups};
use crate::sql::functions::{UserAggregate, UserFunction};
use crate::types::{AppendValues, Column, ColumnBuilder, DataType, Error, Result, Value, vec_capacity};
use alloc::{boxed::Box, sync::Arc, vec::Vec};

/// Bytes that a state is taken to hold: what it really holds is not known.
const STATE: usize = 256;

/// The states of all groups.
pub struct UserStates {
    function: Option<Arc<UserFunction>>,
    types: Vec<DataType>,
    groups: Vec<Box<dyn UserAggregate>>,
    /// How many groups there should be.
    wanted: usize,
}

impl UserStates {
    /// Of arguments of these types.
    pub fn new(function: Option<&Arc<UserFunction>>, types: &[DataType]) -> UserStates {
        UserStates {
            function: function.cloned(),
            types: types.to_vec(),
            groups: Vec::new(),
            wanted: 0,
        }
    }

    fn function(&self) -> Result<Arc<UserFunction>> {
        let missing = || Error::invalid("an aggregate function is missing");
        self.function.clone().ok_or_else(missing)
    }

    fn start(&mut self) -> Result<()> {
        let function = self.function()?;
        while self.groups.len() < self.wanted {
            self.groups.push(function.start()?);
        }
        Ok(())
    }
}

impl Accumulator for UserStates {
    fn grow(&mut self, groups: usize) {
        self.wanted = groups;
    }

    fn add(&mut self, groups: Groups<'_>, args: &[Column]) -> Result<()> {
        self.start()?;
        let (types, states) = (&self.types, &mut self.groups);
        groups.each(|row, group| {
            let values: Vec<Value> = args.iter().zip(types).map(|(c, ty)| c.value(row, ty)).collect();
            states.get_mut(group).map_or(Ok(()), |state| state.add(&values))
        })
    }

    fn finish(&mut self) -> Result<Column> {
        self.start()?;
        let function = self.function()?;
        let mut out = ColumnBuilder::with_capacity(function.returns.physical(), self.groups.len());
        for state in &mut self.groups {
            out.append_value(&state.finish()?, &function.returns)?;
        }
        Ok(out.finish())
    }

    fn memory_with(&self, groups: usize, _: &[Column]) -> usize {
        vec_capacity(self.groups.capacity(), groups).saturating_mul(STATE)
    }
}
