export { api, ask, ApiError, hook, messageOf, sessionEnded } from './client';
export type { Schemas } from './client';
export * from './metadata';

import type { Schemas } from './client';

export type Asset = Schemas['AssetInfo'];
export type AssetDetail = Schemas['AssetDetail'];
export type AssetPage = Schemas['AssetPage'];
export type Album = Schemas['AlbumInfo'];
export type Space = Schemas['SpaceInfo'];
export type Member = Schemas['MemberInfo'];
export type Permission = Schemas['Permission'];
export type Role = Schemas['Role'];
export type Status = Schemas['StatusInfo'];
export type CopyInfo = Schemas['CopyInfo'];
export type Was = Schemas['Was'];
