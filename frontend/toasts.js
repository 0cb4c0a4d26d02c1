// Toasts: those that the server printed, and those that the page itself has to say.
const SECONDS = 7;

/** Shows a note once; a second one with the same key replaces the first. */
export function showNote({ key, text, bad = false, action }) {
  const shelf = document.getElementById("toasts");
  const note = document.getElementById("toast-pattern").content.firstElementChild.cloneNode(true);
  shelf.querySelector(`[data-key="${key}"]`)?.remove();
  note.dataset.key = key;
  note.classList.toggle("bad", bad);
  if (bad) note.setAttribute("role", "alert");
  note.querySelector("[data-text]").textContent = text;
  const button = note.querySelector("[data-action]");
  if (action) {
    button.textContent = action.label;
    button.addEventListener("click", () => {
      note.remove();
      action.act();
    });
  } else {
    button.remove();
  }
  shelf.append(note);
  attend(note);
}

/** Lets a note go after a while, unless it is an error, or the reader is at it. */
function attend(note) {
  if (note.dataset.attended !== undefined) return;
  note.dataset.attended = "";
  note.querySelector("[data-close]").addEventListener("click", () => note.remove());
  if (note.classList.contains("bad")) return;
  let timer;
  const start = () => (timer = setTimeout(() => note.remove(), SECONDS * 1000));
  const stop = () => clearTimeout(timer);
  note.addEventListener("pointerenter", stop);
  note.addEventListener("focusin", stop);
  note.addEventListener("pointerleave", start);
  note.addEventListener("focusout", start);
  start();
}

function attendAll() {
  document.querySelectorAll("#toasts .toast-note").forEach(attend);
}

attendAll();
document.addEventListener("htmx:afterSettle", attendAll);
document.addEventListener("htmx:oobAfterSwap", attendAll);
