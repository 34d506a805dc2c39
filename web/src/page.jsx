// The page: who is asking, above; what is asked, below.
import { GraphiQL } from 'graphiql';
import { getOperationAST, parse } from 'graphql';
import { useCallback, useEffect, useState } from 'react';

import { readConfig } from './config.js';
import { follow } from './follow.js';
import { ask, loadSchema, problem } from './gateway.js';
import { memoryStorage } from './memory-storage.js';
import { starterTabs } from './starters.js';
import { TokenBar } from './token-bar.jsx';

const NO_TOKEN = problem('No token is in use yet. Paste one into the bar above and choose Use.');
const NO_PLUGINS = []; // above all not the history, which would keep queries

const storage = memoryStorage();
const tabs = starterTabs(readConfig());

export function Page() {
  // Token and purpose live in this variable and nowhere else.
  const [credentials, setCredentials] = useState(null);
  const [schema, setSchema] = useState(null);
  useEffect(() => {
    loadSchema().then(setSchema);
  }, []);
  const fetcher = useCallback(
    (params) => (credentials ? run(credentials, withOwnName(params)) : NO_TOKEN),
    [credentials],
  );

  return (
    <>
      <TokenBar credentials={credentials} onUse={setCredentials} />
      <main className="workbench" aria-label="Questions and answers">
        <p className="for-screen-readers">
          In an editor, Control and M together let the Tab key move on to the next control, and back again.
        </p>
        <GraphiQL
          fetcher={fetcher}
          schema={schema /* its text, since not every role may ask for it by introspection */}
          storage={storage}
          plugins={NO_PLUGINS}
          shouldPersistHeaders={false}
          isHeadersEditorEnabled={false}
          defaultTabs={tabs}
          initialVariables={tabs[0].variables}
          defaultQuery=""
        >
          <GraphiQL.Logo>
            <span className="for-screen-readers">GraphiQL</span>
          </GraphiQL.Logo>
        </GraphiQL>
      </main>
    </>
  );
}

// A subscription is followed, all else is asked once.
function run(credentials, operation) {
  return isSubscription(operation) ? follow(credentials, operation) : ask(credentials, operation);
}

function isSubscription({ query, operationName }) {
  try {
    return getOperationAST(parse(query), operationName)?.operation === 'subscription';
  } catch {
    return false; // the gateway says what is wrong with it
  }
}

// For a moment after a change of tabs, GraphiQL still sends the name of the operation of the tab before.
function withOwnName({ query, operationName, ...rest }) {
  try {
    return { query, operationName: getOperationAST(parse(query), operationName) ? operationName : undefined, ...rest };
  } catch {
    return { query, ...rest }; // the gateway says better what is wrong with it
  }
}
