using System.CommandLine;
using System.Text.RegularExpressions;
using ResearchFreeze.Data;
using ResearchFreeze.Training;

namespace ResearchFreeze.Cli;

/// <summary><c>freeze list</c>: what the options of the other verbs can be given.</summary>
internal static partial class ListVerb
{
    private const int MostColumns = 80;

    public static Command Create(RunCatalogues catalogues, TextWriter output, int width)
    {
        (string Kind, string Use, IEnumerable<CatalogueEntry> Entries)[] kinds =
        [
            ("models", "--model", catalogues.Models.Entries), ("data", "--data", catalogues.Data.Entries.Concat(catalogues.Texts.Entries).OrderBy(entry => entry.Name, StringComparer.Ordinal)), ("tasks", "--task", catalogues.Tasks.Entries), ("augmentations", "--augment", catalogues.Augmentations.Entries),
            ("policies", "--policy", catalogues.Policies.Entries.Where(entry => entry.Details.Count == 0)), ("methods", "--policy", catalogues.Policies.Entries.Where(entry => entry.Details.Count > 0)), ("criteria", "--criterion", catalogues.Criteria.Entries), ("rules", "--rule", catalogues.Rules.Entries),
            ("filters", "--rule RULE+FILTER", catalogues.Filters.Entries), ("optimizers", "--optimizer", catalogues.Optimizers.Entries), ("schedules", "--schedule", catalogues.Schedules.Entries),
            ("metrics", "--metrics", catalogues.Metrics.Entries),
        ];
        var what = new Argument<string?>("what") { HelpName = "WHAT", Description = $"{string.Join(", ", kinds.Select(kind => kind.Kind))}, or a name of one of them.", Arity = ArgumentArity.ZeroOrOne };
        Verb command = new Verb("list", "Shows models, data, policies, published methods, criteria, rules and what else options can name, with settings and defaults.")
            .Example("list criteria", "every criterion in a line, with its settings and defaults")
            .Example("list adaptive", "one of them in full")
            .Example("list autofreeze", "a published method: paper, formula, what its code does otherwise");
        command.Add(what);
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(what) is not { } asked)
            {
                foreach ((string kind, string use, IEnumerable<CatalogueEntry> entries) in kinds) Say(output, $"{kind} ({use}): ", string.Join(", ", entries.Select(entry => entry.Name).Distinct()), Math.Min(width, MostColumns));
                return 0;
            }
            var found = kinds.Where(kind => kind.Kind == asked).ToArray();
            if (found is [var one])
            {
                foreach (CatalogueEntry entry in one.Entries) Show(output, entry, width);
                return 0;
            }
            (string Kind, string Use, CatalogueEntry Entry)[] named = [.. kinds.SelectMany(kind => kind.Entries.Where(entry => entry.Name == asked).Select(entry => (kind.Kind, kind.Use, entry)))];
            if (named.Length == 0)
            {
                string[] names = [.. kinds.Select(kind => kind.Kind).Concat(kinds.SelectMany(kind => kind.Entries.Select(entry => entry.Name))).Distinct()];
                throw new ArgumentException($"list: '{asked}' is unknown{(Suggestion.For(asked, names) is { } near ? $"; did you mean '{near}'?" : $"; kinds are {string.Join(", ", kinds.Select(kind => kind.Kind))}.")}");
            }
            foreach ((string kind, string use, CatalogueEntry entry) in named)
            {
                output.WriteLine($"{kind} ({use})");
                Show(output, entry, width);
                Detail(output, entry, width);
            }
            return 0;
        });
        return command;
    }

    /// <summary>Name and summary, and below it how it is written where it has settings, broken behind its commas and bars.</summary>
    private static void Show(TextWriter output, CatalogueEntry entry, int width)
    {
        const int Indent = 6;
        int columns = Math.Min(width, MostColumns);
        Say(output, $"  {entry.Name}{(entry.Summary.Length == 0 ? "" : ": ")}", entry.Summary, columns);
        if (entry.Usage == entry.Name) return;
        string line = new(' ', Indent);
        foreach (string part in Breaks().Split(entry.Usage))
        {
            if (line.Length + part.Length > columns && line.Trim().Length > 0)
            {
                output.WriteLine(line);
                line = new string(' ', Indent + 2);
            }
            line += part;
        }
        output.WriteLine(line);
    }

    /// <summary>What else there is to say, under headings, without the marks of Markdown.</summary>
    private static void Detail(TextWriter output, CatalogueEntry entry, int width)
    {
        string? last = null;
        foreach ((string heading, string text) in entry.Details)
        {
            if (heading != last) output.WriteLine($"  {heading}:");
            last = heading;
            foreach (string line in WordWrap.Lines("    ", text.Replace("`", "", StringComparison.Ordinal).Replace("*", "", StringComparison.Ordinal), Math.Min(width, MostColumns), 6)) output.WriteLine(line);
        }
    }

    private static void Say(TextWriter output, string prefix, string text, int columns)
    {
        foreach (string line in WordWrap.Lines(prefix, text, columns, 6)) output.WriteLine(line);
    }

    [GeneratedRegex("(?<=[,|])")]
    private static partial Regex Breaks();
}
