// The picture itself, with zoom, pinch and swipe. Around PhotoSwipe, of which only the gestures are used.
import PhotoSwipe, { type SlideData } from 'photoswipe';
import type { Asset, AssetDetail } from '$lib/api';
import type { Row } from './list.svelte';
import { differs, rendition } from './picture';

export interface Told {
  /** What is shown, and its number; none where it has not come yet. */
  moved: (index: number, asset: Asset | null) => void;
  closed: () => void;
  /** What to say where there is no picture. */
  missing: (asset: Asset) => string;
  details: (asset: Asset) => Promise<AssetDetail>;
  noPlayback: string;
  /** There is nothing sharper to show than the preview that is shown. */
  coarse: (asset: Asset) => void;
}

/** Longer side of a preview, in pixels. */
export const PREVIEW = 2048;
/** What a browser shows by itself. */
const SHOWN = new Set(['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif']);

/** The newest version of the file that is shown, if a browser can show it. */
export function originalOf(detail: AssetDetail, media: (type: string) => boolean): string | null {
  for (const file of detail.files) {
    const version = file.versions[0];
    if (version && file.role === 'primary' && media(version.media_type)) {
      return `/api/v1/assets/${detail.id}/versions/${version.id}`;
    }
  }
  return null;
}

function element(asset: Asset, told: Told): HTMLElement | null {
  if (asset.media === 'video') return film(asset, told);
  if (asset.previews === 'ready') return null;
  const card = document.createElement('p');
  card.className = 'viewer-missing';
  card.textContent = told.missing(asset);
  return card;
}

function film(asset: Asset, told: Told): HTMLElement {
  const box = document.createElement('div');
  box.className = 'viewer-film';
  const video = document.createElement('video');
  video.controls = true;
  video.playsInline = true;
  video.preload = 'metadata';
  if (asset.previews === 'ready') video.poster = rendition(asset, 'preview');
  const refused = () => {
    const text = document.createElement('p');
    text.className = 'viewer-note';
    text.textContent = told.noPlayback;
    box.append(text);
  };
  video.addEventListener('error', refused, { once: true });
  const load = () => {
    if (video.src || box.querySelector('.viewer-note')) return;
    told.details(asset).then(
      (detail) => {
        const source = originalOf(detail, (type) => type.startsWith('video/'));
        if (source) video.src = source;
        else refused();
      },
      // Whoever looks at it is told why; it is asked for again when they come back to it.
      () => undefined,
    );
  };
  load();
  box.addEventListener(AGAIN, load);
  box.append(video);
  return box;
}

/** What a film is told when somebody comes to it. */
const AGAIN = 'again';

function slide(asset: Asset | null): SlideData {
  if (!asset) return { html: '<span></span>' };
  if (asset.media === 'video' || asset.previews !== 'ready') return { html: '<span></span>', asset };
  return {
    src: rendition(asset, 'preview'),
    msrc: rendition(asset, 'thumbnail'),
    width: asset.width ?? 1600,
    height: asset.height ?? 1200,
    alt: asset.title ?? asset.name,
    asset,
  };
}

const assetIn = (data: SlideData): Asset | undefined => data.asset as Asset | undefined;

/** What a slide shows. Its own data may be newer than that. */
const shownIn = (slide: PhotoSwipe['currSlide']): Asset | null =>
  (slide && assetIn(slide.content.data)) ?? null;

/** Follows a list that has changed: the photo with this number stands in the middle, beside those that are beside it now. */
export function follow(stage: PhotoSwipe, list: Row, now: number): void {
  const { contentLoader, currSlide, mainScroll } = stage;
  const first = now - 1;
  const staying = mainScroll.itemHolders.map(({ slide }, place) =>
    differs(shownIn(slide), list.at(first + place)) ? undefined : slide,
  );
  // What is loaded is known by its number, and numbers are others now.
  for (const slide of staying) if (slide) contentLoader.removeByIndex(slide.index);
  contentLoader.destroy();
  stage.potentialIndex += now - stage.currIndex;
  stage.currIndex = now;
  if (currSlide) currSlide.index = now;
  staying.forEach((slide, place) => {
    if (!slide) return;
    slide.index = slide.content.index = first + place;
    contentLoader.addToCache(slide.content);
  });
  staying.forEach((slide, place) => {
    if (!slide) stage.refreshSlideContent(first + place);
  });
  contentLoader.updateLazy();
}

