#!/usr/bin/env node
// Plain JavaScript on purpose: it must be able to say that Node is too old before anything else is loaded.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `octowatch needs Node 22.19 or newer and this is ${process.versions.node}: install Node 24, or, in a checkout, start it with \`npm start\`, which brings its own.\n`,
  );
  process.exit(2);
}

// Node runs TypeScript by itself, but not below node_modules: the package carries dist/, a checkout has only src/.
const { existsSync } = await import('node:fs');
const compiled = new URL('../dist/cli/main.js', import.meta.url);
const { main } = await import(
  existsSync(compiled) ? compiled.href : new URL('../src/cli/main.ts', import.meta.url).href
);
await main(process.argv);
