//! Functions of other engines that are deliberately not there, and why: so that a call says more than that the name is
//! unknown.

/// Names in capitals, and why there is no such function.
const ABSENT: &[(&[&str], &str)] = &[
    (
        &["LOAD_FILE", "LOAD_EXTENSION"],
        "statements do not read files; the program can pass what it read",
    ),
    (
        &["EXTRACTVALUE", "UPDATEXML", "XMLPARSE", "XPATH"],
        "there is no XML; use JSON",
    ),
    (
        &[
            "STRING_TO_ARRAY",
            "ARRAY_TO_STRING",
            "ARRAY_LENGTH",
            "ARRAY_APPEND",
            "ARRAY_TO_JSON",
            "CARDINALITY",
            "PARSE_IDENT",
            "REGEXP_MATCH",
            "REGEXP_SPLIT_TO_ARRAY",
        ],
        "there are no arrays; use JSON",
    ),
    (
        &[
            "MAKE_INTERVAL",
            "JUSTIFY_DAYS",
            "JUSTIFY_HOURS",
            "JUSTIFY_INTERVAL",
        ],
        "an interval is no value; write INTERVAL n unit",
    ),
    (
        &[
            "GTID_SUBSET",
            "GTID_SUBTRACT",
            "SOURCE_POS_WAIT",
            "MASTER_POS_WAIT",
            "WAIT_FOR_EXECUTED_GTID_SET",
        ],
        "there is no replication",
    ),
    (
        &[
            "CAN_ACCESS_TABLE",
            "ROLES_GRAPHML",
            "VALIDATE_PASSWORD_STRENGTH",
            "INET_CLIENT_ADDR",
        ],
        "an embedded database has no users and no connections",
    ),
    (
        &["PS_THREAD_ID", "PS_CURRENT_THREAD_ID", "PG_BACKEND_PID"],
        "an embedded database has no threads of its own",
    ),
    (
        &["ST_TRANSFORM", "ST_LATITUDE", "ST_LONGITUDE"],
        "geometries are of the plane, SRID 0",
    ),
    (
        &["ST_BUFFER_STRATEGY"],
        "ST_BUFFER's third argument is a text such as 'quad_segs=8 endcap=flat'",
    ),
    (
        &[
            "WEIGHT_STRING",
            "COERCIBILITY",
            "STATEMENT_DIGEST",
            "STATEMENT_DIGEST_TEXT",
            "ICU_VERSION",
        ],
        "it tells of the inside of MySQL",
    ),
    (
        &[
            "SQLITE_VERSION",
            "SQLITE_SOURCE_ID",
            "SQLITE_OFFSET",
            "SQLITE_COMPILEOPTION_GET",
            "SQLITE_COMPILEOPTION_USED",
        ],
        "it tells of the inside of SQLite; VERSION() is the engine's",
    ),
    (&["FOUND_ROWS"], "ask SELECT COUNT(*)"),
    (
        &["PG_ADVISORY_LOCK", "PG_TRY_ADVISORY_LOCK", "PG_ADVISORY_UNLOCK"],
        "advisory locks are GET_LOCK's",
    ),
    (&["SETSEED"], "RAND(n) is a sequence with a seed"),
];

/// Why there is no function of that name, if that is deliberate.
pub fn why_absent(name: &str) -> Option<&'static str> {
    let is_it = |names: &&[&str]| names.iter().any(|n| n.eq_ignore_ascii_case(name));
    ABSENT.iter().find(|(names, _)| is_it(names)).map(|(_, why)| *why)
}
