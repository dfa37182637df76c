//! The machine mode (`--json`): one JSON request a line in, one JSON answer a line out, for programs
//! that drive the shell.
//!
//! Every session runs on a thread of its own: its answers come in the order of its requests, and answers
//! of different sessions may overtake each other. What an answer tells of is durable, as in the shell.
//!
//! | request | meaning |
//! | --- | --- |
//! | `{"sql":"…","params":[…]}` | runs one statement; `params` are the values of its placeholders |
//! | `{"reset":true}` | ends all sessions, rolls them back and deletes all data |
//! | `{"session":n,"close":true}` | ends a session and rolls it back |
//!
//! `session` is a number (0 unless given), which makes a session when it is new; `id` may be anything, and
//! is repeated in the answer.
//!
//! | answer | meaning |
//! | --- | --- |
//! | `{"columns":["a"],"rows":[[1]]}` | a result |
//! | `{"ok":n}` | no result; so many rows were changed |
//! | `{"error":"…","code":"42601","kind":"syntax"}` | an error, with its stable code; a kind and `line` and `column` where there are any |
//!
//! Integers of any size are numbers, DECIMAL, dates, times and JSON are texts, and binary values are
//! `{"hex":"CAFE"}`; NaN and the infinities are `null`.

mod answer;
mod request;
mod server;

pub use server::serve;
