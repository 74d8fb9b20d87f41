using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Globalization;

namespace ResearchFreeze.Cli;

/// <summary>Help that fits 80 columns, or fewer: what the verb does, its options in groups with short descriptions and defaults, examples.</summary>
/// <param name="program">What the program calls itself.</param>
/// <param name="output">Where help goes.</param>
/// <param name="width">Columns.</param>
internal sealed class HelpPage(string program, TextWriter output, int width) : SynchronousCommandLineAction
{
    private const int Most = 80;
    private const int Indent = 2, Gap = 2;
    private readonly int columns = Math.Min(width, Most);

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        Write(parseResult.CommandResult.Command);
        return 0;
    }

    /// <summary>Writes a command's page.</summary>
    public void Write(Command command)
    {
        if (command is RootCommand) Root(command);
        else Of(command);
    }

    private void Root(Command root)
    {
        Wrapped("", root.Description!, 0);
        output.WriteLine();
        output.WriteLine($"  {program} VERB [options]");
        Section("Verbs", [.. root.Subcommands.Where(verb => !verb.Hidden).Select(verb => (verb.Name, verb.Description!))]);
        output.WriteLine();
        Wrapped("", $"'{program} VERB --help' shows a verb's options. To begin with: '{program} train'.", 0);
    }

    private void Of(Command command)
    {
        Wrapped("", command.Description!, 0);
        output.WriteLine();
        string arguments = string.Concat(command.Arguments.Select(argument => $" {(argument.Arity.MinimumNumberOfValues == 0 ? $"[{argument.HelpName ?? argument.Name}]" : argument.HelpName ?? argument.Name)}"));
        bool hasOptions = command.Options.Any(IsShown);
        output.WriteLine($"  {program} {command.Name}{arguments}{(hasOptions ? " [options]" : "")}");
        if (command.Arguments.Count > 0) Section("Arguments", [.. command.Arguments.Select(argument => (argument.HelpName ?? argument.Name, argument.Description!))]);
        var verb = command as Verb;
        foreach ((string title, IReadOnlyList<Option> options) in verb?.Groups ?? []) Section(title, [.. options.Select(Row)]);
        Option[] other = [.. command.Options.Where(option => IsShown(option) && verb?.Groups.Any(group => group.Options.Contains(option)) != true)];
        if (other.Length > 0) Section("Options", [.. other.Select(Row)]);
        if (verb is not { Examples.Count: > 0 }) return;
        output.WriteLine();
        output.WriteLine("Examples");
        foreach ((string line, string what) in verb.Examples)
        {
            Wrapped("  ", $"{program} {line}", Indent + 4);
            Wrapped("      ", what, Indent + 4);
        }
    }

    private static bool IsShown(Option option) => !option.Hidden && option is not (HelpOption or VersionOption);

    private static (string Name, string What) Row(Option option)
    {
        string name = option.HelpName is { } value ? $"{option.Name} {value}" : option.Name;
        string? otherwise = option.HasDefaultValue && option.ValueType != typeof(bool) && option.GetDefaultValue() is { } found ? Convert.ToString(found, CultureInfo.InvariantCulture) : null;
        return (name, string.IsNullOrEmpty(otherwise) ? option.Description! : $"{option.Description} [{otherwise}]");
    }

    private void Section(string title, IReadOnlyList<(string Name, string What)> rows)
    {
        output.WriteLine();
        output.WriteLine(title);
        int at = Math.Min(rows.Max(row => row.Name.Length) + Indent + Gap, Math.Min(26, columns / 3));
        foreach ((string name, string what) in rows)
        {
            string start = new string(' ', Indent) + name;
            // A name that is longer than most has its text below it.
            if (start.Length + Gap > at)
            {
                output.WriteLine(start);
                start = "";
            }
            Wrapped(start.PadRight(at), what, at);
        }
    }

    private void Wrapped(string prefix, string text, int indent)
    {
        foreach (string line in WordWrap.Lines(prefix, text, columns, indent)) output.WriteLine(line);
    }
}
