export * from './photo';
export * from './size';
export * from './time';
