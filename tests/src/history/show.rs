//! What a session shows, in the model's terms.

use super::{Model, ModelTable, Row, Settings};
use crate::sql_client::{Answer, collect};
use amphi_core::session::{Params, Session};
use amphi_core::types::Value;
use amphi_core::{Error, Result};
use std::collections::{BTreeMap, BTreeSet};

async fn rows(session: &mut Session, sql: &str) -> Result<(Vec<String>, Vec<Vec<Value>>)> {
    match collect(session.execute(sql, &Params::None).await?).await? {
        Answer::Rows { names, rows, .. } => Ok((names, rows)),
        other => Err(Error::invalid(format!("{sql}: {other:?}"))),
    }
}

fn int(value: &Value) -> Option<i64> {
    match value {
        Value::Int(i) => Some(*i),
        Value::Null => None,
        other => panic!("not an integer: {other:?}"),
    }
}

fn flag(value: &Value) -> bool {
    *value == Value::Bool(true)
}

/// Everything the session sees.
///
/// # Errors
/// Those of its statements.
pub async fn show(session: &mut Session) -> Result<Model> {
    let mut model = Model::default();
    let (_, schemas) = rows(session, "SHOW DATABASES").await?;
    let names = schemas.iter().map(|r| r[0].to_string());
    model.schemas = names.filter(|name| name != "information_schema").collect();
    let (_, tables) = rows(session, "SHOW PERSISTENCE").await?;
    for row in tables {
        let name = format!("{}.{}", row[0], row[1]);
        let settings = Settings {
            persistent: flag(&row[3]),
            sync_on_write: flag(&row[4]),
            cache_in_memory: flag(&row[5]),
        };
        if flag(&row[6]) {
            let table = show_table(session, &name, settings).await?;
            assert!(model.tables.insert(name, table).is_none(), "a table shows twice");
        } else {
            model.remembered.insert(name, settings);
        }
    }
    Ok(model)
}

async fn show_table(session: &mut Session, name: &str, settings: Settings) -> Result<ModelTable> {
    let (columns, found) = rows(session, &format!("SELECT * FROM {name}")).await?;
    let (_, indexes) = rows(session, &format!("SHOW INDEX FROM {name}")).await?;
    let (_, described) = rows(session, &format!("SHOW COLUMNS FROM {name}")).await?;
    let text_key = described.first().is_some_and(|r| {
        r.iter()
            .any(|v| v.to_string().to_ascii_uppercase().starts_with("VARCHAR"))
    });
    let mut table = ModelTable {
        text_key,
        settings,
        added: columns[3..].to_vec(),
        indexes: BTreeSet::new(),
        rows: BTreeMap::new(),
    };
    for row in indexes {
        let own = row.iter().map(Value::to_string).find(|v| v == "i0" || v == "i1");
        table.indexes.extend(own);
    }
    for row in found {
        let key = match &row[0] {
            Value::Text(t) => t.trim_start_matches('k').parse().ok(),
            other => int(other),
        };
        let value = Row {
            u: int(&row[1]),
            s: row[2].to_string(),
            added: row[3..].iter().map(int).collect(),
        };
        let key = key.ok_or_else(|| Error::invalid("a row without a key"))?;
        assert!(
            table.rows.insert(key, value).is_none(),
            "key {key} of {name} shows twice"
        );
    }
    Ok(table)
}
