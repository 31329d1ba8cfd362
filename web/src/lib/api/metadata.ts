// What the server says of a photo in `metadata` and `edits`, which its description leaves open. Everything may be missing.

export interface CaptureTime {
  local_ms: number;
  offset_minutes: number | null;
}

export interface Place {
  latitude: number;
  longitude: number;
  altitude: number | null;
}

export interface Exposure {
  seconds?: number | null;
  f_number?: number | null;
  iso?: number | null;
  focal_length?: number | null;
}

export interface Metadata {
  kind?: string;
  width?: number | null;
  height?: number | null;
  duration_ms?: number | null;
  captured?: CaptureTime | null;
  gps?: Place | null;
  camera_make?: string | null;
  camera_model?: string | null;
  lens?: string | null;
  exposure?: Exposure;
  title?: string | null;
  caption?: string | null;
  keywords?: string[];
  creator?: string | null;
  copyright?: string | null;
  rating?: number | null;
}

export const metadataOf = (value: unknown): Metadata =>
  typeof value === 'object' && value !== null ? (value as Metadata) : {};
