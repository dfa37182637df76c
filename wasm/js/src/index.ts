//! Amphi: an embedded SQL database whose tables each choose where they live, in memory, in the browser's IndexedDB, or in both.

import { setLoader } from './module.js';

// Written like this, bundlers find the file.
setLoader(() => new URL('./wasm/amphi_bg.wasm', import.meta.url));

export * from './slim.js';
