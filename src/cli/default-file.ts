/** The configuration file of every command that is given none, in the working directory. */
export const DEFAULT_FILE = 'engarde.yml';
