//! The package in Node, where the wasm module is a file beside it.

import { readFile } from 'node:fs/promises';
import { setLoader } from './module.js';

setLoader(() => readFile(new URL('./wasm/amphi_bg.wasm', import.meta.url)));

export * from './slim-node.js';
