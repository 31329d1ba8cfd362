/** What a drag of photos carries; nothing outside this page understands it. */
export const PHOTOS = 'application/x-ourphoto-photos';
