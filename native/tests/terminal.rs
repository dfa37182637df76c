//! The shell on a terminal, as a person meets it: a pseudo-terminal types and reads.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic)]

use nix::{
    pty::openpty,
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    fs::{self, File},
    io::{Read, Write},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Far more than anything takes.
const SOON: Duration = Duration::from_secs(60);

const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
const UP: &str = "\x1b[A";

/// A shell, and the person before it.
struct Terminal {
    shell: Child,
    keyboard: File,
    screen: Receiver<Vec<u8>>,
    /// What was shown and not looked at yet.
    shown: String,
}

impl Terminal {
    fn start(directory: &Path, arguments: &[&str]) -> Terminal {
        let pty = openpty(None, None).unwrap();
        let side = || Stdio::from(pty.slave.try_clone().unwrap());
        let shell = Command::new(env!("CARGO_BIN_EXE_amphi"))
            .args(arguments)
            .current_dir(directory)
            .env("TERM", "xterm")
            .env_remove("NO_COLOR")
            .env("AMPHI_HISTORY", directory.join("kept/history"))
            .stdin(side())
            .stdout(side())
            .stderr(side())
            .spawn()
            .unwrap();
        let keyboard = File::from(pty.master);
        let mut screen = keyboard.try_clone().unwrap();
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            // The other end is gone: an error on Linux, nothing more to read elsewhere.
            while let Ok(n @ 1..) = screen.read(&mut buffer) {
                if sender.send(buffer[..n].to_vec()).is_err() {
                    return;
                }
            }
        });
        let mut terminal = Terminal {
            shell,
            keyboard,
            screen: receiver,
            shown: String::new(),
        };
        terminal.wait_for("amphi> ");
        terminal
    }

    /// Types, and leaves what is shown to be looked at.
    fn types(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until a text is shown, and returns all that was shown up to its end, colours left out.
    fn wait_for(&mut self, text: &str) -> String {
        let began = Instant::now();
        loop {
            let plain = plain(&self.shown);
            if let Some(at) = plain.find(text) {
                let end = at + text.len();
                self.shown = plain[end..].to_owned();
                return plain[..end].to_owned();
            }
            match self.screen.recv_timeout(Duration::from_millis(100)) {
                Ok(bytes) => self.shown.push_str(&String::from_utf8_lossy(&bytes)),
                Err(_) => assert!(began.elapsed() < SOON, "no {text:?} in {plain:?}"),
            }
        }
    }

    /// Types a line and waits for what it shows, which the line itself does not contain: the editor draws a
    /// line, with its prompt, again for every key.
    fn runs(&mut self, line: &str, answer: &str) -> String {
        self.types(&format!("{line}\r"));
        let shown = self.wait_for(answer);
        // Before the next prompt keys would be the terminal's, not the editor's.
        self.wait_for("amphi> ");
        shown
    }

    /// Waits until the shell has ended.
    fn ends(mut self) -> Option<i32> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.shell.try_wait().unwrap() {
                return status.code();
            }
            assert!(began.elapsed() < SOON, "the shell goes on");
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}

/// The text without the codes that colour it and move the cursor.
fn plain(shown: &str) -> String {
    let mut parts = shown.split("\x1b[");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.find(|c: char| c.is_ascii_alphabetic());
        // A code that is not whole yet stays.
        match code {
            Some(end) => text.push_str(&part[end + 1..]),
            None => text.push_str(&format!("\x1b[{part}")),
        }
    }
    text
}

#[test]
fn statements_of_several_lines_run_and_are_remembered() {
    let directory = TempDir::new().unwrap();
    let mut terminal = Terminal::start(directory.path(), &[":memory:"]);
    terminal.types("SELECT 40\r");
    assert!(
        terminal
            .runs("  + 2 AS answer;", "(1 row)")
            .contains("|     42 |")
    );
    // What was typed is there again with the arrow key, whole.
    assert!(terminal.runs(UP, "(1 row)").contains("42"));
    terminal.runs("SELEC 1;", "error 42601");
    terminal.runs("CREATE TABLE t (a INT);", "done");
    terminal.types(CTRL_D);
    assert_eq!(terminal.ends(), Some(0));
    // The next shell has it too.
    let history = fs::read_to_string(directory.path().join("kept/history")).unwrap();
    assert!(history.contains("answer"), "{history}");
    let mut terminal = Terminal::start(directory.path(), &[":memory:"]);
    terminal.runs(UP, "done");
    terminal.runs(".schema", "CREATE TABLE `t`");
    terminal.types(".quit\r");
    assert_eq!(terminal.ends(), Some(0));
}

#[test]
fn the_tab_key_completes_names_and_keywords() {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("other.sql"), "SELECT 'from the file';").unwrap();
    let mut terminal = Terminal::start(directory.path(), &[":memory:"]);
    terminal.runs("CREATE TABLE customers (id INT, favourite TEXT);", "done");
    terminal.runs("INSERT INTO customers VALUES (7, 'tea');", "1 row affected");
    terminal.runs("SELECT fav\t FROM cust\t;", "tea");
    terminal.runs(".sch\t cust\t", "CREATE TABLE `customers`");
    terminal.runs(".read oth\t", "from the file");
}

#[test]
fn what_is_typed_has_colours() {
    let directory = TempDir::new().unwrap();
    let mut terminal = Terminal::start(directory.path(), &[":memory:"]);
    terminal.types("SELECT 'x';\r");
    let began = Instant::now();
    while !terminal.shown.contains("(1 row)") {
        assert!(began.elapsed() < SOON, "{:?}", terminal.shown);
        if let Ok(bytes) = terminal.screen.recv_timeout(Duration::from_millis(100)) {
            terminal.shown.push_str(&String::from_utf8_lossy(&bytes));
        }
    }
    assert!(
        terminal.shown.contains("\x1b[1;34mSELECT\x1b[0m"),
        "{:?}",
        terminal.shown
    );
    assert!(
        terminal.shown.contains("\x1b[32m'x'\x1b[0m"),
        "{:?}",
        terminal.shown
    );
}

#[test]
fn ctrl_c_drops_the_line_and_stops_the_statement() {
    let directory = TempDir::new().unwrap();
    let mut terminal = Terminal::start(directory.path(), &[":memory:"]);
    terminal.types("SELECT 'dropped'");
    terminal.wait_for("SELECT 'dropped'");
    terminal.types(CTRL_C);
    terminal.wait_for("\n");
    terminal.wait_for("amphi> ");
    terminal.runs("CREATE TABLE t (a INT);", "done");
    // What the terminal does with Ctrl-C while nobody reads from it.
    let pid = Pid::from_raw(i32::try_from(terminal.shell.id()).unwrap());
    for endless in [
        "INSERT INTO t SELECT i FROM generate_series(1, 9000000000000) s(i) WHERE i < 0;",
        "SELECT i FROM generate_series(1, 9000000000000) s(i) WHERE i < 3;",
        ".export out.csv SELECT i FROM generate_series(1, 9000000000000) s(i) WHERE i < 3",
    ] {
        terminal.types(&format!("{endless}\r"));
        // The statement has begun when the line was left.
        terminal.wait_for("\n");
        thread::sleep(Duration::from_millis(300));
        kill(pid, Signal::SIGINT).unwrap();
        terminal.wait_for("error 57014");
        terminal.wait_for("amphi> ");
    }
    terminal.runs("SELECT COUNT(*) AS n FROM t;", "| 0 |");
    assert_eq!(
        fs::read_dir(directory.path()).unwrap().count(),
        1,
        "only the history"
    );
    terminal.types(CTRL_D);
    assert_eq!(terminal.ends(), Some(0));
}
