//! Cutting the editor's text into statements, so that each has a result and an error its place.

/** A statement, and where it starts in the text. */
export interface Piece {
  readonly sql: string;
  readonly from: number;
  /** Behind its last character, before the semicolon. */
  readonly to: number;
}

/** Blanks and comments; strings and quoted names, closed or not; words; any other character. */
const TOKEN =
  /(\s+|--[^\n]*|#[^\n]*|\/\*(?!!)[\s\S]*?(?:\*\/|$))|'(?:[^'\\]|''|\\[\s\S])*'?|"(?:[^"\\]|""|\\[\s\S])*"?|`(?:[^`]|``)*`?|\w+|[^]/gy;

/** The statements of a text, at its semicolons outside of strings, comments and the bodies of triggers. */
export function statements(text: string): Piece[] {
  const found: Piece[] = [];
  let from = -1;
  let to = 0;
  let words: string[] = [];
  let depth = 0;
  const end = (): void => {
    if (from >= 0) found.push({ sql: text.slice(from, to), from, to });
    from = -1;
    words = [];
    depth = 0;
  };
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match; match = TOKEN.exec(text)) {
    const [token, blank] = match;
    if (blank !== undefined) continue;
    if (token === ';' && depth === 0) {
      end();
      continue;
    }
    if (from < 0) from = match.index;
    to = match.index + token.length;
    const word = token.toUpperCase();
    if (words.length < 6) words.push(word);
    if (words[0] === 'CREATE' && words.includes('TRIGGER'))
      depth = Math.max(0, depth + nesting(text, word, match.index));
  }
  end();
  return found;
}

/** How much deeper a word of a trigger's body leads. */
function nesting(text: string, word: string, at: number): number {
  if (word === 'BEGIN' || word === 'CASE') return 1;
  if (word !== 'END') return 0;
  // END IF, END LOOP and their like end what is not counted.
  return /^END\s+(IF|LOOP|WHILE|REPEAT)\b/i.test(text.slice(at, at + 40)) ? 0 : -1;
}

/** The statement that a place in the text belongs to: the one around it, or else the one before. */
export function statementAt(text: string, place: number): Piece | undefined {
  const all = statements(text);
  return (
    all.find(({ from, to }) => from <= place && place <= to + 1) ?? all.findLast(({ from }) => from <= place) ?? all[0]
  );
}

/** A line and a column, which count from 1 and in characters, as a place in the text. */
export function placeOf(text: string, line: number, column: number): number {
  let at = 0;
  for (let n = 1; n < line; n++) {
    const next = text.indexOf('\n', at);
    if (next < 0) return text.length;
    at = next + 1;
  }
  for (let n = 1; n < column && at < text.length; n++) at += text.codePointAt(at)! > 0xffff ? 2 : 1;
  return at;
}
