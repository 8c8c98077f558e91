/** The build under measurement: `dist/`, or the folder that RENGARDE_BENCH_DIST names. */
import { relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = resolve(process.env.RENGARDE_BENCH_DIST ?? `${root}dist`);

// The lab starts the same programs (test/lab/lab.ts).
process.env.RENGARDE_LAB_BIN ??= `${folder}/bin`;

/** A module of the build, by its path there. */
export const built = (path) => import(pathToFileURL(`${folder}/${path}`).href);

/** A program of the build, as startNode() wants it: from the root of the project. */
export const program = (name) => relative(root, `${folder}/bin/${name}.js`);
