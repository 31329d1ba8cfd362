/** Whether a photo fills the screen; then nothing else can be reached. */
class ViewerState {
  open = $state(false);
}

export const viewer = new ViewerState();
