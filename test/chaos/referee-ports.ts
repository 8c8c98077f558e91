/** Where the referees' ends hear: that of the client which everything befalls, and that of the other one. */
export const refereePorts = { client: 5_999, guest: 5_998 } as const;
