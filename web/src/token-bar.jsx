// The bar on top: takes a token by hand, a purpose of use, and says who one is with them.
import { useId, useRef, useState } from 'react';

import { looksLikeToken, tidyToken, whoAmI } from './gateway.js';

const PURPOSES = [
  ['', 'As the token says'],
  ['TREAT', 'Treatment'],
  ['CAREMGT', 'Care management'],
  ['ETREAT', 'Emergency treatment'],
  ['PATRQT', 'Patient’s request'],
  ['HOPERAT', 'Operations'],
];

/** `onUse` gets `{token, purpose}` once the gateway has recognised them. */
export function TokenBar({ credentials, onUse }) {
  const id = useId();
  const input = useRef(null);
  const [pasted, setPasted] = useState('');
  const [purpose, setPurpose] = useState('');
  const [status, setStatus] = useState({ kind: 'idle' });

  async function use(candidate) {
    if (!looksLikeToken(candidate.token)) {
      setStatus({ kind: 'failed', message: candidate.token ? 'This is not a token.' : 'Type or paste a token first.' });
      input.current.focus();
      return;
    }
    setStatus({ kind: 'asking' });
    try {
      const me = await whoAmI(candidate);
      onUse(candidate);
      setPasted('');
      setStatus({ kind: 'known', me });
    } catch (error) {
      setPurpose(credentials?.purpose ?? candidate.purpose);
      setStatus({ kind: 'failed', message: `Not in use: ${error.message}` });
    }
  }

  function changePurpose(event) {
    setPurpose(event.target.value);
    if (credentials && !pasted) use({ ...credentials, purpose: event.target.value });
  }

  function submit(event) {
    event.preventDefault();
    use({ token: tidyToken(pasted) || (credentials?.token ?? ''), purpose });
  }

  return (
    <header className="bar">
      <h1 className="brand">caregraph</h1>
      <form className="credentials" onSubmit={submit} autoComplete="off">
        <div className="field field-token">
          <label htmlFor={`${id}token`}>Token</label>
          <input
            ref={input}
            id={`${id}token`}
            type="password"
            value={pasted}
            onChange={(event) => setPasted(event.target.value)}
            placeholder={credentials ? 'In use. Paste another to change it' : 'Paste a bearer token'}
            autoComplete="one-time-code"
            autoCapitalize="off"
            spellCheck="false"
            aria-describedby={`${id}status`}
          />
        </div>
        <div className="field">
          <label htmlFor={`${id}purpose`}>Purpose of use</label>
          <select id={`${id}purpose`} value={purpose} onChange={changePurpose}>
            {PURPOSES.map(([code, words]) => (
              <option key={code} value={code}>
                {code ? `${words} (${code})` : words}
              </option>
            ))}
          </select>
        </div>
        <button type="submit" className="primary" disabled={status.kind === 'asking'}>
          Use
        </button>
        {credentials && (
          <button type="button" title="Forgets the token and every answer on this page" onClick={() => location.reload()}>
            Forget
          </button>
        )}
      </form>
      <div className={`status status-${status.kind}`} id={`${id}status`} role="status">
        <Status {...status} />
      </div>
    </header>
  );
}

function Status({ kind, me, message }) {
  switch (kind) {
    case 'asking':
      return 'Asking the gateway who you are …';
    case 'failed':
      return message;
    case 'known':
      return (
        <dl>
          <Fact name="You are" value={me.subject} />
          <Fact name="Role" value={me.role} />
          <Fact name="Purpose" value={me.purpose} />
        </dl>
      );
    default:
      return 'No token yet. It stays in the memory of this page and goes when you leave.';
  }
}

function Fact({ name, value }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
