/** Where to ask: the management servers that engarde.yml names, or the one that the user does. */
import { CannotAsk, type Place, placesOf } from '../asking/index.ts';
import { type Checked, ConfigError, formatProblem, loadChecked } from '../config/index.ts';

type Role = 'client' | 'server';

/** What the user said besides the file. */
export interface Wishes {
  readonly role?: Role;
  readonly url?: string;
  readonly user?: string;
  /** Asked only when there is a user. */
  readonly password: () => Promise<string>;
}

/** The places to ask, one after the other. `file` is read unless there is a URL. @throws {CannotAsk} */
export async function placesToAsk(file: string, { role, url, user, password }: Wishes): Promise<Place[]> {
  const places = url === undefined ? await placesInFile(file, role) : [placeAt(url, role)];
  if (user === undefined) return places;
  const own = { username: user, password: await password() };
  return places.map((place) => ({ ...place, ...own }));
}

function placeAt(text: string, role: Role | undefined): Place {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new CannotAsk(`Cannot ask "${text}": want a URL such as http://127.0.0.1:9001`);
  }
  const { username, password } = url;
  const bare = new URL(url.pathname.endsWith('/') ? url.pathname : `${url.pathname}/`, url.origin);
  return {
    url: bare,
    username: decodeURIComponent(username),
    password: decodeURIComponent(password),
    ...(role && { role }),
  };
}

async function placesInFile(file: string, wanted: Role | undefined): Promise<Place[]> {
  const checked = await load(file);
  const roles: readonly Role[] = wanted === undefined ? ['client', 'server'] : [wanted];
  const places = roles.flatMap((role) => {
    const manager = checked[role]?.webManager;
    return manager === undefined ? [] : placesOf(manager).map((place) => ({ ...place, role }));
  });
  if (places.length === 0) throw new CannotAsk(whyNowhere(checked, roles));
  return places;
}

async function load(file: string): Promise<Checked> {
  try {
    return await loadChecked(file, 'rengarde status');
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new CannotAsk(`${error.message}; or say where to ask: --url http://127.0.0.1:9001`, {
      cause: error,
    });
  }
}

function whyNowhere(checked: Checked, roles: readonly Role[]): string {
  const { file, problems } = checked;
  const reasons = roles.flatMap((role) => {
    if (checked[role] !== undefined) {
      const key = `${role}.webManager.listenAddr`;
      const exposed = problems.find((problem) => problem.key === key && problem.severity === 'warning');
      const off = `it has no ${key}; add it, such as 127.0.0.1:${role === 'client' ? 9001 : 9002}`;
      return [exposed === undefined ? off : formatProblem(exposed)];
    }
    const isThere = problems.some(({ key }) => key === role || key.startsWith(`${role}.`));
    return isThere ? [`its section "${role}:" has errors, see: rengarde check ${file}`] : [];
  });
  const without = `it has no section ${roles.map((role) => `"${role}:"`).join(' or ')} that can be read, see: rengarde check ${file}`;
  return `Cannot ask a program by ${file}: ${reasons.length > 0 ? reasons.join('; ') : without}`;
}
