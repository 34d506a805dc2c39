// The gateway under test, as `run.mjs` or a person tells it: where it listens, and tokens for it.

/** Its origin, without a slash at the end. */
export const GATEWAY = setting('CAREGRAPH_URL').replace(/\/$/, '');

/** A token of a care coordinator. */
export const TOKEN = setting('CAREGRAPH_TOKEN');

/** The binary under test. */
export const BINARY = setting('CAREGRAPH_BIN');

/** What the demo said when it was ready: its systems, and an identifier of the patient with whom it begins. */
export const DEMO = JSON.parse(setting('CAREGRAPH_DEMO'));
/** A token of a patient. */
export const PATIENT_TOKEN = setting('CAREGRAPH_PATIENT_TOKEN');

function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set. Run this through scripts/test or tests/web/run.mjs.`);
  return value;
}
