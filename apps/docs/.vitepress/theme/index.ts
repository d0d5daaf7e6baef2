/** The theme: VitePress's own, in our green, with room for tables. */
import theme from "vitepress/theme";
import "./style.css";

export default theme;
