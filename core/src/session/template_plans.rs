//! Texts by their templates: statements that differ in literals only are parsed and planned once.
//!
//! Here templates, their plans and the literals of a text come together. Whenever something does not fit,
//! the answer is `None` and the text takes the ordinary way: no error of a template is ever shown.

use super::names::Names;
use super::prepared::{Planned, Prepared};
use super::session::Session;
use crate::catalog::Catalog;
use crate::sql::bind::{self, BindContext, Slot};
use crate::sql::exec::BATCH_ROWS;
use crate::sql::parse::{self, LiteralText, Template};
use crate::types::{Batch, Value};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// A plan for a text, and what its literals are to it.
pub(super) struct TemplatePlan {
    pub(super) planned: Arc<Planned>,
    /// The parameters.
    pub(super) values: Vec<Value>,
    /// The rows of a VALUES list.
    pub(super) rows: Option<Arc<Vec<Batch>>>,
}

impl Session {
    /// The plan of a text by its template.
    pub(super) fn template_plan(&mut self, sql: &str) -> Option<TemplatePlan> {
        // Slots are read without a zone.
        if self.time_zone.is_some() {
            return None;
        }
        let mut key = core::mem::take(&mut self.template);
        let found = Template::of(sql, &mut key).and_then(|template| match template {
            Template::Literals(literals) => self.plan_with_literals(&key, &literals),
            Template::Values(values) => {
                let planned = self.plan_of_template(&key, || alloc::vec![Value::Null; values.width()])?;
                let types = bind::inserted_types(&planned.statement)?;
                let rows = bind::read_rows(&values, types, BATCH_ROWS)?;
                Some(TemplatePlan {
                    values: Vec::new(),
                    rows: Some(Arc::new(rows)),
                    planned,
                })
            }
        });
        self.template = key;
        found
    }

