// Passkeys: a form with data-passkey asks the browser for one and sends what it answers.
// create: adds one · get: confirms with one · find: signs in with one, its options are fetched.
import { showNote } from "./toasts.js";

const bytes = (text) => {
  const plain = text.replace(/-/g, "+").replace(/_/g, "/");
  return Uint8Array.from(atob(plain.padEnd(Math.ceil(plain.length / 4) * 4, "=")), (sign) => sign.charCodeAt(0));
};
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");
const withId = (known) => ({ ...known, id: bytes(known.id) });

function optionsOf({ publicKey }) {
  const ready = { ...publicKey, challenge: bytes(publicKey.challenge) };
  if (ready.user) ready.user = withId(ready.user);
  for (const list of ["excludeCredentials", "allowCredentials"]) if (ready[list]) ready[list] = ready[list].map(withId);
  return ready;
}

function answerOf(credential) {
  const response = {};
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[part]) response[part] = text(credential.response[part]);
  }
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  return {
    type: credential.type,
    id: credential.id,
    rawId: text(credential.rawId),
    authenticatorAttachment: credential.authenticatorAttachment,
    response,
    clientExtensionResults: credential.getClientExtensionResults(),
  };
}

async function create(form) {
  const publicKey = optionsOf(given(form).creation_options);
  const alone = form.elements.passwordless?.checked;
  publicKey.authenticatorSelection = {
    ...publicKey.authenticatorSelection,
    residentKey: alone ? "required" : "discouraged",
    requireResidentKey: Boolean(alone),
    ...(alone && { userVerification: "required" }),
  };
  return navigator.credentials.create({ publicKey });
}

async function find(form) {
  const response = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error("no options");
  return navigator.credentials.get({ publicKey: optionsOf((await response.json()).request_options) });
}

const given = (form) => JSON.parse(document.getElementById(form.dataset.options).textContent);
const ways = {
  create,
  find,
  get: (form) => navigator.credentials.get({ publicKey: optionsOf(given(form).request_options) }),
};

// Before the other listeners: none of them may take the form for sent.
document.addEventListener(
  "submit",
  async (event) => {
    const form = event.target;
    const way = ways[form.dataset.passkey];
    if (!way) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (form.dataset.asking !== undefined) return;
    form.dataset.asking = "";
    try {
      form.elements.credential.value = JSON.stringify(answerOf(await way(form)));
      form.submit();
    } catch {
      // Cancelled, timed out, not known here: browsers don't tell which.
      showNote({ key: "passkey", text: form.dataset.failed, bad: true });
    } finally {
      delete form.dataset.asking;
    }
  },
  true,
);

if (!window.PublicKeyCredential) document.querySelectorAll("[data-passkey]").forEach((form) => form.remove());
