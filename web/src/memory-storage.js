// What GraphiQL keeps (tabs, queries, sizes of its panes) goes here instead of into the browser's storage, and
// is gone when the page is closed: a query can name a patient.

/** A store of strings with the shape of `localStorage`. */
export function memoryStorage() {
  const entries = new Map();
  return {
    getItem: (key) => entries.get(key) ?? null,
    setItem: (key, value) => void entries.set(key, value),
    removeItem: (key) => void entries.delete(key),
    clear: () => entries.clear(),
    get length() {
      return entries.size;
    },
  };
}
