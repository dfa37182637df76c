//! Names of tables and columns, quoted for SQL, and made to differ.

/// A table name quoted for SQL; a dot separates the schema from the table.
pub fn quoted(table: &str) -> String {
    let parts: Vec<String> = table.split('.').map(quoted_name).collect();
    parts.join(".")
}

/// A name quoted for SQL.
pub fn quoted_name(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// The names of columns, in order: an empty one gets one by its place, one that is there already a number.
pub fn unique<'a>(given: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (i, name) in given.into_iter().enumerate() {
        let name = match name.trim() {
            "" => format!("column{}", i + 1),
            name => name.to_owned(),
        };
        let mut unique = name.clone();
        let mut suffix = 2;
        while names.iter().any(|n| n.eq_ignore_ascii_case(&unique)) {
            unique = format!("{name}_{suffix}");
            suffix += 1;
        }
        names.push(unique);
    }
    names
}
