#!/usr/bin/env node
// Plain JavaScript that any Node of the last years can read: it finds a Node that can run the program.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NEEDED = 24;

if (Number(process.versions.node.split('.')[0]) >= NEEDED) {
  quietly();
  await import('./main.ts');
} else {
  const pinned = pinnedNode();
  if (pinned === null) {
    process.stderr.write(
      `The bridge needs Node ${NEEDED} or newer, and this is ${process.versions.node}: run "npm ci" (it brings Node ${NEEDED} along where npm has a package for the platform), or install Node ${NEEDED} from https://nodejs.org.\n`,
    );
    process.exitCode = 1;
  } else {
    rerun(pinned);
  }
}

/** node:sqlite still calls itself experimental; nobody who uses the program can do anything about it. */
function quietly() {
  const emit = process.emitWarning.bind(process);
  process.emitWarning = (warning, ...rest) => {
    const isSqlite = String(warning).includes('SQLite is an experimental feature');
    if (!isSqlite) emit(warning, ...rest);
  };
}

/** The Node that package.json pins as an optional package, or null where the platform has none. */
function pinnedNode() {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const name = `node-${platform}-${process.arch}`;
  try {
    const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
    const path = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    return existsSync(path) ? path : null;
  } catch {
    return null;
  }
}

function rerun(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  // Whoever signals this process means the program. Ctrl-C reaches both by itself, and once is enough.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on('error', (error) => {
    process.stderr.write(`The pinned Node could not be started: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === null ? 1 : 128);
  });
}
