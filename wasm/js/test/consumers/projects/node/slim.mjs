import { program } from '../program.js';
import { Amphi, initialize } from 'amphi/slim';
import { readFile } from 'node:fs/promises';

const code = await Amphi.memory().then(() => 'opened', (e) => `${e.code} ${e.message}`);
if (!/^F0000 .*initialize\(source\)/.test(code)) throw new Error(code);
await initialize(readFile(new URL(import.meta.resolve('amphi/amphi_bg.wasm'))));
console.log(JSON.stringify(await program(Amphi, './slim.amphi')));
