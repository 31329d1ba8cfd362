/** What is said where the server says nothing itself. */
export const server = {
  offline: 'The server is not responding. Check your connection and try again.',
  broke: 'The connection was lost. Try again when the server responds.',
  odd: (status: number) => `The server responded with error ${status}. Try again.`,
};
