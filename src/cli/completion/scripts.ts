import type { ShellName } from './line.ts';

/** What makes a shell ask the tool at each Tab. They know nothing themselves, so that they stay right after an update. */
export const scripts: Readonly<Record<ShellName, string>> = {
  // Also for the bash 3.2 of macOS: spaces come with the suggestions, since it has no compopt.
  bash: `# bash completion for reducto-webhook-dev
_reducto_webhook_dev() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      files) compopt +o nospace 2>/dev/null; return ;;
      dirs) compopt +o nospace -o dirnames +o default 2>/dev/null; return ;;
      *) COMPREPLY+=("$line") ;;
    esac
  done < <(COMP_LINE=\${COMP_LINE:0:COMP_POINT} COMP_WORDBREAKS=$COMP_WORDBREAKS reducto-webhook-dev __complete bash 2>/dev/null)
  [ \${#COMPREPLY[@]} -gt 0 ] || compopt +o default 2>/dev/null
}
complete -o nospace -o default -F _reducto_webhook_dev reducto-webhook-dev
`,
  zsh: `#compdef reducto-webhook-dev
_reducto-webhook-dev() {
  local line
  local -a open closed
  for line in "\${(@f)$(COMP_LINE="\${(j: :)words[1,CURRENT-1]} $IPREFIX$QIPREFIX$PREFIX" reducto-webhook-dev __complete zsh 2>/dev/null)}"; do
    case $line in
      files | dirs)
        [[ $PREFIX = --*=* ]] && compset -P '*='
        if [[ $line = dirs ]]; then _files -/; else _files; fi
        return ;;
      o*) open+=("\${line[2,-1]}") ;;
      c*) closed+=("\${line[2,-1]}") ;;
    esac
  done
  _describe -V 'reducto-webhook-dev' closed -- open -S ''
}
if [ "\${funcstack[1]}" = _reducto-webhook-dev ]; then
  _reducto-webhook-dev
else
  compdef _reducto-webhook-dev reducto-webhook-dev
fi
`,
  fish: `# fish completion for reducto-webhook-dev
function __reducto_webhook_dev_complete
    set -lx COMP_LINE (commandline -cp)
    set -l lines (reducto-webhook-dev __complete fish 2>/dev/null)
    switch "$lines[1]"
        case files
            # As of a command that fish knows nothing of: __fish_complete_path takes an open quote for a part of the name.
            complete -C "'' "(commandline -ct)
        case dirs
            __fish_complete_directories (commandline -ct)
        case '*'
            printf '%s\\n' $lines
    end
end
complete -c reducto-webhook-dev -e
complete -c reducto-webhook-dev -f -k -a '(__reducto_webhook_dev_complete)'
`,
  powershell: `# PowerShell completion for reducto-webhook-dev
Register-ArgumentCompleter -Native -CommandName reducto-webhook-dev -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $length = $cursorPosition - $commandAst.Extent.StartOffset
    $before = $env:COMP_LINE
    $env:COMP_LINE = $commandAst.Extent.Text.PadRight($length).Substring(0, $length)
    try {
        reducto-webhook-dev __complete powershell 2>$null | Where-Object { $_.Contains("\`t") } | ForEach-Object {
            $text, $help = $_ -split "\`t", 2
            [System.Management.Automation.CompletionResult]::new($text, $text, 'ParameterValue', $help)
        }
    } finally { $env:COMP_LINE = $before }
}
`,
};

/** How each of them is kept, as help tells it. */
export const howToInstall = `Installed once, for every shell that is opened from then on:
  bash        reducto-webhook-dev completion bash > ~/.local/share/bash-completion/completions/reducto-webhook-dev
              (with the package bash-completion; without it: echo 'eval "$(reducto-webhook-dev completion bash)"' >> ~/.bashrc)
  zsh         reducto-webhook-dev completion zsh > "\${fpath[1]}/_reducto-webhook-dev"
  fish        reducto-webhook-dev completion fish > ~/.config/fish/completions/reducto-webhook-dev.fish
  PowerShell  reducto-webhook-dev completion powershell >> $PROFILE`;
