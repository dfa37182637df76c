//! Runs SQL, so that the linker has to keep the whole engine.

extern crate alloc;

use alloc::sync::Arc;
use amphi_core::{
    Result,
    database::{Config, Database},
    host::Host,
    kv::MemoryStore,
    session::{Outcome, Params},
};
use core::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

/// A platform whose clock stands still.
struct Still;

impl Host for Still {
    fn unix_micros(&self) -> i64 {
        0
    }

    fn monotonic_micros(&self) -> u64 {
        0
    }

    fn random(&self) -> u64 {
        4
    }
}

/// The one poll that a future over a memory store needs.
fn now<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

async fn sum() -> Result<i64> {
    let store = Arc::new(MemoryStore::new());
    let db = Database::open(Some(store), Arc::new(Still), Config::default()).await?;
    let mut session = db.session();
    let script = "CREATE TABLE t (a BIGINT PRIMARY KEY, b TEXT) ENGINE = persistent; \
                  INSERT INTO t VALUES (40, 'forty'), (2, 'two')";
    session.execute(script, &Params::None).await?;
    db.flush().await?;
    let query = "SELECT sum(length(b)) FROM t WHERE a > 1";
    let mut total = 0;
    if let Outcome::Rows(mut rows) = session.execute(query, &Params::None).await? {
        while let Some(batch) = rows.next_batch().await? {
            let column = batch.column(0);
            let ty = rows.columns().first().map(|c| c.ty.clone());
            for i in 0..column.len() {
                if let Some(ty) = &ty {
                    total += match column.value(i, ty) {
                        amphi_core::Value::Int(n) => n,
                        amphi_core::Value::Decimal(d) => d.to_i64().unwrap_or(0),
                        _ => 0,
                    };
                }
            }
        }
    }
    db.close().await?;
    Ok(total)
}

/// Stores two rows, reads them back and answers 8; a negative number is an error.
#[unsafe(no_mangle)]
pub extern "C" fn run() -> i64 {
    match now(sum()) {
        Some(Ok(total)) => total,
        Some(Err(_)) => -1,
        None => -2,
    }
}
