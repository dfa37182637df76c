// esbuild takes files along that are imported, so the module is brought along and named.
import { Amphi, initialize } from 'amphi/slim';
import wasm from 'amphi/amphi_bg.wasm';
import { program, show } from '../program.js';

initialize(new URL(wasm, import.meta.url));
show(Promise.all([program(Amphi, 'idb://esbuild')]));
