//! What must be done before anything is drawn: the theme that was chosen.

import { applyTheme, chosenTheme } from './theme.js';

applyTheme(chosenTheme());
