//! Reading requests and handing them to their sessions.

use super::{
    answer::{self, Answer},
    request::Request,
};
use amphi::{Database, Result, Session};
use std::{
    collections::HashMap,
    io::{self, BufRead, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Sender},
    },
    thread::{self, JoinHandle},
};

/// Where answers go, a line at a time.
type Output = Arc<Mutex<dyn Write + Send>>;

/// A session at work.
struct Worker {
    requests: Sender<Request>,
    thread: JoinHandle<()>,
}

/// The database, its sessions, and where answers go.
struct Server<'a> {
    db: Arc<Database>,
    renew: Renew<'a>,
    sessions: HashMap<u64, Worker>,
    out: Output,
}

/// Closes a database, deletes all its data and opens it again.
pub type Renew<'a> = &'a dyn Fn(&Database) -> Result<Database>;

/// Answers requests until there are none; returns the database that is open then, and how reading and
/// writing ended.
pub fn serve(
    db: Database,
    renew: Renew<'_>,
    input: impl BufRead,
    out: impl Write + Send + 'static,
) -> (Arc<Database>, io::Result<()>) {
    let mut server = Server {
        db: Arc::new(db),
        renew,
        sessions: HashMap::new(),
        out: Arc::new(Mutex::new(out)),
    };
    let read = server.run(input);
    server.end_sessions();
    (server.db, read)
}

impl Server<'_> {
    fn run(&mut self, input: impl BufRead) -> io::Result<()> {
        for line in input.split(b'\n') {
            let line = line?;
            if line.trim_ascii().is_empty() {
                continue;
            }
            match serde_json::from_slice::<Request>(&line) {
                Ok(request) if request.reset => {
                    let reset = self.reset();
                    send(
                        &self.out,
                        &request,
                        reset.unwrap_or_else(|e| answer::of_error(&e)),
                    )?;
                }
                Ok(request) => self.hand_over(request)?,
                Err(e) => {
                    let message = format!("the request is not understood: {e}");
                    send(
                        &self.out,
                        &Request::default(),
                        answer::of_failure(&message, "protocol"),
                    )?;
                }
            }
        }
        Ok(())
    }

    /// Gives a request to its session, which is made if it does not exist.
    fn hand_over(&mut self, request: Request) -> io::Result<()> {
        let number = request.session;
        let ends = request.close;
        let worker = match self.sessions.remove(&number) {
            Some(worker) => worker,
            None => start(self.db.clone(), self.out.clone())?,
        };
        let gone = worker.requests.send(request).is_err();
        if ends || gone {
            // Its thread ends when it has answered.
            drop(worker.requests);
        } else {
            self.sessions.insert(number, worker);
        }
        Ok(())
    }

    fn end_sessions(&mut self) {
        for (_, worker) in self.sessions.drain() {
            drop(worker.requests);
            // A panic there was answered already.
            let _ = worker.thread.join();
        }
    }

    fn reset(&mut self) -> Result<Answer> {
        self.end_sessions();
        self.db = Arc::new((self.renew)(&self.db)?);
        Ok(answer::affected(0))
    }
}

/// Starts a session's thread.
fn start(db: Arc<Database>, out: Output) -> io::Result<Worker> {
    let (requests, received) = mpsc::channel::<Request>();
    let thread = thread::Builder::new().spawn(move || {
        let session = db.session();
        for request in received {
            let answered = catch_unwind(AssertUnwindSafe(|| run(&db, &session, &request)));
            let answer = match answered {
                Ok(Ok(answer)) => answer,
                Ok(Err(e)) => answer::of_error(&e),
                Err(_) => answer::of_failure("the statement panicked", "panic"),
            };
            // Without a reader there is nothing to do.
            if send(&out, &request, answer).is_err() {
                return;
            }
        }
    })?;
    Ok(Worker { requests, thread })
}

fn run(db: &Database, session: &Session, request: &Request) -> Result<Answer> {
    let Some(sql) = &request.sql else {
        return Ok(match request.close {
            true => answer::affected(0),
            false => answer::of_failure("the request has neither sql nor close nor reset", "protocol"),
        });
    };
    let answer = answer::of_outcome(session.run(sql, request.values()?)?)?;
    // What is answered is durable, as in the shell.
    db.flush()?;
    Ok(answer)
}

/// Writes an answer's line.
fn send(out: &Output, request: &Request, answer: Answer) -> io::Result<()> {
    let line = match &request.id {
        Some(id) => format!("{{\"id\":{},{answer}}}\n", id.get()),
        None => format!("{{{answer}}}\n"),
    };
    let mut out = out.lock().unwrap_or_else(PoisonError::into_inner);
    out.write_all(line.as_bytes())?;
    out.flush()
}
