//! The wasm module: loading it once, and calling it so that a defect of it cannot hang or mislead anybody.

import { AmphiError, DEFECT, fromEngine } from './error.js';
import init, { watchPanics } from './wasm/amphi.js';

/** What {@link initialize} takes: the address, a response, the bytes or the compiled module. */
export type ModuleSource = Source | Promise<Source>;
type Source = string | URL | Request | Response | BufferSource | WebAssembly.Module;

let loader: () => ModuleSource | undefined = () => undefined;
let loading: Promise<void> | undefined;
/** Set once the module has panicked: nothing may call it any more. */
let defect: AmphiError | undefined;
/** The function of the program that SQL is calling. */
let running: string | undefined;
/** How to fail each call that waits. */
const waiting = new Set<(reason: unknown) => void>();

/** @internal Sets where the module is loaded from unless somebody says so. */
export function setLoader(load: () => ModuleSource): void {
  loader = load;
}

/**
 * Loads the wasm module. Opening a database does so itself; call it before to load early, or from elsewhere than from
 * beside the package. Later calls wait for the first one.
 */
export function initialize(source?: ModuleSource): Promise<void> {
  loading ??= load(source ?? loader());
  return loading;
}

async function load(source: ModuleSource | undefined): Promise<void> {
  try {
    await init(source === undefined ? undefined : { module_or_path: source });
    watchPanics(panicked);
  } catch (e) {
    loading = undefined;
    throw new AmphiError(`the wasm module cannot be loaded: ${e instanceof Error ? e.message : String(e)}`, {
      code: '58030',
      cause: e,
    });
  }
}

function panicked(message: string): void {
  defect = new AmphiError(
    `Amphi has a defect and closed all databases of this page; commits that were durable are safe: ${message}`,
    { code: DEFECT },
  );
  for (const fail of waiting) fail(defect);
  waiting.clear();
}

/** @internal Calls the module; what it throws comes as an `AmphiError`. */
export function call<T>(run: () => T): T {
  if (defect) throw defect;
  if (running !== undefined) {
    throw new AmphiError(`the function ${running} cannot use a database: a statement waits for it`, { code: '38000' });
  }
  try {
    return run();
  } catch (e) {
    throw defect ?? fromEngine(e);
  }
}

/** @internal Runs a function of the program for the module, which must not be called meanwhile. */
export function whileRunning<T>(name: string, run: () => T): T {
  const outer = running;
  running = name;
  try {
    return run();
  } finally {
    running = outer;
  }
}

/** @internal As {@link call}, for what may have to wait. */
export async function callAsync<T>(run: () => T | Promise<T>): Promise<T> {
  const answer = call(run);
  if (!(answer instanceof Promise)) return answer;
  return new Promise<T>((resolve, reject) => {
    waiting.add(reject);
    answer.then(resolve, (e: unknown) => reject(fromEngine(e))).finally(() => waiting.delete(reject));
  });
}
