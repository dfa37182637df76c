//! Every way a call can fail, as one class.

/** A place in the SQL text: line and column, both counted from 1, in characters. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** What an {@link AmphiError} says besides its message. */
export interface ErrorDetails {
  readonly code: string;
  readonly table?: string;
  readonly column?: string;
  readonly position?: Position;
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/**
 * Why a call failed. `code` is stable: five characters in the manner of SQLSTATE, the same as in Rust
 * (`23505` a duplicate key, `42P01` an unknown table, `40001` a write conflict, `57014` interrupted, `38000` a function of yours failed, `AM002` blocks that
 * are not in memory, `AM003` a database that is open elsewhere, `53100` no room left, `08003` closed; and where the tab that
 * owned the database went away: `08006` a session that is gone with it, `08007` an outcome that is unknown).
 */
export class AmphiError extends Error {
  /** What went wrong, for programs. */
  readonly code: string;
  /** The table concerned, if there is one. */
  readonly table: string | undefined;
  /** The column concerned, if there is one. */
  readonly column: string | undefined;
  /** The place in the SQL text, if it is known. */
  readonly position: Position | undefined;
  /** Whether running the transaction again may succeed. */
  readonly retryable: boolean;

  constructor(message: string, details: ErrorDetails) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.name = 'AmphiError';
    this.code = details.code;
    this.table = details.table;
    this.column = details.column;
    this.position = details.position;
    this.retryable = details.retryable ?? false;
  }
}

/** The code of a defect of Amphi itself. */
export const DEFECT = 'XX000';

/** @internal The error that the engine threw: an object with the fields of one. */
export function fromEngine(thrown: unknown): Error {
  if (thrown instanceof AmphiError) return thrown;
  if (typeof thrown === 'object' && thrown !== null && 'code' in thrown && 'message' in thrown) {
    return new AmphiError(String(thrown.message), thrown as unknown as ErrorDetails);
  }
  return thrown instanceof Error ? thrown : new AmphiError(String(thrown), { code: DEFECT });
}
