//! Builds the project in a folder with webpack: `node webpack.mjs FOLDER`.

import webpack from 'webpack';

const [context] = process.argv.slice(2);
const config = { context, entry: './main.js', mode: 'production', performance: { hints: false }, output: { path: `${context}/dist` } };
webpack(config, (error, stats) => {
  if (!error && !stats.hasErrors() && !stats.hasWarnings()) return;
  console.error(error ?? stats.toString());
  process.exit(1);
});
