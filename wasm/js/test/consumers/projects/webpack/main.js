import { Amphi } from 'amphi';
import { program, show } from '../program.js';

show(Promise.all([program(Amphi, 'idb://webpack'), program(Amphi, 'idb://webpack-worker', { worker: true })]));
