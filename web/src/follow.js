// Subscriptions, as server-sent events: GraphQL over SSE, the "distinct connections mode".

import { problem } from './gateway.js';

/** The events of one subscription. Whoever stops reading closes the connection. */
export async function* follow({ token, purpose }, { query, variables, operationName }) {
  const closing = new AbortController();
  try {
    const response = await open(token, purpose, { query, variables, operationName }, closing.signal);
    if (!response.headers.get('Content-Type')?.startsWith('text/event-stream')) {
      yield JSON.parse(await response.text());
      return;
    }
    for await (const { event, data } of events(response.body)) {
      if (event === 'complete') return;
      if (event === 'next') yield JSON.parse(data);
    }
    yield problem('The stream was broken off.');
  } catch {
    yield problem('The gateway could not be reached.');
  } finally {
    closing.abort();
  }
}

function open(token, purpose, operation, signal) {
  const headers = new Headers({
    Accept: 'text/event-stream',
    Authorization: `Bearer ${token}`,
    'Content-Type': 'application/json',
  });
  if (purpose) headers.set('X-Purpose-Of-Use', purpose);
  const body = JSON.stringify(operation);
  return fetch('/graphql', { method: 'POST', headers, body, signal, cache: 'no-store', redirect: 'error' });
}

/** Takes the text of a stream apart; signs of life hold nothing. */
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    const whole = text.split('\n\n');
    text = whole.pop();
    yield* whole.map(fields).filter(({ event }) => event);
  }
}

function fields(text) {
  const lines = text.split('\n').map((line) => line.split(/: ?(.*)/s, 2));
  return Object.fromEntries(lines);
}
