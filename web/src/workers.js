// Tells Monaco where its workers are. The build puts the file names in, since they carry a hash.
/* global __WORKERS__ */
globalThis.MonacoEnvironment = {
  getWorker: (_id, label) => new Worker(__WORKERS__[label] ?? __WORKERS__.editor, { name: label }),
};
