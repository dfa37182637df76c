//! `amphi/slim` in Node, where databases may be in files.

import { setFileStores } from './files.js';

setFileStores(async () => (await import('./store/file.js')).FileStore);

export * from './slim.js';
