import "./kit.js";
import "./theme.js";
import "./requests.js";
import "./toasts.js";
import "./menus.js";
import "./forms.js";
