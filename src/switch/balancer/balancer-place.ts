/** The address of the loopback by which Kamailio calls Asterisk, which lets nobody else call. */
export const balancerLoopback = '127.0.0.4'