export function openStage(host: HTMLElement, list: Row, index: number, told: Told): PhotoSwipe {
  const stage = new PhotoSwipe({
    appendToEl: host,
    dataSource: [],
    index,
    bgOpacity: 1,
    loop: false,
    escKey: false,
    arrowKeys: false,
    trapFocus: false,
    returnFocus: false,
    arrowPrev: false,
    arrowNext: false,
    close: false,
    zoom: false,
    counter: false,
    clickToCloseNonZoomable: false,
    showHideAnimationType: 'none',
    wheelToZoom: true,
    bgClickAction: 'close',
    tapAction: false,
    imageClickAction: 'zoom',
    doubleTapAction: 'zoom',
    maxZoomLevel: 4,
    ...(matchMedia('(prefers-reduced-motion: reduce)').matches ? { zoomAnimationDuration: 0 } : {}),
    preload: [1, 2],
    getViewportSizeFn: () => ({ x: host.clientWidth, y: host.clientHeight }),
  });
  stage.addFilter('numItems', () => list.total);
  const bring = (at: number) => {
    const missing = () => !assetIn(stage.contentLoader.getContentByIndex(at)?.data ?? {});
    list.reach(at).then(
      (found) => found && missing() && stage.refreshSlideContent(at),
      () => undefined,
    );
  };
  stage.addFilter('itemData', (_, at) => {
    const asset = list.at(at);
    if (!asset) bring(at);
    return slide(asset);
  });
  stage.on('contentLoad', (event) => {
    const asset = assetIn(event.content.data);
    const own = asset && element(asset, told);
    if (!own) return;
    event.preventDefault();
    event.content.element = own as HTMLDivElement;
    event.content.state = 'loaded';
  });
  stage.on('contentActivate', ({ content }) => content.element?.dispatchEvent(new Event(AGAIN)));
  stage.on('contentDeactivate', ({ content }) => content.element?.querySelector?.('video')?.pause());
  stage.on('change', () => {
    // What did not come is asked for again when somebody comes to it, and what follows when they come near the end.
    bring(stage.currIndex);
    told.moved(stage.currIndex, shownIn(stage.currSlide));
  });
  stage.on('zoomPanUpdate', ({ slide: shown }) => {
    const asset = assetIn(shown.data);
    const wide = Math.max(asset?.width ?? 0, asset?.height ?? 0);
    if (!asset || wide <= PREVIEW || shown.data.sharp) return;
    if (shown.currZoomLevel * wide * devicePixelRatio > PREVIEW * 1.15) {
      shown.data.sharp = true;
      void sharpen(asset, shown.content.element, told).then((sharp) => (shown.data.sharp = sharp));
    }
  });
  stage.on('close', told.closed);
  stage.init();
  // The dialog is around it.
  stage.element?.setAttribute('role', 'presentation');
  stage.element?.removeAttribute('tabindex');
  return stage;
}

/** Puts the original in the place of its preview, once it is there; whether that need not be tried again. */
async function sharpen(asset: Asset, shown: HTMLElement | undefined, told: Told): Promise<boolean> {
  const detail = await told.details(asset).catch(() => null);
  if (!detail || !(shown instanceof HTMLImageElement)) return false;
  const source = originalOf(detail, (type) => SHOWN.has(type));
  if (source) {
    const image = new Image();
    image.src = source;
    await image.decode().catch(() => undefined);
    if (image.naturalWidth > 0) {
      shown.src = source;
      return true;
    }
  }
  told.coarse(asset);
  return true;
}
