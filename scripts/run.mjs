// Runs programs for the other scripts: either live on this terminal, or quietly with the output kept for
// when it is needed. Node's own modules only, because setup.mjs needs it before any package is there.

import { spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's root directory, where every script runs its programs. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** How long a killed program may take to clean up before it is killed for good. */
const GRACE_MS = 10_000;

/**
 * Runs a program to its end and never rejects: a program that cannot start has status 127.
 * @param {string} command
 * @param {string[]} args
 * @param {{ live?: boolean, timeoutMs?: number, env?: NodeJS.ProcessEnv, directory?: string }} [options]
 *   live: share this terminal instead of keeping the output; timeoutMs: terminate it after so long;
 *   directory: where to run it, instead of the project's root
 * @returns {Promise<{ status: number, output: string }>} status 128 when a signal ended it
 */
export function run(command, args, { live = false, timeoutMs, env, directory = root } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: directory,
      env: { ...process.env, ...env },
      stdio: live ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const keep = (chunk) => {
      output += chunk;
    };
    child.stdout?.setEncoding('utf8').on('data', keep);
    child.stderr?.setEncoding('utf8').on('data', keep);

    const timers = [];
    if (timeoutMs !== undefined) {
      timers.push(setTimeout(() => child.kill('SIGTERM'), timeoutMs));
      timers.push(setTimeout(() => child.kill('SIGKILL'), timeoutMs + GRACE_MS));
    }
    const end = (status) => {
      for (const timer of timers) clearTimeout(timer);
      resolve({ status, output });
    };
    child.on('error', (error) => {
      output += `Cannot run ${command}: ${error.message}\n`;
      end(127);
    });
    child.on('close', (code) => end(code ?? 128));
  });
}

/** Runs a JavaScript program with this same Node; otherwise like `run`. */
export function runNode(script, args, options) {
  return run(process.execPath, [script, ...args], options);
}

/** Whether a script was started by name rather than imported. */
export function isMain(moduleUrl) {
  return process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(moduleUrl);
}

/** Seconds since a `performance.now()`, for people. */
export function secondsSince(startMs) {
  return `${((performance.now() - startMs) / 1000).toFixed(1)} s`;
}
