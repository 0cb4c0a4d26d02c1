// The behaviours of the kit that the pages use: the drawer, menus, folded parts, dialogs.
import "@tabler/core/dist/js/tabler.esm.js";
