//! IndexedDB itself: what a record costs without a database around it.

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('IndexedDB failed'));
  });
}

/** Milliseconds of putting one small record durably: the mean of 200. */
export async function rawPut(): Promise<number> {
  const opening = indexedDB.open('raw', 1);
  opening.onupgradeneeded = () => void opening.result.createObjectStore('s');
  const db = await done(opening);
  const start = performance.now();
  for (let i = 0; i < 200; i++) {
    const tx = db.transaction('s', 'readwrite', { durability: 'strict' });
    const complete = new Promise((resolve) => (tx.oncomplete = resolve));
    tx.objectStore('s').put(new Uint8Array(100), i);
    tx.commit();
    await complete;
  }
  const time = (performance.now() - start) / 200;
  db.close();
  return time;
}
