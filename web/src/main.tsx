import { render } from "preact";
import { App } from "./app";
import { interceptLinks } from "./state/route";
import { applyTheme, currentTheme } from "./state/theme";
import "./style/base.css";
import "./style/grid.css";
import "./style/trace.css";

applyTheme(currentTheme());
interceptLinks();
render(<App />, document.getElementById("app")!);
