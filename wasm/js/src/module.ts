//! The wasm module: loading it once, and calling it so that a defect of it cannot hang or mislead anybody.

import { AmphiError, DEFECT, fromEngine } from './error.js';
import init, { watchPanics } from './wasm/amphi.js';

/** What {@link initialize} takes: the address, a response, the bytes or the compiled module. */
export type ModuleSource = Source | Promise<Source>;
type Source = string | URL | Request | Response | BufferSource | WebAssembly.Module;

let loader: () => ModuleSource | undefined = () => undefined;
let loading: Promise<void> | undefined;
/** What {@link initialize} was given. */
let given: ModuleSource | undefined;
/** Set once the module has panicked: nothing may call it any more. */
let defect: AmphiError | undefined;
/** The function of the program that SQL is calling. */
let running: string | undefined;
/** How to fail each call that waits. */
const waiting = new Set<(reason: unknown) => void>();
/** What else is to happen then. */
const watching = new Set<() => void>();

/** @internal Sets where the module is loaded from unless somebody says so. */
export function setLoader(load: () => ModuleSource): void {
  loader = load;
}

/**
 * Loads the wasm module. Opening a database does so itself; call it before to load early, or from elsewhere than from
 * beside the package. Later calls wait for the first one.
 */
export function initialize(source?: ModuleSource): Promise<void> {
  given ??= source;
  loading ??= load(source ?? loader()).catch((e: unknown) => {
    // The next one may know better.
    loading = given = undefined;
    throw e;
  });
  return loading;
}

/** @internal A source that can be sent to another thread. */
export type CloneableSource = string | BufferSource | WebAssembly.Module;

/** @internal Where a Worker finds the module. */
export async function sourceForWorkers(): Promise<CloneableSource> {
  const source = await (given ?? loader());
  if (source === undefined) throw nowhere();
  if (typeof source === 'string' || source instanceof URL) return new URL(source, globalThis.location?.href).href;
  if (source instanceof Request || source instanceof Response) return source.url;
  return source;
}

function nowhere(): AmphiError {
  const message = "amphi/slim does not know where its wasm module is: call initialize(source) first, or import 'amphi'";
  return new AmphiError(message, { code: 'F0000' });
}

async function load(source: ModuleSource | undefined): Promise<void> {
  try {
    if (source === undefined) throw nowhere();
    await init({ module_or_path: source });
    watchPanics(panicked);
  } catch (e) {
    if (e instanceof AmphiError) throw e;
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
  for (const watch of watching) watch();
}

/** @internal Calls a function when the module has panicked; what this answers forgets it. */
export function onDefect(watch: () => void): () => void {
  watching.add(watch);
  return () => void watching.delete(watch);
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
  return callEither(run);
}

/** @internal As {@link callAsync}, without a promise of what need not wait. */
export function callEither<T>(run: () => T | Promise<T>): T | Promise<T> {
  const answer = call(run);
  if (!(answer instanceof Promise)) return answer;
  return new Promise<T>((resolve, reject) => {
    waiting.add(reject);
    answer.then(resolve, (e: unknown) => reject(fromEngine(e))).finally(() => waiting.delete(reject));
  });
}