    fn plan_with_literals(&self, key: &str, literals: &[LiteralText<'_>]) -> Option<TemplatePlan> {
        let literals = literals
            .iter()
            .map(|l| bind::literal_value(*l))
            .collect::<Option<Vec<_>>>()?;
        let planned = self.plan_of_template(key, || literals.clone())?;
        if planned.slots.len() != literals.len() {
            return None;
        }
        let values = planned.slots.iter().zip(literals);
        Some(TemplatePlan {
            values: values.map(|(slot, l)| slot.value(l)).collect::<Option<_>>()?,
            rows: None,
            planned,
        })
    }

    /// The plan of a template: one that it has, or a new one, made for these literals.
    fn plan_of_template(&self, key: &str, literals: impl FnOnce() -> Vec<Value>) -> Option<Arc<Planned>> {
        let view = self.view();
        let catalog = view.catalog();
        let templates = &self.shared.templates;
        let prepared = match templates.get(key) {
            Some(prepared) => prepared,
            None => {
                let mut parsed = parse::parse(key).ok()?;
                let (Some(one), true) = (parsed.pop(), parsed.is_empty()) else {
                    return None;
                };
                let prepared = Arc::new(Prepared::new(one));
                templates.put(key, prepared.clone());
                prepared
            }
        };
        if let Some(planned) = prepared.template_plan(catalog.schema_version(), &self.place()) {
            return Some(planned);
        }
        let (statement, slots) = self.bind_template(catalog, &prepared, &literals())?;
        let planned = Arc::new(Planned {
            slots,
            ..self.planned(statement, Vec::new(), catalog)
        });
        prepared.keep(planned.clone());
        Some(planned)
    }

    fn bind_template(
        &self,
        catalog: &Catalog,
        prepared: &Prepared,
        literals: &[Value],
    ) -> Option<(crate::sql::plan::Statement, Vec<Slot>)> {
        let names = Names(catalog, &self.shared.functions, self.foreign_key_checks);
        let context = BindContext {
            source: &names,
            schema: &self.schema,
            params: &[],
        };
        let (mut statement, slots) = bind::bind_template(prepared.parsed(), &context, literals).ok()?;
        self.optimize(&mut statement, &names);
        Some((statement, slots))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::database::Database;
    use crate::router::Config;
    use crate::session::Params;
    use crate::sql::exec::testing::TestHost;
    use core::pin::pin;
    use core::task::{Context, Poll, Waker};

    /// Memory tables never wait.
    fn done<T>(future: impl Future<Output = T>) -> T {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(done) => done,
            Poll::Pending => panic!("it waits"),
        }
    }

    fn session() -> Session {
        let database = done(Database::open(None, Arc::new(TestHost), Config::default())).unwrap();
        let mut session = database.session();
        let table =
            "CREATE TABLE t (id INTEGER PRIMARY KEY, n INT, d DECIMAL(8, 2), s VARCHAR(20), day DATE)";
        done(session.execute(table, Params::None)).unwrap();
        session
    }

    #[test]
    fn texts_that_differ_in_literals_share_a_plan() {
        let mut session = session();
        for texts in [
            &[
                "SELECT * FROM t WHERE id = 1",
                "SELECT * FROM t WHERE id = -2147483648",
                "SELECT * FROM t WHERE id = '7'",
            ][..],
            &[
                "SELECT id FROM t WHERE day >= '2024-02-29' AND d < 1.5 AND s = 'x'",
                "SELECT id FROM t WHERE day >= '1999-1-1' AND d < 1 AND s = 'it''s'",
            ],
            &[
                "SELECT id FROM t WHERE n IN (1, 2) AND d BETWEEN 1 AND 2.25 LIMIT 3",
                "SELECT id FROM t WHERE n IN (3, 3) AND d BETWEEN 0.1 AND 7 LIMIT 3",
            ],
            &[
                "UPDATE t SET s = 'x', d = 1.5, n = n + 1 WHERE id = 1",
                "UPDATE t SET s = '', d = 20, n = n + 1 WHERE id = 5",
            ],
            &["DELETE FROM t WHERE n <> 1", "DELETE FROM t WHERE n <> 2"],
            &[
                "INSERT INTO t (id, n) VALUES (1, 2)",
                "INSERT INTO t (id, n) VALUES (NULL, 1.5), (TRUE, 'x'), ('y', -2)",
            ],
            &[
                "INSERT INTO t VALUES (1, 2, abs(-3), 'x', now())",
                "INSERT INTO t VALUES (2, 'y', abs(-3), 5, now())",
            ],
        ] {
            let mut plans = texts.iter().filter_map(|sql| {
                let mut key = alloc::string::String::new();
                Template::of(sql, &mut key)?;
                let literals = || match Template::of(sql, &mut alloc::string::String::new()) {
                    Some(Template::Literals(l)) => l.iter().filter_map(|l| bind::literal_value(*l)).collect(),
                    _ => Vec::new(),
                };
                session.plan_of_template(&key, literals)
            });
            let first = plans.next().unwrap();
            let same: Vec<bool> = plans.map(|p| Arc::ptr_eq(&p, &first)).collect();
            assert_eq!(same, alloc::vec![true; texts.len() - 1], "{texts:?}");
            assert!(session.template_plan(texts[0]).is_some(), "{}", texts[0]);
        }
    }

    #[test]
    fn literals_that_would_be_planned_otherwise_have_no_template() {
        let mut session = session();
        for sql in [
            // Other types than the column's.
            "SELECT * FROM t WHERE n = 1.5",
            "SELECT * FROM t WHERE n = 3000000000",
            "SELECT * FROM t WHERE s = 5",
            "SELECT * FROM t WHERE day = '2024-02-29 12:00'",
            "SELECT * FROM t WHERE d = 1.234",
            "UPDATE t SET d = 1.234 WHERE id = 1",
            // Nothing of the table on the other side.
            "SELECT * FROM t WHERE 1 + 1 = 2",
            "SELECT * FROM t WHERE length('x') = 1",
            // Values that do not fit: the ordinary way says so.
            "INSERT INTO t (id, n) VALUES (1, 'x')",
            "INSERT INTO t (id, n) VALUES (1, 3000000000)",
            "INSERT INTO t (id, n) VALUES (1, 2, 3)",
            "INSERT INTO t (id, nothing) VALUES (1, 2)",
            "SELECT * FROM nothing WHERE id = 1",
        ] {
            assert!(session.template_plan(sql).is_none(), "{sql}");
        }
    }
}
