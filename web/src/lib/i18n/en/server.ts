/** What is said where the server says nothing itself. */
export const server = {
  offline: 'The server does not answer. Check the connection and try again.',
  broke: 'The connection broke. Try again when the server answers.',
  odd: (status: number) => `The server answered with ${status}. Try again.`,
};
