//! Editing what is typed: history, completion, colours, and statements of several lines.

use crate::{
    complete::{Names, complete},
    highlight::highlight,
    input::Input,
};
use amphi::Session;
use rustyline::{
    CompletionType, Config, Context, Editor, Helper,
    completion::{Completer, FilenameCompleter, Pair},
    error::ReadlineError,
    highlight::{CmdKind, Highlighter},
    hint::Hinter,
    history::FileHistory,
    validate::{ValidationContext, ValidationResult, Validator},
};
use std::{
    borrow::Cow,
    env, fs, io,
    path::{Path, PathBuf},
    rc::Rc,
};

/// Statements that the history keeps.
const HISTORY: usize = 10_000;

/// What a person did at the prompt.
pub enum Typed {
    /// Statements or a command.
    Text(String),
    /// Ctrl-C: what was typed is dropped.
    Dropped,
    /// Ctrl-D.
    End,
}

/// The prompt, and what it remembers.
pub struct Prompt {
    editor: Editor<Assistant, FileHistory>,
    /// `None` once it cannot be written.
    history: Option<PathBuf>,
}

impl Prompt {
    /// A prompt that completes the names of a session.
    ///
    /// # Errors
    /// What opening the terminal gives.
    pub fn new(session: Rc<Session>) -> io::Result<Prompt> {
        let config = Config::builder()
            .completion_type(CompletionType::List)
            .max_history_size(HISTORY)
            .and_then(|c| c.history_ignore_dups(true))
            .map_err(io::Error::other)?
            .history_ignore_space(true)
            .build();
        let kept = FileHistory::with_config(&config);
        let mut editor = Editor::with_history(config, kept).map_err(io::Error::other)?;
        editor.set_helper(Some(Assistant {
            session,
            files: FilenameCompleter::new(),
        }));
        let history = history_file(|name| env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from));
        if let Some(path) = &history {
            // There is none the first time.
            let _ = editor.load_history(path);
        }
        Ok(Prompt { editor, history })
    }

    /// Waits for a whole statement or a command.
    ///
    /// # Errors
    /// That the terminal cannot be read.
    pub fn read(&mut self) -> io::Result<Typed> {
        let text = match self.editor.readline("amphi> ") {
            Ok(text) => text,
            Err(ReadlineError::Interrupted) => return Ok(Typed::Dropped),
            Err(ReadlineError::Eof) => return Ok(Typed::End),
            Err(ReadlineError::Io(e)) => return Err(e),
            Err(e) => return Err(io::Error::other(e)),
        };
        if !text.trim().is_empty() {
            self.remember(&text);
        }
        Ok(Typed::Text(text))
    }

    /// Keeps a text, in the file too: another shell, or one that is killed, loses nothing.
    fn remember(&mut self, text: &str) {
        let added = self.editor.add_history_entry(text).unwrap_or(false);
        if !added {
            return;
        }
        let Some(path) = &self.history else { return };
        let folder = path.parent().unwrap_or(Path::new("."));
        let kept = fs::create_dir_all(folder)
            .map_err(ReadlineError::from)
            .and_then(|()| self.editor.append_history(path));
        if let Err(e) = kept {
            eprintln!("warning: the history is not kept in {}: {e}", path.display());
            self.history = None;
        }
    }
}

/// Where the history is kept: `AMPHI_HISTORY`, or in the user's folder for data.
fn history_file(variable: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    if let Some(file) = variable("AMPHI_HISTORY") {
        return Some(file);
    }
    let data = match cfg!(windows) {
        true => variable("APPDATA"),
        false => variable("XDG_DATA_HOME").or_else(|| Some(variable("HOME")?.join(".local/share"))),
    };
    Some(data?.join("amphi").join("history"))
}

/// What helps while somebody types.
struct Assistant {
    session: Rc<Session>,
    files: FilenameCompleter,
}

impl Helper for Assistant {}

impl Hinter for Assistant {
    type Hint = String;
}

impl Completer for Assistant {
    type Candidate = Pair;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let completion = complete(line, at, &Names::read(&self.session));
        if completion.files {
            return self.files.complete_path(line, at);
        }
        let pair = |word: String| Pair {
            display: word.clone(),
            replacement: word,
        };
        Ok((completion.start, completion.words.into_iter().map(pair).collect()))
    }
}

impl Highlighter for Assistant {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        Cow::Owned(highlight(line))
    }

    fn highlight_char(&self, _: &str, _: usize, kind: CmdKind) -> bool {
        !matches!(kind, CmdKind::MoveCursor)
    }
}

impl Validator for Assistant {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        Ok(match is_whole(context.input()) {
            true => ValidationResult::Valid(None),
            false => ValidationResult::Incomplete,
        })
    }
}

/// Whether a text ends with a statement's semicolon or is a command.
fn is_whole(text: &str) -> bool {
    let mut input = Input::new();
    for line in text.lines() {
        input.push(line);
    }
    !input.is_pending()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_whole_with_its_semicolon() {
        for text in ["", "  ", ".tables", "SELECT 1;", "SELECT\n';\n' ;", "-- nothing"] {
            assert!(is_whole(text), "{text}");
        }
        for text in [
            "SELECT 1",
            "SELECT 1; SELECT",
            "SELECT ';",
            "/* a",
            "SELECT 1; -- b\nSELECT",
        ] {
            assert!(!is_whole(text), "{text}");
        }
        assert!(!is_whole(
            "CREATE TRIGGER a AFTER INSERT ON t BEGIN DELETE FROM u;"
        ));
    }

    #[test]
    fn the_history_is_with_the_users_data() {
        let variables = |given: &'static [(&str, &str)]| {
            history_file(move |name| {
                let found = given.iter().find(|(n, _)| *n == name);
                found.map(|(_, v)| PathBuf::from(v))
            })
        };
        assert_eq!(
            variables(&[("AMPHI_HISTORY", "h"), ("HOME", "u")]),
            Some("h".into())
        );
        assert_eq!(variables(&[]), None);
        if cfg!(unix) {
            let home = Path::new("u/.local/share/amphi/history");
            assert_eq!(variables(&[("HOME", "u")]).as_deref(), Some(home));
            let data = variables(&[("XDG_DATA_HOME", "d"), ("HOME", "u")]);
            assert_eq!(data.as_deref(), Some(Path::new("d/amphi/history")));
        }
    }
}
