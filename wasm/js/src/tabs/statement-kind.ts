//! What a text of SQL does for certain, as far as its words tell: what is known when its outcome is not.
//!
//! Nothing is parsed, so a word in a string or a name counts too: then less is known, which is safe.

/** Words of statements that change something. */
const CHANGES = /\b(INSERT|UPDATE|DELETE|MERGE|INTO|CALL|NEXTVAL|NEXT\s+VALUE|SETVAL|GET_LOCK)\b|\bREPLACE\s+\w|:=/i;

/** The first word, if it is one statement. */
function firstWord(sql: string): string | undefined {
  return /^\s*(\w+)[^;]*;?\s*$/.exec(sql)?.[1]?.toUpperCase();
}

/** Whether it does nothing but read, so that it may be run twice. */
export function onlyReads(sql: string): boolean {
  const word = firstWord(sql) ?? '';
  return /^(SELECT|WITH|VALUES|TABLE|SHOW|DESCRIBE|DESC)$/.test(word) && !CHANGES.test(sql);
}

/** Whether it leaves a transaction open that is open. */
export function staysInTransaction(sql: string): boolean {
  const word = firstWord(sql) ?? '';
  return /^(SELECT|WITH|VALUES|TABLE|SHOW|DESCRIBE|DESC|INSERT|UPDATE|DELETE|REPLACE|MERGE|SAVEPOINT|RELEASE)$/.test(word);
}
