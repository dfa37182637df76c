import { Amphi } from '../node_modules/amphi/dist/index.js';
import { program } from '../program.js';

postMessage(await Promise.all([program(Amphi, 'idb://worker')]).then(JSON.stringify, (e) => `failed: ${e}`));
