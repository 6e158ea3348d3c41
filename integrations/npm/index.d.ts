// The types of <portside-playground>.

export interface CommandDetail { line: string; exit: number; stdout: string; stderr: string }
export interface Diagnostic { line: number; severity: "error" | "warning"; message: string }
export interface Hop { seq: number; at: number; cause?: number; kind: string; [fact: string]: string | number | undefined }
export interface TraceDetail { verdict: string; hops: Hop[] }

export interface PortsidePlayground extends HTMLElement {
  /** The manifests' text. */
  value: string;
  readonly state: "idle" | "loading" | "ready" | "running" | "passed" | "failed";
  load(): Promise<{ version: string; k8s: string }>;
  getYaml(): Promise<string>;
  setYaml(text: string): Promise<void>;
  apply(): Promise<CommandDetail>;
  run(line: string): Promise<CommandDetail>;
  trace(target: string, options?: { from?: string }): Promise<TraceDetail>;
  goto(page: { lesson: string; step?: number }): Promise<void>;
  reset(): Promise<void>;
  share(): Promise<string>;
  setTheme(theme: "auto" | "light" | "dark"): Promise<void>;
  exportSvg(): Promise<string>;
}

export interface PortsideEventMap {
  "portside-ready": CustomEvent<{ version: string; k8s: string }>;
  "portside-change": CustomEvent<{ yaml: string; diagnostics: Diagnostic[] }>;
  "portside-diagnostics": CustomEvent<{ diagnostics: Diagnostic[] }>;
  "portside-apply": CustomEvent<{ objects: string[] }>;
  "portside-command": CustomEvent<CommandDetail>;
  "portside-trace": CustomEvent<TraceDetail>;
  "portside-check": CustomEvent<{ lesson: string; step: number; passed: boolean; reasons: string[] }>;
  "portside-complete": CustomEvent<{ lesson: string }>;
  "portside-share": CustomEvent<{ url: string }>;
  "portside-resize": CustomEvent<{ height: number }>;
  "portside-error": CustomEvent<{ code: string; message: string }>;
}

declare global {
  interface HTMLElementTagNameMap { "portside-playground": PortsidePlayground }
  interface HTMLElementEventMap extends PortsideEventMap {}
}
