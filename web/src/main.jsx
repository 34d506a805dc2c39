// Entry point of the GraphiQL page. The pieces: workers (Monaco's background threads), starters (the first
// questions), gateway (the one call to the server), token-bar and page (what one sees).
import './workers.js';
import 'graphiql/style.css';
import './page.css';

import { createRoot } from 'react-dom/client';

import { Page } from './page.jsx';

// Monaco measures its font once, when it starts: the font has to be there by then.
await Promise.allSettled([document.fonts.load('16px "Fira Code"'), document.fonts.load('16px Roboto')]);

createRoot(document.getElementById('root')).render(<Page />);
