// Makes the folder that a container image is built in: the container file, the compose example, and what goes into the
// image for each processor. Building is left to podman, buildah or docker.

import { cpSync, linkSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { koffiLibrary } from './package-executable.mjs';
import { root } from './run.mjs';

/** Names of processors as container builders have them, by Node's. */
const TARGETARCH = { x64: 'amd64', arm64: 'arm64' };

/**
 * Makes `container/`, or adds a processor to it.
 * @param {{ out: string, arch: string, executable: string }} what see makeDebianPackage
 * @returns {Promise<string>} path of the container file
 */
export async function makeContainerFolder({ out, arch, executable }) {
  const folder = join(out, 'container');
  const target = join(folder, TARGETARCH[arch]);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  cpSync(join(root, 'packaging/container'), folder, { recursive: true });
  mkdirSync(join(folder, 'state'), { recursive: true }); // empty: it gives the image's folder its owner
  linkSync(executable, join(target, 'rengarde')); // the same file: it is large
  cpSync(await koffiLibrary(arch), join(target, 'koffi.node'));
  cpSync(join(dirname(executable), 'THIRD-PARTY-LICENSES.txt'), join(folder, 'THIRD-PARTY-LICENSES.txt'));
  return join(folder, 'Containerfile');
}
