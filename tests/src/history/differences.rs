//! Telling two models apart, for the messages of failing tests.

use super::{Model, ModelTable};

/// Where what is shown differs from the model, shortened.
pub fn differences(shown: &Model, model: &Model) -> String {
    let mut lines = Vec::new();
    if shown.schemas != model.schemas {
        lines.push(format!(
            "shows schemas {:?}, not {:?}",
            shown.schemas, model.schemas
        ));
    }
    if shown.remembered != model.remembered {
        lines.push(format!(
            "remembers {:?}, not {:?}",
            shown.remembered, model.remembered
        ));
    }
    for name in shown
        .tables
        .keys()
        .chain(model.tables.keys().filter(|n| !shown.tables.contains_key(*n)))
    {
        match (shown.tables.get(name), model.tables.get(name)) {
            (Some(a), Some(b)) if a == b => {}
            (Some(a), Some(b)) => {
                let strip = |t: &ModelTable| ModelTable {
                    rows: Default::default(),
                    ..t.clone()
                };
                lines.push(format!("shows {name} as {:?}, not {:?}", strip(a), strip(b)));
                let keys = a
                    .rows
                    .keys()
                    .chain(b.rows.keys().filter(|k| !a.rows.contains_key(k)));
                for key in keys.filter(|k| a.rows.get(k) != b.rows.get(k)).take(5) {
                    lines.push(format!(
                        "  row {key}: {:?}, not {:?}",
                        a.rows.get(key),
                        b.rows.get(key)
                    ));
                }
            }
            (a, _) => lines.push(format!(
                "shows {}table {name}",
                if a.is_some() { "a surplus " } else { "no " }
            )),
        }
    }
    lines.join("\n")
}
