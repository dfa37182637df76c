//! Databases in files, which only Node has: `slim-node.ts` says where their stores come from.

import type { RawEngine } from './engine.js';
import { AmphiError } from './error.js';
import { LocalEngine, openModule } from './local.js';
import { initialize } from './module.js';
import type { EngineOptions } from './options.js';
import type { StoreBinding } from './store/binding.js';
import type { Engine } from './wasm/amphi.js';

/** The stores in files, see `store/file.ts`. */
export interface FileStores {
  open(path: string): StoreBinding;
  delete(path: string): void;
}

let load: (() => Promise<FileStores>) | undefined;

/** Says where stores in files come from. */
export function setFileStores(from: () => Promise<FileStores>): void {
  load = from;
}

/** The path that an address names: `file:` and a path, a URL of a file, or a path by its look. */
export function pathOf(address: string): string | undefined {
  if (address.startsWith('file://')) return fromUrl(address);
  const path = /^file:(.+)$/s.exec(address)?.[1];
  if (path !== undefined) return path;
  return /^(\.{0,2}[/\\]|[A-Za-z]:[/\\])|\.amphi$/.test(address) && !address.includes('://') ? address : undefined;
}

function fromUrl(address: string): string {
  const { host, pathname } = new URL(address);
  if (host !== '') throw new AmphiError(`${address} is on another machine; use file: and a path`, { code: 'F0000' });
  // A drive of Windows has a slash before it.
  return decodeURIComponent(pathname).replace(/^\/([A-Za-z]:)/, '$1');
}

async function stores(path: string): Promise<FileStores> {
  if (load) return load();
  throw new AmphiError(`${path} is a file, which only Node can open; use idb://name`, { code: 'F0000' });
}

/** An engine over a file. */
class FileEngine extends LocalEngine {
  constructor(
    wasm: Engine,
    private readonly store: StoreBinding,
  ) {
    super(wasm);
  }

  override async close(): Promise<void> {
    try {
      await super.close();
    } finally {
      this.store.close();
    }
  }
}

/** Opens the database in a file. */
export async function openFile(path: string, options: EngineOptions): Promise<RawEngine> {
  const files = await stores(path);
  await initialize();
  const store = files.open(path);
  try {
    return new FileEngine(await openModule(store, options), store);
  } catch (e) {
    store.close();
    throw e;
  }
}

/** Removes the database in a file; none is fine. */
export async function deleteFile(path: string): Promise<void> {
  const files = await stores(path);
  files.delete(path);
}
