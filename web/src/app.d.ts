declare global {
  namespace App {
    interface PageState {
      /** The photo that the viewer shows over the page. */
      photo?: string;
    }
  }
}

export {};
