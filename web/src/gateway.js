// The one call that this page makes: an operation, posted to the gateway that served the page.

import { buildSchema } from 'graphql';

const WHO_AM_I = '{ me { subject role purpose } }';

/**
 * Posts one operation and returns the answer as the gateway gave it. The credentials are an argument on
 * purpose: nothing here keeps them.
 */
export async function ask({ token, purpose }, { query, variables, operationName }) {
  const headers = new Headers({
    Accept: 'application/graphql-response+json, application/json',
    Authorization: `Bearer ${token}`,
    'Content-Type': 'application/json',
  });
  if (purpose) headers.set('X-Purpose-Of-Use', purpose);

  const body = JSON.stringify({ query, variables, operationName });
  try {
    const response = await fetch('/graphql', { method: 'POST', headers, body, cache: 'no-store', redirect: 'error' });
    return parse(await response.text(), response.status);
  } catch {
    return problem('The gateway could not be reached.');
  }
}

function parse(text, status) {
  try {
    return JSON.parse(text);
  } catch {
    return problem(`The gateway answered with status ${status} and no GraphQL answer.`);
  }
}

/** The schema, which the gateway serves beside the page; null when it cannot be had, and the page does without. */
export async function loadSchema() {
  try {
    const response = await fetch('/graphiql/schema.graphql', { redirect: 'error' });
    return response.ok ? buildSchema(await response.text(), { assumeValid: true }) : null;
  } catch {
    return null;
  }
}

/** Asks the gateway whose token this is. Throws an `Error` that can be shown when it is nobody's. */
export async function whoAmI(credentials) {
  const answer = await ask(credentials, { query: WHO_AM_I });
  if (answer.data?.me) return answer.data.me;
  throw new Error(answer.errors?.[0]?.message ?? 'The gateway did not say who you are.');
}

/** An answer that holds nothing but one error. */
export const problem = (message) => ({ errors: [{ message }] });

/** Takes a token as people paste it: with "Bearer " before it, or broken over lines by a terminal. */
export const tidyToken = (pasted) => pasted.trim().replace(/^bearer\s+/i, '').replace(/\s+/g, '');

/** True when it can stand in a header at all. */
export const looksLikeToken = (token) => /^[\x21-\x7e]+$/.test(token);
