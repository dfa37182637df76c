import { program } from '../program.js';
import { Amphi } from 'amphi';
import * as slim from 'amphi/slim';
import { readFile } from 'node:fs/promises';

// `amphi` has said where the module is, which `amphi/slim` shares with it.
if (slim.Amphi !== Amphi) throw new Error('there are two of the package');
const { byteLength } = await readFile(new URL(import.meta.resolve('amphi/amphi_bg.wasm')));
if (byteLength < 100_000) throw new Error('the module is not there');
console.log(JSON.stringify(await program(Amphi, 'file:consumer.amphi')));
