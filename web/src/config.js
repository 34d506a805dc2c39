// What the server wrote into the page: {} or {"identifier": {"system": "…", "value": "…"}}.

/** Reads it. A page that is served as it was built has no configuration, and that is fine. */
export function readConfig() {
  try {
    return JSON.parse(document.getElementById('caregraph-config').textContent);
  } catch {
    return {};
  }
}
