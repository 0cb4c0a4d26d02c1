// My day: the outcome fills the next step, keys do the rest, and what is typed stays on this device.
import { showNote } from "./toasts.js";

const MINUTE = 60_000;
const DRAFT_DAYS = 3;

const typing = (target) => target.matches("textarea, select, input:not([type=radio], [type=checkbox])");
const part = (form, name) => form.elements.namedItem(name);

function proposals() {
  const told = document.getElementById("proposals");
  return told ? JSON.parse(told.textContent) : {};
}

/** Fill what nobody has touched; a value that somebody typed is theirs. */
function fill(form, outcome) {
  const proposal = proposals()[outcome];
  if (!proposal) return;
  const values = proposal.needs || proposal.loses === false ? { next_on: proposal.on, next_channel: proposal.channel, next_purpose: proposal.purpose } : { next_on: "", next_purpose: "" };
  for (const [name, value] of Object.entries(values)) {
    const field = part(form, name);
    if (field && (!field.value || field.dataset.filled === field.value || (name === "next_channel" && !field.dataset.touched))) {
      field.value = value;
      field.dataset.filled = value;
    }
  }
  const move = form.querySelector("[data-move]");
  const words = move.querySelector("[data-move-words]");
  move.hidden = !proposal.level && !proposal.loses;
  words.textContent = proposal.loses ? words.dataset.lost : words.dataset.up.replace("%s", proposal.level);
  part(form, "moves").checked = !move.hidden;
}

const SENT = "quick-log-sent";
const draftKey = () => {
  const log = document.querySelector("[data-customer]");
  return log && `draft:${log.dataset.member}:${log.dataset.customer}`;
};

// What was sent is here no more once another page follows; the same one again means that it was refused.
const sent = sessionStorage.getItem(SENT);
if (sent && sent !== draftKey()) {
  localStorage.removeItem(sent);
  sessionStorage.removeItem(SENT);
}

function keepDraft(form) {
  const key = draftKey();
  if (!key) return;
  const typed = Object.fromEntries([...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken" && name !== "finishes"));
  if (!typed.note && !typed.outcome) return localStorage.removeItem(key);
  localStorage.setItem(key, JSON.stringify({ at: Date.now(), typed }));
}

function restoreDraft(form) {
  const key = draftKey();
  const kept = key && JSON.parse(localStorage.getItem(key) ?? "null");
  if (!kept) return;
  if (Date.now() - kept.at > DRAFT_DAYS * 24 * 60 * MINUTE) return localStorage.removeItem(key);
  // What the server sent back is newer than what was kept here.
  if (part(form, "note").value || form.querySelector("input[name=outcome]:checked")) return;
  for (const [name, value] of Object.entries(kept.typed)) {
    const field = part(form, name);
    if (field) field.value = value;
  }
  const chosen = form.querySelector("input[name=outcome]:checked");
  if (chosen) fill(form, chosen.value);
}

const form = document.querySelector("form[data-quick-log]");
if (form) {
  restoreDraft(form);
  form.addEventListener("change", (event) => {
    if (event.target.name === "outcome") fill(form, event.target.value);
    if (event.target.name === "next_channel") event.target.dataset.touched = "1";
    keepDraft(form);
  });
  form.addEventListener("input", () => keepDraft(form));
  // A second press while the first is on its way would only be told that it was written already.
  form.addEventListener("submit", () => {
    keepDraft(form);
    if (draftKey()) sessionStorage.setItem(SENT, draftKey());
    for (const button of form.querySelectorAll("button[type=submit]")) button.disabled = true;
  });
  window.addEventListener("pageshow", () => {
    for (const button of form.querySelectorAll("button[type=submit]")) button.disabled = false;
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey && event.key === "Enter" && !form.contains(event.target)) {
      event.preventDefault();
      form.requestSubmit();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.target.closest("details.menu, dialog, .offcanvas.show")) return;
    const outcomes = form.querySelectorAll("input[name=outcome]");
    const key = event.key.toLowerCase();
    if (/^[1-9]$/.test(key) && outcomes[Number(key) - 1]) {
      const choice = outcomes[Number(key) - 1];
      choice.checked = true;
      choice.focus();
      choice.dispatchEvent(new Event("change", { bubbles: true }));
    } else if (key === " " && !event.target.matches("button, a, summary, input")) {
      document.querySelector("[data-dial]")?.click();
    } else if (key === "n") {
      part(form, "note").focus();
    } else if (key === "d") {
      part(form, "next_on").focus();
    } else if (key === "s") {
      document.querySelector("form[data-skip]").requestSubmit();
    } else {
      return;
    }
    event.preventDefault();
  });

  const keep = document.querySelector("[data-keep]").dataset.keep;
  setInterval(() => {
    const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
    // Away from the network nothing is to be done: the lease ends by itself.
    fetch(keep, { method: "POST", headers: { "X-CSRFToken": token } })
      .then((answer) => (answer.ok ? answer.json() : { taken: "" }))
      .then(({ taken }) => taken && showNote({ key: "lease", text: taken }))
      .catch(() => {});
  }, 4 * MINUTE);
}

// The offer to undo is gone after ten seconds; the server would take it longer, for slow networks.
const undo = document.querySelector("form[data-undo]");
if (undo) {
  const gone = setTimeout(() => undo.remove(), 10_000);
  undo.addEventListener("submit", () => clearTimeout(gone));
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "u" || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (!undo.isConnected) return;
    event.preventDefault();
    undo.requestSubmit();
  });
}
