// What every htmx request shares: a progress line, an error with a way to try again, and the way
// back to the sign-in page when the session has ended.
import { showNote } from "./toasts.js";

let open = 0;

function count(step) {
  open = Math.max(0, open + step);
  document.documentElement.toggleAttribute("data-loading", open > 0);
}

// Polling is quiet: a line that flickers every second says nothing.
const counts = (event) => !event.detail.elt.closest("[data-quiet]");

document.addEventListener("htmx:beforeSend", (event) => {
  if (counts(event)) count(1);
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (counts(event)) count(-1);
});

function failed(event) {
  const { elt, requestConfig, target } = event.detail;
  const retry = requestConfig && {
    label: document.body.dataset.retry,
    act: () =>
      window.htmx.ajax(requestConfig.verb.toUpperCase(), requestConfig.path, {
        source: elt,
        target,
        values: requestConfig.parameters,
      }),
  };
  showNote({ key: "request", text: document.body.dataset.failed, bad: true, action: retry });
}

document.addEventListener("htmx:responseError", failed);
document.addEventListener("htmx:sendError", failed);
document.addEventListener("htmx:timeout", failed);

document.addEventListener("htmx:beforeSwap", (event) => {
  const answer = event.detail.xhr.responseURL;
  const signIn = document.body.dataset.signIn;
  if (!answer || !signIn || new URL(answer).pathname !== signIn) return;
  event.detail.shouldSwap = false;
  window.location.assign(`${signIn}?next=${encodeURIComponent(window.location.pathname + window.location.search)}`);
});

// After a form was refused, the reader (and the screen reader) goes to the summary of its errors.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.xhr?.status !== 422) return;
  const summary = event.detail.target.querySelector("[role=alert], .is-invalid");
  if (!summary) return;
  if (!summary.matches("input, select, textarea")) summary.setAttribute("tabindex", "-1");
  summary.focus();
});
