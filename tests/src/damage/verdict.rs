//! Whether a damaged database behaves: right answers, or errors that name the damage.

use super::sample::{Sample, ask};
use crate::block_on::block_on;
use crate::sql_client::Answer;
use amphi_core::database::Database;
use amphi_core::{Error, Result};

/// What became of a damaged database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Verdict {
    /// It was not opened.
    pub refused: bool,
    /// Questions that were answered, rightly.
    pub answered: usize,
    /// Questions that were refused with an error.
    pub failed: usize,
    /// Whether the check had nothing to report.
    pub sound: bool,
}

/// Whether an error is a proper answer of a damaged database.
fn names_damage(error: &Error) -> bool {
    match error {
        Error::Corrupted { table, key } => !table.is_empty() && !key.is_empty(),
        Error::NotAStore { message, .. } | Error::Store { message } => !message.is_empty(),
        _ => false,
    }
}

/// Whether an error is a proper answer to a write.
fn refuses_writes(error: &Error) -> bool {
    matches!(error, Error::Poisoned { .. }) || names_damage(error)
}

/// Asks all questions of a damaged database and checks it; if `writes`, writes to it and asks again. All
/// answers must be those of one of the states.
///
/// # Panics
/// If an answer is wrong, or an error is not one of damage.
pub fn judge(
    sample: &Sample,
    states: &[Vec<Answer>],
    opened: Result<Database>,
    writes: bool,
    case: &str,
) -> Verdict {
    let mut verdict = Verdict::default();
    let db = match opened {
        Ok(db) => db,
        Err(e) => {
            assert!(names_damage(&e), "{case}: not opened because of {e:?}");
            verdict.refused = true;
            return verdict;
        }
    };
    let mut possible: Vec<&Vec<Answer>> = states.iter().collect();
    let mut questions = |verdict: &mut Verdict, when: &str| {
        for (i, question) in sample.questions().iter().enumerate() {
            match ask(&db, question) {
                Ok(given) => {
                    let right: Vec<_> = possible.iter().filter_map(|s| s.get(i)).cloned().collect();
                    possible.retain(|s| s.get(i) == Some(&given));
                    assert!(
                        !possible.is_empty(),
                        "{case}, {when}: {question}\nanswers {given:?}\nwhere it is {right:?}"
                    );
                    verdict.answered += 1;
                }
                Err(e) if names_damage(&e) => verdict.failed += 1,
                Err(e) => panic!("{case}, {when}: {question}: {e:?}"),
            }
        }
    };
    questions(&mut verdict, "opened");
    match block_on(db.check()) {
        Ok(report) => {
            for problem in &report.problems {
                assert!(
                    !problem.table.is_empty() && !problem.message.is_empty(),
                    "{case}: {problem:?}"
                );
            }
            verdict.sound = report.is_empty();
        }
        Err(e) => assert!(names_damage(&e), "{case}: the check fails with {e:?}"),
    }
    if !writes {
        return verdict;
    }
    // A write that finds damage fails and changes nothing; one that does not changes nothing either.
    let writes = [
        format!("INSERT INTO item VALUES ({}, 'new', 1, NULL)", sample.rows + 100),
        "UPDATE sale SET n = n + 1 WHERE id < 20".to_owned(),
        "DELETE FROM note WHERE f < 20".to_owned(),
    ];
    for write in &writes {
        let done = block_on(async {
            let mut session = db.session();
            for sql in ["BEGIN", write, "ROLLBACK"] {
                session.execute(sql, &amphi_core::session::Params::None).await?;
            }
            Ok(())
        });
        if let Err(e) = done {
            assert!(refuses_writes(&e), "{case}: {write}: {e:?}");
        }
    }
    let commit = block_on(async {
        let mut session = db.session();
        let none = amphi_core::session::Params::None;
        session
            .execute(
                "CREATE TABLE extra (a INT PRIMARY KEY) ENGINE = persistent",
                &none,
            )
            .await?;
        session
            .execute("INSERT INTO extra VALUES (1), (2)", &none)
            .await?;
        db.flush().await
    });
    if let Err(e) = commit {
        assert!(refuses_writes(&e), "{case}: a commit fails with {e:?}");
    }
    questions(&mut verdict, "after a commit");
    verdict
}
