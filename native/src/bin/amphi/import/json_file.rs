//! JSON files: an array of objects, or one object after the other, usually one a line.
//!
//! The file is never in memory as a whole. Its columns are all names that occur, in the order in which they first do.

use super::{
    field::{Field, unreadable},
    import::{Place, Records},
};
use crate::cancel::Cancel;
use amphi::{Error, Position, Result};
use serde::{
    Deserialize, Deserializer as _,
    de::{self, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Deserializer, de::IoRead, value::RawValue};
use std::{
    borrow::Cow,
    cell::Cell,
    collections::HashMap,
    fmt,
    fs::File,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    rc::Rc,
};

/// A JSON file whose objects have been looked through.
pub struct JsonFile {
    path: PathBuf,
    bytes: u64,
    header: Vec<String>,
}

/// The members of an object, in order.
struct Object(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Object, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object, one for each row")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Object(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// Calls a function with each element of an array.
struct Elements<'f> {
    object: &'f mut dyn FnMut(Object) -> Result<()>,
    /// Why that stopped.
    failed: &'f mut Option<Error>,
}

impl<'de> Visitor<'de> for Elements<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<(), A::Error> {
        while let Some(object) = array.next_element()? {
            if let Err(e) = (self.object)(object) {
                *self.failed = Some(e);
                return Err(de::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

/// A reader that counts.
struct Counted {
    file: BufReader<File>,
    read: Rc<Cell<u64>>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.file.read(buffer)?;
        self.read.set(self.read.get() + n as u64);
        Ok(n)
    }
}

impl JsonFile {
    /// Opens a file and finds its columns.
    ///
    /// # Errors
    /// [`Error::Data`] if it cannot be read, is no JSON, or has no columns.
    pub fn open(path: &Path, cancel: &Cancel) -> Result<JsonFile> {
        let bytes = path.metadata().map_err(|e| unreadable(path, &e))?.len();
        let mut file = JsonFile {
            path: path.to_owned(),
            bytes,
            header: Vec::new(),
        };
        let mut header: Vec<String> = Vec::new();
        let mut known: HashMap<String, ()> = HashMap::new();
        file.objects(&mut |object, _| {
            for (name, _) in object.0 {
                if known.insert(name.to_lowercase(), ()).is_none() {
                    header.push(name);
                }
            }
            cancel.check()
        })?;
        if header.is_empty() || header.iter().any(|name| name.trim().is_empty()) {
            let what = if header.is_empty() {
                "has no objects with members"
            } else {
                "has a member without a name"
            };
            return Err(Error::Data {
                message: format!("{} {what}", path.display()),
                position: None,
            });
        }
        file.header = header;
        Ok(file)
    }

    /// Calls `each` with every object and the bytes read with it.
    fn objects(&self, each: &mut dyn FnMut(Object, u64) -> Result<()>) -> Result<()> {
        let file = File::open(&self.path).map_err(|e| unreadable(&self.path, &e))?;
        let mut file = BufReader::new(file);
        let is_array = first_byte(&mut file).map_err(|e| unreadable(&self.path, &e))? == Some(b'[');
        let read = Rc::new(Cell::new(0));
        let counted = Counted {
            file,
            read: read.clone(),
        };
        let mut json = Deserializer::new(IoRead::new(counted));
        if is_array {
            let mut failed = None;
            let elements = Elements {
                object: &mut |object| each(object, read.get()),
                failed: &mut failed,
            };
            let ended = json.deserialize_seq(elements).and_then(|()| json.end());
            return match (failed, ended) {
                (Some(e), _) => Err(e),
                (None, ended) => ended.map_err(|e| self.data_error(&e)),
            };
        }
        for object in json.into_iter::<Object>() {
            each(object.map_err(|e| self.data_error(&e))?, read.get())?;
        }
        Ok(())
    }

    fn data_error(&self, error: &serde_json::Error) -> Error {
        let message = error.to_string();
        // The place is told apart from the message.
        let message = message.split(" at line ").next().unwrap_or_default();
        Error::Data {
            message: format!("{}: {message}", self.path.display()),
            position: (error.line() > 0).then(|| Position {
                line: error.line() as u64,
                column: error.column() as u64,
            }),
        }
    }
}

/// The first byte that is no white space, which stays to be read. A byte order mark does not.
fn first_byte(file: &mut BufReader<File>) -> std::io::Result<Option<u8>> {
    if file.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
        file.consume(3);
    }
    loop {
        let buffer = file.fill_buf()?;
        match buffer.iter().position(|b| !b.is_ascii_whitespace()) {
            Some(at) => return Ok(buffer.get(at).copied()),
            None if buffer.is_empty() => return Ok(None),
            None => {
                let blank = buffer.len();
                file.consume(blank);
            }
        }
    }
}

impl Records for JsonFile {
    fn path(&self) -> &Path {
        &self.path
    }

    fn bytes(&self) -> u64 {
        self.bytes
    }

    fn header(&self) -> &[String] {
        &self.header
    }

    fn for_each(&self, row: &mut dyn FnMut(&[Field<'_>], &Place) -> Result<()>) -> Result<()> {
        let at = |name: &str| {
            self.header
                .iter()
                .position(|h| h.to_lowercase() == name.to_lowercase())
        };
        let mut number = 0;
        self.objects(&mut |Object(members), byte| {
            number += 1;
            let mut fields = vec![Field::Null; self.header.len()];
            // Most objects have the header's members in its order.
            for (i, (name, raw)) in members.iter().enumerate() {
                let same = self.header.get(i).is_some_and(|h| h == name);
                let place = if same { Some(i) } else { at(name) };
                if let Some(field) = place.and_then(|i| fields.get_mut(i)) {
                    *field = field_of(raw.get());
                }
            }
            let line = None;
            row(&fields, &Place { number, line, byte })
        })
    }
}

/// A value as written.
fn field_of(raw: &str) -> Field<'_> {
    match raw.as_bytes().first() {
        Some(b'n') | None => Field::Null,
        Some(b't') => Field::Bool(true),
        Some(b'f') => Field::Bool(false),
        Some(b'"') => Field::Text(serde_json::from_str(raw).map_or(Cow::Borrowed(raw), Cow::Owned)),
        Some(b'{' | b'[') => Field::Json(raw),
        Some(_) => Field::Number(raw),
    }
}
