//! Definitions of triggers: added to their table, and as text.

use super::show::text;
use crate::catalog::{Catalog, TableDef, TriggerDef, TriggerEvent, TriggerTiming};
use crate::table::quoted;
use crate::types::{Error, Result, Value};
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

/// Most triggers of a table.
const MAX_TRIGGERS: usize = 256;

/// The definition of a table with one more trigger: triggers fire in their order.
///
/// # Errors
/// [`Error::Exists`]; [`Error::Invalid`] if the table has too many.
pub(super) fn with_trigger(
    mut def: TableDef,
    trigger: &TriggerDef,
    place: Option<&(bool, String)>,
) -> Result<TableDef> {
    if def
        .triggers
        .iter()
        .any(|t| t.name.eq_ignore_ascii_case(&trigger.name))
    {
        return Err(Error::Exists {
            kind: "trigger",
            name: trigger.name.clone(),
        });
    }
    if def.triggers.len() >= MAX_TRIGGERS {
        return Err(Error::invalid(format!(
            "table {} has {MAX_TRIGGERS} triggers, which is the most",
            def.name
        )));
    }
    let mut at = def.triggers.len();
    if let Some((follows, other)) = place {
        let found = def.triggers.iter().position(|t| t.name == *other);
        let found = found.ok_or_else(|| Error::Unknown {
            kind: "trigger",
            name: other.clone(),
            nearest: None,
            position: None,
        })?;
        at = found + usize::from(*follows);
    }
    def.triggers.insert(at, trigger.clone());
    Ok(def)
}

fn timing(trigger: &TriggerDef) -> &'static str {
    match trigger.timing {
        TriggerTiming::Before => "BEFORE",
        TriggerTiming::After => "AFTER",
    }
}

fn event(trigger: &TriggerDef) -> &'static str {
    match trigger.event {
        TriggerEvent::Insert => "INSERT",
        TriggerEvent::Update => "UPDATE",
        TriggerEvent::Delete => "DELETE",
    }
}

/// Its statements as one.
fn body(trigger: &TriggerDef) -> String {
    match trigger.body.as_slice() {
        [one] => one.clone(),
        several => format!("BEGIN {}; END", several.join("; ")),
    }
}

/// The statement that creates a trigger again.
pub(super) fn create_trigger(def: &TableDef, trigger: &TriggerDef) -> String {
    let mut of = String::new();
    if !trigger.update_of.is_empty() {
        let columns: Vec<String> = trigger.update_of.iter().map(|c| quoted(c)).collect();
        of = format!(" OF {}", columns.join(", "));
    }
    let when = trigger
        .when
        .as_ref()
        .map_or_else(String::new, |w| format!(" WHEN {w}"));
    format!(
        "CREATE TRIGGER {} {} {}{of} ON {} FOR EACH ROW{when} {}",
        quoted(&trigger.name),
        timing(trigger),
        event(trigger),
        quoted(&def.name),
        body(trigger)
    )
}

/// The rows of SHOW TRIGGERS.
pub(super) fn triggers_of(catalog: &Catalog, schema: &str) -> Vec<Vec<Value>> {
    let mut rows = Vec::new();
    for table in catalog.tables_of(schema) {
        for trigger in &table.def.triggers {
            rows.push(vec![
                text(&trigger.name),
                text(event(trigger)),
                text(&table.def.name),
                text(body(trigger)),
                text(timing(trigger)),
            ]);
        }
    }
    rows
}

/// The row of SHOW CREATE TRIGGER.
pub(super) fn create_trigger_of(def: &TableDef, name: &str) -> Vec<Vec<Value>> {
    let found = def.triggers.iter().filter(|t| t.name == name);
    found
        .map(|t| vec![text(&t.name), text(create_trigger(def, t))])
        .collect()
}
