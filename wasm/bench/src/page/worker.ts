//! The worker that a measurement runs in: it is told what, does it once, and answers.

const begun = performance.now();

/** What a worker is asked for. */
export interface Task {
  measurement: 'classic' | 'commits' | 'bulk' | 'reopen' | 'start' | 'point';
  peer: string;
  stored: string | undefined;
}

async function run({ measurement, peer, stored }: Task): Promise<Record<string, number>> {
  if (peer === 'IndexedDB') return { 'one row in a commit': await (await import('./raw.js')).rawPut() };
  const { MEASUREMENTS } = await import('./measurements.js');
  const { peerNamed } = await import('./peers/named.js');
  return MEASUREMENTS[measurement](await peerNamed(peer), stored, begun);
}

self.onmessage = ({ data }: MessageEvent<Task>) => {
  run(data).then(
    (times) => self.postMessage({ times }),
    (e: unknown) => self.postMessage({ error: e instanceof Error ? (e.stack ?? e.message) : String(e) }),
  );
};
