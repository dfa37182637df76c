//! Live queries: told when a commit has touched what they read.

use crate::{IntoParams, Rows, block_on, database::Inner, executor::block_on_for};
use amphi_core::{
    Error, Result,
    database::Watch,
    session::{Params, Prepared, Watched},
};
use std::{fmt, future::poll_fn, sync::Arc, time::Duration};

/// A query to be run again whenever a commit has touched what it read. Made by
/// [`Database::live`](crate::Database::live).
///
/// What it read are its tables, also those behind views and subqueries, and of a table that it reads by its integer primary
/// key only the keys in question. It is told of a commit once, whatever the commit changed, and as soon as others see it,
/// which for a relaxed commit is before it is durable. Moving a table, indexes and comments change no answer. Only commits
/// count: that time passes, or a random number would be another one, is no change.
pub struct LiveQuery {
    database: Arc<Inner>,
    prepared: Arc<Prepared>,
    params: Params,
    /// `None` before it was run.
    watch: Option<Watch>,
}

impl LiveQuery {
    pub(crate) fn new(database: &Arc<Inner>, sql: &str, params: impl IntoParams) -> Result<LiveQuery> {
        let params = params.into_params()?;
        let mut session = database.idle.take(&database.engine);
        let prepared = session.prepare(sql);
        database.idle.put_back(session);
        let (prepared, columns) = prepared?;
        if columns.is_empty() {
            return Err(Error::invalid("only a query can be watched"));
        }
        Ok(LiveQuery {
            database: database.clone(),
            prepared,
            params,
            watch: None,
        })
    }

    /// Runs it on what is committed now, and from then on waits for commits that touch what it reads.
    ///
    /// # Errors
    ///
    /// Whatever the query runs into: if it is that a table or column is not there (any more), the next change of
    /// definitions counts as touching it.
    pub fn query(&mut self) -> Result<Rows> {
        let mut session = self.database.idle.take(&self.database.engine);
        let watched = session.watch(&self.prepared, self.params.clone());
        self.database.idle.put_back(session);
        let Watched { rows, watch } = watched?;
        self.watch = Some(watch);
        Ok(Rows::new(rows?, &self.database))
    }

    /// Whether running it now may answer otherwise than the last time: a commit has touched what it read then, the database
    /// was closed, or it was not run yet.
    pub fn changed(&self) -> bool {
        self.watch.as_ref().is_none_or(Watch::is_touched)
    }

    async fn touched(&self) {
        if let Some(watch) = &self.watch {
            poll_fn(|cx| watch.poll_touched(cx)).await;
        }
    }

    /// Waits until it has [changed](LiveQuery::changed).
    pub fn wait(&self) {
        block_on(self.touched());
    }

    /// As [`LiveQuery::wait`], for so long at most; returns whether it has changed.
    pub fn wait_timeout(&self, limit: Duration) -> bool {
        block_on_for(self.touched(), limit).is_some()
    }
}

impl fmt::Debug for LiveQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveQuery")
            .field("changed", &self.changed())
            .finish_non_exhaustive()
    }
}
