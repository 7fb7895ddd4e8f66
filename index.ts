export { parseDecision } from "./sizing/decision";
