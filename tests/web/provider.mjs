// A real OpenID provider on this machine: oidc-provider, which speaks RFC 8414 discovery, resource indicators (RFC 8707)
// and JWT access tokens (RFC 9068). Everybody who asks is logged in as `alice`, a care coordinator.
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

import Provider from 'oidc-provider';

/** The gateway, as the provider knows it. It is also the id of a client, so that ID tokens are meant for it too. */
export const AUDIENCE = 'caregraph';
const RESOURCE = 'urn:caregraph';
const REDIRECT = 'http://127.0.0.1/callback';
const ALICE = { sub: 'alice', role: 'COORDINATOR', org: 'river-county-health', purpose: 'CAREMGT' };
/** What the provider lets clients ask for. */
const SCOPES = 'user/*.rs user/Patient.rs user/Condition.rs system/*.rs';

/** Starts the provider; `rotate` publishes a new key before the old ones, and signs with it from then on. */
export async function startProvider() {
  let provider;
  const server = createServer((request, response) => answer(provider, request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const keys = [];
  const rotate = () => {
    keys.unshift(newKey(`key-${keys.length + 1}`, keys.length === 0 ? 'ES256' : 'RS256'));
    provider = newProvider(issuer, keys);
  };
  rotate();
  return {
    issuer,
    rotate,
    /** A token that a client of its own got, with no person before it. */
    clientToken: (client, scope) =>
      token(issuer, { grant_type: 'client_credentials', client_id: client, client_secret: secret(client), resource: RESOURCE, scope }),
    /** The access token and the ID token of alice, by authorization code. */
    login: (client, scope) => login(issuer, client, scope),
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function newKey(kid, alg) {
  const [type, shape] = alg === 'ES256' ? ['ec', { namedCurve: 'P-256' }] : ['rsa', { modulusLength: 2048 }];
  const { privateKey } = generateKeyPairSync(type, shape);
  return { ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg };
}

const secret = (client) => `secret of ${client}, which is only good in this test`;

function client(id, roles) {
  return {
    client_id: id,
    client_secret: secret(id),
    application_type: 'native',
    grant_types: ['client_credentials', 'authorization_code'],
    response_types: ['code'],
    redirect_uris: [REDIRECT],
    token_endpoint_auth_method: 'client_secret_post',
    id_token_signed_response_alg: 'ES256',
    ...roles,
  };
}

function newProvider(issuer, keys) {
  const server = {
    audience: AUDIENCE,
    scope: SCOPES,
    accessTokenFormat: 'jwt',
    accessTokenTTL: 300,
    jwt: { sign: { alg: keys[0].alg } },
  };
  return new Provider(issuer, {
    jwks: { keys },
    clients: [client(AUDIENCE), client('partner')],
    cookies: { keys: [randomBytes(16).toString('hex')] },
    // ID tokens with every claim that we look for, so that only their kind tells them apart.
    claims: { openid: Object.keys(ALICE) },
    conformIdTokenClaims: false,
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        getResourceServerInfo: () => server,
        useGrantedResource: () => true,
      },
    },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, id) => ({ accountId: id, claims: () => ALICE }),
    extraTokenClaims: (_, { kind }) =>
      kind === 'ClientCredentials' ? { role: 'PARTNER', purpose: 'TREAT' } : { ...ALICE, sub: undefined },
    ttl: { Interaction: 60, Session: 60, Grant: 60, IdToken: 300 },
  });
}

/** Whoever is asked to log in is logged in, and whoever is asked to agree agrees. */
async function answer(provider, request, response) {
  if (!request.url.startsWith('/interaction/')) return provider.callback()(request, response);
  const { prompt, params, session } = await provider.interactionDetails(request, response);
  const result = {};
  if (prompt.name === 'login') {
    result.login = { accountId: ALICE.sub };
  } else {
    const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
    grant.addOIDCScope('openid');
    grant.addResourceScope(RESOURCE, params.scope);
    result.consent = { grantId: await grant.save() };
  }
  return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
}

async function token(issuer, form) {
  const response = await fetch(`${issuer}/token`, { method: 'POST', body: new URLSearchParams(form) });
  const body = await response.json();
  if (!response.ok) throw new Error(`the provider gave no token: ${JSON.stringify(body)}`);
  return body.access_token && body.id_token ? body : body.access_token;
}

async function login(issuer, client_id, scope) {
  const verifier = randomBytes(32).toString('base64url');
  const asked = new URLSearchParams({
    client_id,
    redirect_uri: REDIRECT,
    response_type: 'code',
    scope: `openid ${scope}`,
    resource: RESOURCE,
    nonce: randomBytes(8).toString('hex'),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const cookies = new Map();
  let at = `${issuer}/auth?${asked}`;
  for (let hops = 0; !at.startsWith(REDIRECT); hops += 1) {
    if (hops > 20) throw new Error(`the provider leads in circles: ${at}`);
    const headers = { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') };
    const response = await fetch(at, { redirect: 'manual', headers });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
      cookies.set(name, value);
    }
    const next = response.headers.get('location');
    if (!next) throw new Error(`the provider leads nowhere: ${response.status} ${await response.text()}`);
    at = new URL(next, at).href;
  }
  const code = new URL(at).searchParams.get('code');
  if (!code) throw new Error(`the provider gave no code: ${at}`);
  const form = { grant_type: 'authorization_code', client_id, client_secret: secret(client_id), code };
  return token(issuer, { ...form, code_verifier: verifier, redirect_uri: REDIRECT, resource: RESOURCE });
}
