// Names stand inside sentences that the app says, and may hold characters that turn around what follows them: `Ana\u202E` would
// write the rest of a question backwards. Such characters are left out there; letters keep their own direction.
const TURNING = /[\u202A-\u202E\u2066-\u2069]/g;

export const plain = (sentence: string): string => sentence.replace(TURNING, '');
