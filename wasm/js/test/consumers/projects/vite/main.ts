import { Amphi } from 'amphi';
import { program, show } from '../program.js';

void show(Promise.all([program(Amphi, 'idb://vite'), program(Amphi, 'idb://vite-worker', { worker: true })]));
