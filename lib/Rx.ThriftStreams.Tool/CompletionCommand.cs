using System.CommandLine;

namespace Rx.ThriftStreams.Tool;

/// <summary><c>thriftstreams completion</c>: prints a script by which a shell completes command lines. The scripts ask the tool, by its directive <c>[suggest]</c>.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        _thriftstreams_complete() {
            local IFS=$'\n'
            local suggestions
            suggestions=$(thriftstreams "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)
            COMPREPLY=($(compgen -W "${suggestions}" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _thriftstreams_complete thriftstreams
        """;

    private const string Zsh = """
        #compdef thriftstreams
        _thriftstreams() {
            local -a suggestions
            suggestions=("${(@f)$(thriftstreams "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
            compadd -a suggestions
            _files
        }
        if [ "$funcstack[1]" = "_thriftstreams" ]; then
            _thriftstreams "$@"
        else
            compdef _thriftstreams thriftstreams
        fi
        """;

    private const string Fish = """
        function __thriftstreams_complete
            set -l line (commandline -cp)
            thriftstreams "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete -c thriftstreams -a '(__thriftstreams_complete)'
        """;

    private const string Pwsh = """
        Register-ArgumentCompleter -Native -CommandName thriftstreams -ScriptBlock {
            param($wordToComplete, $commandAst, $cursorPosition)
            thriftstreams "[suggest:$cursorPosition]" "$commandAst" 2>$null |
                Where-Object { $_ -like "$wordToComplete*" } |
                ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
        }
        """;

    private static readonly SortedDictionary<string, string> Scripts = new(StringComparer.Ordinal) { ["bash"] = Bash, ["fish"] = Fish, ["pwsh"] = Pwsh, ["zsh"] = Zsh };

    public static Command Create(TextWriter output)
    {
        var shell = new Argument<string>("shell") { Description = "The shell." };
        shell.AcceptOnlyFromAmong([.. Scripts.Keys]);
        var command = new Command("completion", "Prints a script that completes command lines of the tool in a shell.") { shell };
        command.SetAction(parsed =>
        {
            // Shells take a carriage return for a part of the text.
            output.Write(Scripts[parsed.GetValue(shell)!].ReplaceLineEndings("\n") + "\n");
            return ExitCodes.Success;
        });
        return command;
    }
}
